#pragma once
// The key-value part of a GGUF file. Everything is borrowed from the file's bytes and was checked
// against them, so a getter can only fail because a key is missing or of another kind. Immutable;
// any thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::gguf {

// The ids of the file format.
enum class Kind : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

std::string_view KindName(Kind kind);

// One value: its kind and its checked bytes, without the kind tag. For arrays the element kind and
// count as well; `bytes` are the elements one after the other (strings with their 8-byte lengths,
// arrays with their own heads).
struct Value {
  Kind kind = Kind::kU8;
  Kind element = Kind::kU8;
  uint64_t count = 0;
  std::span<const std::byte> bytes;
};

class Metadata {
 public:
  struct Entry {
    std::string_view key;
    Value value;
  };

  // In file order.
  const std::vector<Entry>& entries() const { return entries_; }
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  const Value* Find(std::string_view key) const;  // null when there is none

  // Errors: kNotFound "metadata key 'K' is missing"; kCorruptData when the value is of another kind
  // or negative.
  Result<uint64_t> GetUint(std::string_view key) const;  // any integer kind, not negative
  Result<double> GetFloat(std::string_view key) const;   // f32, f64 or any integer kind
  Result<bool> GetBool(std::string_view key) const;
  Result<std::string_view> GetString(std::string_view key) const;  // lives as long as the file
  Result<std::vector<std::string_view>> GetStrings(std::string_view key) const;
  Result<std::vector<int64_t>> GetInts(std::string_view key) const;  // array of integers or bools
  Result<std::vector<float>> GetFloats(std::string_view key) const;

  // Used by the reader: false when the key is there already.
  bool Add(std::string_view key, Value value);

 private:
  Result<const Value*> Need(std::string_view key) const;

  std::vector<Entry> entries_;
  std::map<std::string_view, size_t> index_;
};

}  // namespace weir::gguf
