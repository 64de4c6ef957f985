#pragma once
// Walks the header of a GGUF file forwards. Every read is checked against the bytes that are there;
// a read that does not fit gives an error naming what was wanted and where. Used by the reader
// only; one thread.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/printable.h"
#include "base/result.h"

namespace weir::gguf {

// What is being read, for errors: "tensor 'blk.0.attn_q.weight'", or without a name "version".
struct Place {
  std::string_view thing;
  std::string_view name = {};
};

std::string Describe(const Place& place);

class Cursor {
 public:
  // `bytes` outlives the cursor and everything read through it.
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return bytes_.size() - at_; }
  // The bytes from `from` up to here.
  std::span<const std::byte> Since(uint64_t from) const { return bytes_.subspan(from, at_ - from); }

  // kCorruptData unless n_bytes are left.
  Status Need(uint64_t n_bytes, const Place& place) const;
  Status Skip(uint64_t n_bytes, const Place& place);
  // A 64-bit length and that many bytes, borrowed from the file.
  Result<std::string_view> ReadString(const Place& place);

  template <class T>
  Result<T> Read(const Place& place) {
    RETURN_IF_ERROR(Need(sizeof(T), place));
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  uint64_t at_ = 0;
};

}  // namespace weir::gguf
