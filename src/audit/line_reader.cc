#include "audit/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "audit/record.h"
#include "platform/files.h"

namespace weir::audit {
namespace {
constexpr size_t kChunkBytes = 256 << 10;
}  // namespace

Result<LineReader> LineReader::Open(const std::string& path) {
  std::string file = path;
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (fd.valid() && ::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) {
    file = fmt::format("{}/{}", path, kLogFileName);
    fd = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  }
  if (!fd.valid()) {
    return MakeError(platform::SystemError(errno, fmt::format("audit log '{}'", file)));
  }
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "audit log '{}' is no regular file", file);
  }
  return LineReader(std::move(file), std::move(fd));
}

Result<std::optional<std::string_view>> LineReader::Next() {
  size_t searched = begin_;
  for (;;) {
    const size_t newline = buffer_.find('\n', searched);
    if (newline != std::string::npos) {
      const std::string_view text = std::string_view(buffer_).substr(begin_, newline - begin_);
      Advance(text.size() + 1);
      return text;
    }
    if (buffer_.size() - begin_ > kMaxRecordBytes) {
      Advance(0);
      return MakeError(ErrorCode::kCorruptData, "it is longer than {} bytes", kMaxRecordBytes);
    }
    searched = buffer_.size() - begin_;
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    torn_bytes_ = buffer_.size() - begin_;
    return std::nullopt;
  }
}

// More bytes into the buffer; false at the end of the file.
Result<bool> LineReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t filled = buffer_.size();
  buffer_.resize(filled + kChunkBytes);
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), buffer_.data() + filled, kChunkBytes);
  } while (n < 0 && errno == EINTR);
  buffer_.resize(filled + static_cast<size_t>(n < 0 ? 0 : n));
  if (n < 0) return MakeError(platform::SystemError(errno, fmt::format("'{}'", path_)));
  return n > 0;
}

void LineReader::Advance(size_t n_bytes) {
  ++line_;
  offset_ = next_offset_;
  next_offset_ += n_bytes;
  begin_ += n_bytes;
}

}  // namespace weir::audit
