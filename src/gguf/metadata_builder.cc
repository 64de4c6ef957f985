#include "gguf/metadata_builder.h"

namespace weir::gguf {
namespace {

constexpr uint32_t kVersion = 3;

template <class T>
std::string Le(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

}  // namespace

std::string FileHead(uint64_t n_tensors, uint64_t n_entries) {
  return "GGUF" + Le(kVersion) + Le(n_tensors) + Le(n_entries);
}

void MetadataBuilder::AddString(std::string_view key, std::string_view value) {
  BeginEntry(key, Kind::kString);
  AppendString(value);
}

void MetadataBuilder::AddStrings(std::string_view key, std::span<const std::string> values) {
  BeginArray(key, Kind::kString, values.size());
  for (const std::string& value : values) AppendString(value);
}

void MetadataBuilder::AddValue(std::string_view key, const Value& value) {
  BeginEntry(key, value.kind);
  if (value.kind == Kind::kArray) {
    AppendNumber(static_cast<uint32_t>(value.element));
    AppendNumber(value.count);
  } else if (value.kind == Kind::kString) {
    AppendNumber(uint64_t{value.bytes.size()});
  }
  bytes_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

Result<GgufFile> MetadataBuilder::Read() {
  read_ = FileHead(0, n_entries_) + bytes_;
  return GgufFile::Parse(std::as_bytes(std::span(read_.data(), read_.size())));
}

void MetadataBuilder::AppendString(std::string_view text) {
  AppendNumber(uint64_t{text.size()});
  bytes_ += text;
}

void MetadataBuilder::BeginEntry(std::string_view key, Kind kind) {
  AppendString(key);
  AppendNumber(static_cast<uint32_t>(kind));
  ++n_entries_;
}

void MetadataBuilder::BeginArray(std::string_view key, Kind element, uint64_t count) {
  BeginEntry(key, Kind::kArray);
  AppendNumber(static_cast<uint32_t>(element));
  AppendNumber(count);
}

}  // namespace weir::gguf
