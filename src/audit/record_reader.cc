// Lines of a log, one after the other, in memory bounded by the longest.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "audit/verify.h"
#include "base/unique_fd.h"
#include "platform/files.h"

namespace weir::audit {
namespace {
constexpr size_t kChunkBytes = 256 << 10;
}  // namespace

struct RecordReader::Impl {
  std::string path;
  UniqueFd fd;
  std::string buffer;  // read, not yet returned
  size_t begin = 0;    // of the next line in buffer
  bool at_end = false;

  uint64_t line = 0;
  uint64_t offset = 0;       // of the line last read
  uint64_t next_offset = 0;  // of the one after it
  uint64_t torn_bytes = 0;

  // More bytes into the buffer; false at the end of the file.
  Result<bool> Fill() {
    buffer.erase(0, begin);
    begin = 0;
    const size_t filled = buffer.size();
    buffer.resize(filled + kChunkBytes);
    ssize_t n = 0;
    do {
      n = ::read(fd.get(), buffer.data() + filled, kChunkBytes);
    } while (n < 0 && errno == EINTR);
    buffer.resize(filled + static_cast<size_t>(n < 0 ? 0 : n));
    if (n < 0) return MakeError(platform::SystemError(errno, fmt::format("'{}'", path)));
    return n > 0;
  }

  // The next whole line without its newline, valid until the next call; nothing at the end.
  Result<std::optional<std::string_view>> NextLine() {
    size_t searched = begin;
    for (;;) {
      const size_t newline = buffer.find('\n', searched);
      if (newline != std::string::npos) {
        const std::string_view text = std::string_view(buffer).substr(begin, newline - begin);
        Advance(text.size() + 1);
        return text;
      }
      if (buffer.size() - begin > kMaxRecordBytes) {
        Advance(0);
        return MakeError(ErrorCode::kCorruptData, "it is longer than {} bytes", kMaxRecordBytes);
      }
      searched = buffer.size() - begin;
      ASSIGN_OR_RETURN(const bool more, Fill());
      if (more) continue;
      at_end = true;
      torn_bytes = buffer.size() - begin;
      return std::nullopt;
    }
  }

  void Advance(size_t n_bytes) {
    ++line;
    offset = next_offset;
    next_offset += n_bytes;
    begin += n_bytes;
  }
};

RecordReader::RecordReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

Result<RecordReader> RecordReader::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (impl->fd.valid() && ::fstat(impl->fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) {
    impl->path = fmt::format("{}/{}", path, kLogFileName);
    impl->fd = UniqueFd(::open(impl->path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  }
  if (!impl->fd.valid()) {
    return MakeError(platform::SystemError(errno, fmt::format("audit log '{}'", impl->path)));
  }
  if (::fstat(impl->fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "audit log '{}' is no regular file", impl->path);
  }
  return RecordReader(std::move(impl));
}

Result<std::optional<Record>> RecordReader::Next() {
  if (impl_->at_end) return std::nullopt;
  const Result<std::optional<std::string_view>> text = impl_->NextLine();
  if (text && !*text) return std::nullopt;
  Result<Record> record = text ? ParseRecord(**text) : MakeError(text.error());
  if (record) return std::optional<Record>(std::move(*record));
  impl_->at_end = true;
  return MakeError(record.error());
}

uint64_t RecordReader::line() const { return impl_->line; }
uint64_t RecordReader::offset() const { return impl_->offset; }
uint64_t RecordReader::torn_bytes() const { return impl_->torn_bytes; }

}  // namespace weir::audit
