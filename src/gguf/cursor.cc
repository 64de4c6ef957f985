#include "gguf/cursor.h"

namespace weir::gguf {

std::string Describe(const Place& place) {
  if (place.name.empty()) return std::string(place.thing);
  return fmt::format("{} '{}'", place.thing, Printable(place.name));
}

Status Cursor::Need(uint64_t n_bytes, const Place& place) const {
  if (n_bytes <= left()) return {};
  return MakeError(ErrorCode::kCorruptData,
                   "{}: needs {} bytes at byte {} but the file has {} bytes; the file is cut short "
                   "or damaged, fetch it again",
                   Describe(place), n_bytes, at_, bytes_.size());
}

Status Cursor::Skip(uint64_t n_bytes, const Place& place) {
  RETURN_IF_ERROR(Need(n_bytes, place));
  at_ += n_bytes;
  return {};
}

Result<std::string_view> Cursor::ReadString(const Place& place) {
  ASSIGN_OR_RETURN(const auto length, Read<uint64_t>(place));
  RETURN_IF_ERROR(Need(length, place));
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, length);
  at_ += length;
  return text;
}

}  // namespace weir::gguf
