#pragma once
// Writes small GGUF files into memory, good ones and, on request, broken ones. For tests and for
// the seeds of the fuzzer; one thread.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"

namespace weir::gguf::testing {

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The little-endian bytes of a number.
template <class T>
std::string Le(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// A string as the format stores it: 64-bit length, then the bytes.
std::string LeString(std::string_view text);

class GgufWriter {
 public:
  // What the header says, where it is not what a good file says.
  uint32_t version = 3;
  uint64_t extra_entries = 0;  // metadata keys claimed beyond those there are
  uint64_t extra_tensors = 0;

  // Where data starts and where every tensor's does; set before the first tensor. Adds the key
  // general.alignment too.
  void SetAlignment(uint32_t alignment);

  // `bytes` is what follows the kind tag in the file.
  void AddRaw(std::string_view key, Kind kind, std::string_view bytes);
  template <class T>
  void Add(std::string_view key, Kind kind, T value) {
    AddRaw(key, kind, Le(value));
  }
  void AddString(std::string_view key, std::string_view value) {
    AddRaw(key, Kind::kString, LeString(value));
  }
  void AddStrings(std::string_view key, const std::vector<std::string>& values);
  // `claimed` stands in the file instead of the number of values.
  template <class T>
  void AddArray(std::string_view key, Kind element, const std::vector<T>& values,
                std::optional<uint64_t> claimed = {}) {
    std::string bytes = Le(element) + Le(claimed.value_or(values.size()));
    for (const T& value : values) bytes += Le(value);
    AddRaw(key, Kind::kArray, bytes);
  }
  // Arrays of one array each, `depth` of them, the innermost empty.
  void AddNested(std::string_view key, int depth);

  // Behind the tensor before it, aligned. Shapes are fastest-varying dimension first.
  void AddTensor(std::string_view name, const std::vector<uint64_t>& shape, uint32_t type_id,
                 std::string_view data);
  // An entry of the directory alone, without data.
  void AddTensorAt(std::string_view name, const std::vector<uint64_t>& shape, uint32_t type_id,
                   uint64_t offset);

  // The whole file.
  std::string Bytes() const;

 private:
  uint64_t alignment_ = 32;
  uint64_t n_entries_ = 0;
  uint64_t n_tensors_ = 0;
  std::string entries_;
  std::string directory_;
  std::string data_;
};

// A little of everything in 1-2 KB: every metadata kind, arrays in arrays, tensors of four types.
GgufWriter SampleFile();

}  // namespace weir::gguf::testing
