#pragma once
// Heads of a log as text, and the anchor file that keeps them where the log's own folder does not
// reach: another disk, another user's folder, an append-only file.
//
// One line a head, "SEQ HASH". Lines are only ever appended. A reader passes over lines of another
// form, such as one that a power cut left half written: whoever can edit the file could as well
// remove lines.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "platform/file_ops.h"

namespace weir::audit {

// Without a newline.
std::string FormatHead(const Head& head);
std::optional<Head> ParseHead(std::string_view line);

// The heads of an anchor file in its order. Errors: it can not be read; kCorruptData when there is
// no head in it.
Result<std::vector<Head>> ReadAnchors(const std::string& path);

// Makes an empty anchor file, 0600 and durable, unless there is a file already.
Status MakeAnchorFile(const std::string& path);

// An anchor file that is being written. One thread at a time.
class AnchorFile {
 public:
  // The file must be there (MakeAnchorFile): a missing one may be on a disk that is not mounted,
  // and a new one in its place would not protect anything. Errors name the file and the way out.
  // `ops` outlives the object.
  static Result<AnchorFile> Open(platform::FileOps& ops, const std::string& path);

  // The head appended last; nothing when there is none yet.
  const std::optional<Head>& last() const { return last_; }

  // Durable when it returns. Appends nothing when `head` is the last one already.
  Status Append(const Head& head);

 private:
  AnchorFile(platform::FileOps& ops, std::string path, UniqueFd fd)
      : ops_(&ops), path_(std::move(path)), fd_(std::move(fd)) {}

  platform::FileOps* ops_;
  std::string path_;
  UniqueFd fd_;
  std::optional<Head> last_;
  bool is_torn_ = false;  // its last line has no newline
};

}  // namespace weir::audit
