#pragma once
// The key-value part of a GGUF file to be written, key by key. What it holds is checked when a
// Writer is made of it. One thread.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gguf/gguf_file.h"
#include "gguf/metadata.h"

namespace weir::gguf {

// The kind that holds values of type T; bool is one byte of 0 or 1.
template <class T>
constexpr Kind KindOf() {
  if constexpr (std::same_as<T, uint8_t>) return Kind::kU8;
  if constexpr (std::same_as<T, int8_t>) return Kind::kI8;
  if constexpr (std::same_as<T, uint16_t>) return Kind::kU16;
  if constexpr (std::same_as<T, int16_t>) return Kind::kI16;
  if constexpr (std::same_as<T, uint32_t>) return Kind::kU32;
  if constexpr (std::same_as<T, int32_t>) return Kind::kI32;
  if constexpr (std::same_as<T, uint64_t>) return Kind::kU64;
  if constexpr (std::same_as<T, int64_t>) return Kind::kI64;
  if constexpr (std::same_as<T, float>) return Kind::kF32;
  if constexpr (std::same_as<T, double>) return Kind::kF64;
  if constexpr (std::same_as<T, bool>) return Kind::kBool;
}

class MetadataBuilder {
 public:
  template <class T>
  void Add(std::string_view key, T value) {
    BeginEntry(key, KindOf<T>());
    AppendNumber(value);
  }
  void AddString(std::string_view key, std::string_view value);

  template <class T>
  void AddArray(std::string_view key, std::span<const T> values) {
    BeginArray(key, KindOf<T>(), values.size());
    for (const T value : values) AppendNumber(value);
  }
  void AddStrings(std::string_view key, std::span<const std::string> values);

  // A value of another file as it is, arrays of arrays included.
  void AddValue(std::string_view key, const Value& value);

  // The metadata as a reader sees it, without any tensor; lives as long as this builder and until
  // the next Add. Errors are those of the reader: a key that is there twice, empty or too long, an
  // alignment that cannot be.
  Result<GgufFile> Read();

  uint64_t n_entries() const { return n_entries_; }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  void AppendNumber(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof value);
  }
  void AppendString(std::string_view text);
  void BeginEntry(std::string_view key, Kind kind);
  void BeginArray(std::string_view key, Kind element, uint64_t count);

  uint64_t n_entries_ = 0;
  std::string bytes_;
  std::string read_;  // what Read handed out views of
};

// "GGUF", the version and the two counts: what every file starts with.
std::string FileHead(uint64_t n_tensors, uint64_t n_entries);

}  // namespace weir::gguf
