#include "audit/anchor.h"

#include <fcntl.h>

#include <charconv>
#include <filesystem>

#include "audit/log_file.h"
#include "base/hmac.h"
#include "platform/files.h"

namespace weir::audit {
namespace {

constexpr size_t kMaxAnchorBytes = 256u << 20;

std::vector<Head> HeadsIn(std::string_view text) {
  std::vector<Head> heads;
  for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    if (std::optional<Head> head = ParseHead(text.substr(0, end)))
      heads.push_back(std::move(*head));
    text.remove_prefix(end + 1);
  }
  return heads;
}

// A message about the file that says what to do.
tl::unexpected<Error> AnchorError(const Error& error, const std::string& path) {
  return MakeError(error.code,
                   "anchor file '{}': {}; mount or correct its place, or make it with `weir audit "
                   "anchor --out {}`",
                   path, error.message, path);
}

}  // namespace

std::string FormatHead(const Head& head) { return fmt::format("{} {}", head.seq, head.hash); }

std::optional<Head> ParseHead(std::string_view line) {
  Head head;
  const char* const begin = line.data();
  const auto [end, error] = std::from_chars(begin, begin + line.size(), head.seq);
  if (error != std::errc() || head.seq == 0) return std::nullopt;
  line.remove_prefix(static_cast<size_t>(end - begin));
  if (!line.starts_with(' ') || !DigestFromHex(line.substr(1))) return std::nullopt;
  head.hash = std::string(line.substr(1));
  return head;
}

Result<std::vector<Head>> ReadAnchors(const std::string& path) {
  const Result<std::string> text = platform::ReadFile(path, kMaxAnchorBytes);
  if (!text) return MakeError(text.error().WithContext("anchor file"));
  std::vector<Head> heads = HeadsIn(*text);
  if (heads.empty()) {
    return MakeError(ErrorCode::kCorruptData,
                     "anchor file '{}' has no line 'SEQ HASH' in it, so there is nothing to hold "
                     "the log against; name the right file",
                     path);
  }
  return heads;
}

Status MakeAnchorFile(const std::string& path) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!fd.valid()) return platform::FileError(path);
  return platform::SyncFolder(platform::FolderOf(path));
}

Result<AnchorFile> AnchorFile::Open(platform::FileOps& ops, const std::string& path) {
  UniqueFd fd(ops.OpenAt(AT_FDCWD, path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!fd.valid()) return AnchorError(platform::SystemError(errno, "opening"), path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return AnchorError({ErrorCode::kInvalidArgument, "it is no regular file"}, path);
  }
  const int64_t n_bytes = ops.Size(fd.get());
  if (n_bytes < 0) return AnchorError(platform::SystemError(errno, "measuring"), path);
  if (n_bytes > static_cast<int64_t>(kMaxAnchorBytes)) {
    return AnchorError({ErrorCode::kResourceExhausted, "it is larger than 256 MiB"}, path);
  }
  const Result<std::string> text = ReadRange(ops, fd.get(), 0, static_cast<size_t>(n_bytes));
  if (!text) return AnchorError(text.error(), path);
  AnchorFile anchor(ops, path, std::move(fd));
  if (std::vector<Head> heads = HeadsIn(*text); !heads.empty()) anchor.last_ = heads.back();
  anchor.is_torn_ = !text->empty() && !text->ends_with('\n');
  return anchor;
}

Status AnchorFile::Append(const Head& head) {
  if (last_ == head) return {};
  const std::string line = fmt::format("{}{}\n", is_torn_ ? "\n" : "", FormatHead(head));
  // The file was opened for appending, so the offset does not matter.
  if (const Status written = WriteRange(*ops_, fd_.get(), 0, line, path_); !written) {
    return AnchorError(written.error(), path_);
  }
  if (ops_->SyncData(fd_.get()) != 0) {
    return AnchorError(platform::SystemError(errno, "syncing"), path_);
  }
  is_torn_ = false;
  last_ = head;
  return {};
}

}  // namespace weir::audit
