#include "audit/recovery.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "audit/log_file.h"
#include "base/crypto.h"

namespace weir::audit {
namespace {

constexpr int64_t kFirstWindow = 64 << 10;
constexpr int64_t kMaxTornBytes = 4 * static_cast<int64_t>(kMaxRecordBytes);
constexpr int64_t kLastWindow = 2 * static_cast<int64_t>(kMaxRecordBytes);

// The last line in `window` that is whole and fully written: [begin, end) with its newline. Not
// found when the window begins in the middle of it.
struct LineRange {
  bool found = false;
  size_t begin = 0, end = 0;  // both 0: there is no whole line
};

LineRange FindLastLine(std::string_view window, bool starts_file) {
  size_t end = window.rfind('\n');
  while (end != std::string_view::npos) {
    const size_t before = end == 0 ? std::string_view::npos : window.rfind('\n', end - 1);
    if (before == std::string_view::npos && !starts_file) return {};
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (window.substr(begin, end - begin).find('\0') == std::string_view::npos) {
      return {true, begin, end + 1};
    }
    end = before;
  }
  return {starts_file, 0, 0};
}

}  // namespace

Result<LogTail> ReadTail(platform::FileOps& ops, int fd) {
  const int64_t size = ops.Size(fd);
  if (size < 0) return FileError(kLogFileName, "measuring");
  for (int64_t window = kFirstWindow;; window *= 2) {
    const int64_t begin = std::max<int64_t>(0, size - std::min(window, kLastWindow));
    ASSIGN_OR_RETURN(const std::string bytes,
                     ReadRange(ops, fd, begin, static_cast<size_t>(size - begin)));
    const LineRange range = FindLastLine(bytes, begin == 0);
    if (!range.found && window < kLastWindow) continue;
    if (!range.found) {
      return MakeError(ErrorCode::kCorruptData,
                       "the audit log does not end in a record; verify it");
    }
    LogTail tail;
    tail.line_offset = begin + static_cast<int64_t>(range.begin);
    tail.line = bytes.substr(range.begin, range.end - range.begin);
    tail.torn = bytes.substr(range.end);
    if (tail.line.empty()) return tail;
    const Result<Record> record =
        ParseRecord(std::string_view(tail.line).substr(0, tail.line.size() - 1));
    if (!record) {
      return MakeError(ErrorCode::kCorruptData,
                       "the last record of the audit log, at byte {}, is damaged: {}; verify the "
                       "log, and move its folder away to start a new one",
                       tail.line_offset, record.error().message);
    }
    tail.head = {record->seq, record->hash};
    return tail;
  }
}

std::string TornFileName(uint64_t seq) { return fmt::format("torn-{}.bin", seq); }

Result<std::optional<std::string>> ReadTorn(platform::FileOps& ops, int folder_fd, uint64_t seq) {
  const std::string name = TornFileName(seq);
  const UniqueFd fd(ops.OpenAt(folder_fd, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) return FileError(name, "opening");
  const int64_t n_bytes = ops.Size(fd.get());
  if (n_bytes < 0) return FileError(name, "measuring");
  if (n_bytes > kMaxTornBytes) {
    return MakeError(ErrorCode::kCorruptData,
                     "'{}' of the audit log has {} bytes; move it away to go on", name, n_bytes);
  }
  ASSIGN_OR_RETURN(std::string bytes, ReadRange(ops, fd.get(), 0, static_cast<size_t>(n_bytes)));
  return std::optional<std::string>(std::move(bytes));
}

Result<std::string> KeepTorn(platform::FileOps& ops, int folder_fd, uint64_t seq,
                             const std::string& bytes) {
  const std::string name = TornFileName(seq);
  const std::string temporary = name + ".tmp";
  ASSIGN_OR_RETURN(const std::optional<std::string> kept, ReadTorn(ops, folder_fd, seq));
  std::string all = kept.value_or("");
  // There already when the log was not cut after it; otherwise it is the torn record about it.
  if (!all.ends_with(bytes)) all += bytes;
  {
    ASSIGN_OR_RETURN(const UniqueFd fd,
                     OpenFile(ops, folder_fd, temporary, O_RDWR | O_CREAT | O_TRUNC));
    RETURN_IF_ERROR(WriteRange(ops, fd.get(), 0, all));
    if (ops.Sync(fd.get()) != 0) return FileError(temporary, "syncing");
  }
  if (ops.RenameAt(folder_fd, temporary.c_str(), name.c_str()) != 0) {
    return FileError(name, "renaming");
  }
  if (ops.Sync(folder_fd) != 0) return FileError("folder", "syncing");
  return all;
}

Event TornTailEvent(uint64_t seq, std::string_view bytes) {
  return MakeEvent(
      EventKind::kTornTail, "", "",
      {{"bytes", bytes.size()}, {"digest", Sha256Hex(bytes)}, {"file", TornFileName(seq)}});
}

}  // namespace weir::audit
