#include "gguf/metadata.h"

#include <cstring>
#include <limits>

namespace weir::gguf {
namespace {

template <class T>
T Load(std::span<const std::byte> bytes, size_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Integer {
  bool negative = false;
  uint64_t bits = 0;  // two's complement when negative
};

template <class T>
Integer AsInteger(std::span<const std::byte> bytes, size_t index) {
  const T value = Load<T>(bytes, index * sizeof(T));
  return {value < T{0}, static_cast<uint64_t>(value)};
}

// The index-th integer of `bytes`; false when the kind is no integer kind.
bool ReadInteger(Kind kind, std::span<const std::byte> bytes, size_t index, Integer* out) {
  switch (kind) {
    case Kind::kU8:
    case Kind::kBool:
      *out = AsInteger<uint8_t>(bytes, index);
      return true;
    case Kind::kI8:
      *out = AsInteger<int8_t>(bytes, index);
      return true;
    case Kind::kU16:
      *out = AsInteger<uint16_t>(bytes, index);
      return true;
    case Kind::kI16:
      *out = AsInteger<int16_t>(bytes, index);
      return true;
    case Kind::kU32:
      *out = AsInteger<uint32_t>(bytes, index);
      return true;
    case Kind::kI32:
      *out = AsInteger<int32_t>(bytes, index);
      return true;
    case Kind::kU64:
      *out = AsInteger<uint64_t>(bytes, index);
      return true;
    case Kind::kI64:
      *out = AsInteger<int64_t>(bytes, index);
      return true;
    default:
      return false;
  }
}

// "array of u32" or "u32".
std::string KindOf(const Value& value) {
  if (value.kind != Kind::kArray) return std::string(KindName(value.kind));
  return fmt::format("array of {}", KindName(value.element));
}

tl::unexpected<Error> WrongKind(std::string_view key, std::string_view expected,
                                const Value& found) {
  return MakeError(ErrorCode::kCorruptData, "metadata key '{}': expected {}, found {}", key,
                   expected, KindOf(found));
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kU8:
      return "u8";
    case Kind::kI8:
      return "i8";
    case Kind::kU16:
      return "u16";
    case Kind::kI16:
      return "i16";
    case Kind::kU32:
      return "u32";
    case Kind::kI32:
      return "i32";
    case Kind::kF32:
      return "f32";
    case Kind::kBool:
      return "bool";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kU64:
      return "u64";
    case Kind::kI64:
      return "i64";
    case Kind::kF64:
      return "f64";
  }
  return "unknown kind";
}

const Value* Metadata::Find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].value;
}

bool Metadata::Add(std::string_view key, Value value) {
  if (!index_.emplace(key, entries_.size()).second) return false;
  entries_.push_back({key, value});
  return true;
}

Result<const Value*> Metadata::Need(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr) return MakeError(ErrorCode::kNotFound, "metadata key '{}' is missing", key);
  return value;
}

Result<uint64_t> Metadata::GetUint(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  Integer integer;
  if (value->kind == Kind::kBool || !ReadInteger(value->kind, value->bytes, 0, &integer)) {
    return WrongKind(key, "an integer", *value);
  }
  if (integer.negative)
    return MakeError(ErrorCode::kCorruptData, "metadata key '{}': expected a number >= 0, found {}",
                     key, static_cast<int64_t>(integer.bits));
  return integer.bits;
}

Result<double> Metadata::GetFloat(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind == Kind::kF32) return static_cast<double>(Load<float>(value->bytes));
  if (value->kind == Kind::kF64) return Load<double>(value->bytes);
  Integer integer;
  if (value->kind == Kind::kBool || !ReadInteger(value->kind, value->bytes, 0, &integer)) {
    return WrongKind(key, "a number", *value);
  }
  return integer.negative ? static_cast<double>(static_cast<int64_t>(integer.bits))
                          : static_cast<double>(integer.bits);
}

Result<bool> Metadata::GetBool(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind != Kind::kBool) return WrongKind(key, "a bool", *value);
  return Load<uint8_t>(value->bytes) != 0;
}

Result<std::string_view> Metadata::GetString(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind != Kind::kString) return WrongKind(key, "a string", *value);
  return std::string_view(reinterpret_cast<const char*>(value->bytes.data()), value->bytes.size());
}

Result<std::vector<std::string_view>> Metadata::GetStrings(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind != Kind::kArray || (value->element != Kind::kString && value->count > 0)) {
    return WrongKind(key, "an array of strings", *value);
  }
  std::vector<std::string_view> strings;
  strings.reserve(value->count);
  size_t at = 0;
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto length = Load<uint64_t>(value->bytes, at);
    at += sizeof(uint64_t);
    strings.emplace_back(reinterpret_cast<const char*>(value->bytes.data()) + at, length);
    at += length;
  }
  return strings;
}

Result<std::vector<int64_t>> Metadata::GetInts(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind != Kind::kArray) return WrongKind(key, "an array of integers", *value);
  std::vector<int64_t> numbers;
  numbers.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    Integer integer;
    if (!ReadInteger(value->element, value->bytes, i, &integer))
      return WrongKind(key, "an array of integers", *value);
    if (!integer.negative && integer.bits > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return MakeError(ErrorCode::kCorruptData,
                       "metadata key '{}': element {} is {}, expected less than 2^63", key, i,
                       integer.bits);
    }
    numbers.push_back(static_cast<int64_t>(integer.bits));
  }
  return numbers;
}

Result<std::vector<float>> Metadata::GetFloats(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value* value, Need(key));
  if (value->kind != Kind::kArray) return WrongKind(key, "an array of f32", *value);
  if (value->element != Kind::kF32 && value->count > 0)
    return WrongKind(key, "an array of f32", *value);
  std::vector<float> numbers(value->count);
  if (!numbers.empty())
    std::memcpy(numbers.data(), value->bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace weir::gguf
