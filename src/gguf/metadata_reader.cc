#include "gguf/metadata_reader.h"

#include <algorithm>

namespace weir::gguf {
namespace {

constexpr uint64_t kMaxKeyBytes = 65535;  // the format's own limit
constexpr int kMaxArrayDepth = 4;         // known files use 1; the walk below recurses

constexpr std::string_view kKey = "metadata key";

// Bytes of one value of a kind with a fixed size; 0 for strings and arrays.
uint64_t FixedSize(Kind kind) {
  switch (kind) {
    case Kind::kU8:
    case Kind::kI8:
    case Kind::kBool:
      return 1;
    case Kind::kU16:
    case Kind::kI16:
      return 2;
    case Kind::kU32:
    case Kind::kI32:
    case Kind::kF32:
      return 4;
    case Kind::kU64:
    case Kind::kI64:
    case Kind::kF64:
      return 8;
    case Kind::kString:
    case Kind::kArray:
      return 0;
  }
  return 0;
}

Result<Kind> ReadKind(Cursor& cursor, const Place& place) {
  ASSIGN_OR_RETURN(const auto id, cursor.Read<uint32_t>(place));
  if (id > static_cast<uint32_t>(Kind::kF64)) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: value kind {} is unknown, expected 0 to 12; the file is damaged",
                     Describe(place), id);
  }
  return static_cast<Kind>(id);
}

// Passes over `count` values of a kind with a fixed size.
Status SkipFixed(Cursor& cursor, const Place& place, Kind kind, uint64_t count) {
  const uint64_t size = FixedSize(kind);
  const uint64_t begin = cursor.at();
  if (count > cursor.left() / size) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: {} values of kind {} do not fit into the {} bytes left; the file is cut "
                     "short or damaged, fetch it again",
                     Describe(place), count, KindName(kind), cursor.left());
  }
  RETURN_IF_ERROR(cursor.Skip(count * size, place));
  const auto bytes = cursor.Since(begin);
  if (kind == Kind::kBool &&
      std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; })) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: a bool is neither 0 nor 1; the file is damaged, fetch it again",
                     Describe(place));
  }
  return {};
}

// Passes over the elements of an array whose head was read. `depth` is 1 for an array that is not
// inside another.
Status SkipElements(Cursor& cursor, const Place& place, Kind element, uint64_t count, int depth) {
  if (FixedSize(element) > 0) return SkipFixed(cursor, place, element, count);
  if (element == Kind::kArray && depth >= kMaxArrayDepth) {
    return MakeError(ErrorCode::kUnsupported,
                     "{}: arrays are nested deeper than {}, the most that is read", Describe(place),
                     kMaxArrayDepth);
  }
  if (count > cursor.left() / sizeof(uint64_t)) {  // a string or an array has 8 bytes at least
    return MakeError(ErrorCode::kCorruptData,
                     "{}: {} values of kind {} do not fit into the {} bytes left; the file is cut "
                     "short or damaged, fetch it again",
                     Describe(place), count, KindName(element), cursor.left());
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (element == Kind::kString) {
      RETURN_IF_ERROR(cursor.ReadString(place));
      continue;
    }
    ASSIGN_OR_RETURN(const Kind inner, ReadKind(cursor, place));
    ASSIGN_OR_RETURN(const auto inner_count, cursor.Read<uint64_t>(place));
    RETURN_IF_ERROR(SkipElements(cursor, place, inner, inner_count, depth + 1));
  }
  return {};
}

Result<Value> ReadValue(Cursor& cursor, const Place& place) {
  Value value;
  ASSIGN_OR_RETURN(value.kind, ReadKind(cursor, place));
  if (value.kind == Kind::kString) {
    ASSIGN_OR_RETURN(const std::string_view text, cursor.ReadString(place));
    value.bytes = std::as_bytes(std::span(text.data(), text.size()));
    return value;
  }
  if (value.kind == Kind::kArray) {
    ASSIGN_OR_RETURN(value.element, ReadKind(cursor, place));
    ASSIGN_OR_RETURN(value.count, cursor.Read<uint64_t>(place));
    const uint64_t begin = cursor.at();
    RETURN_IF_ERROR(SkipElements(cursor, place, value.element, value.count, 1));
    value.bytes = cursor.Since(begin);
    return value;
  }
  const uint64_t begin = cursor.at();
  RETURN_IF_ERROR(SkipFixed(cursor, place, value.kind, 1));
  value.bytes = cursor.Since(begin);
  return value;
}

}  // namespace

Result<Metadata> ReadMetadata(Cursor& cursor, uint64_t n_entries) {
  Metadata metadata;
  for (uint64_t i = 0; i < n_entries; ++i) {
    ASSIGN_OR_RETURN(const std::string_view key, cursor.ReadString({"a metadata key's name"}));
    if (key.empty() || key.size() > kMaxKeyBytes) {
      return MakeError(ErrorCode::kCorruptData,
                       "metadata key {} of {}: its name has {} bytes, expected 1 to {}; the file "
                       "is damaged",
                       i + 1, n_entries, key.size(), kMaxKeyBytes);
    }
    ASSIGN_OR_RETURN(const Value value, ReadValue(cursor, {kKey, key}));
    if (!metadata.Add(key, value)) {
      return MakeError(ErrorCode::kCorruptData,
                       "{} is there twice, expected once; the file is damaged",
                       Describe({kKey, key}));
    }
  }
  return metadata;
}

}  // namespace weir::gguf
