#pragma once
// What is at one path, as preview, commit and undo see it: type, content by digest, permission
// bits, link target, extended attributes of the person. Times are no part of it: what is put back
// counts as written now, so that build tools look at it again.
//
// Not everything can be put back exactly. ReadEntry refuses (kUnsupported, with the reason) what
// docs/formats/changes.md lists: special files, hard links, set-user-id files, things of other
// owners, access control lists, things that their owner may not read, files that are too large.
//
// Any thread.

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace weir::changes {

enum class EntryType { kAbsent, kFile, kFolder, kLink };
// "absent", "file", "folder", "link": as in JSON.
std::string_view EntryTypeName(EntryType type);

using Attributes = std::map<std::string, std::string>;

struct EntryState {
  EntryType type = EntryType::kAbsent;
  mode_t mode = 0;        // 07777; files and folders
  uint64_t bytes = 0;     // files
  std::string digest;     // files: SHA-256 of the content, 64 hexadecimal digits
  std::string target;     // links
  Attributes attributes;  // files and folders: user.* attributes and their values

  bool is_file() const { return type == EntryType::kFile; }
  bool is_folder() const { return type == EntryType::kFolder; }
  bool is_absent() const { return type == EntryType::kAbsent; }
  bool operator==(const EntryState&) const = default;

  // "a file of 12 bytes, mode 0644, sha256 0123456789ab"; "nothing".
  std::string ToString() const;
  json::Json ToJson() const;
  // Error kCorruptData naming the member.
  static Result<EntryState> FromJson(const json::Json& in);
};

// Whether the very same thing is still at a path, without reading it.
struct EntryIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  mode_t mode = 0;
  int64_t bytes = 0;       // files and links
  int64_t changed_ns = 0;  // files and links: last change of content
  int64_t touched_ns = 0;  // files and links: last change of anything

  bool operator==(const EntryIdentity&) const = default;
  static EntryIdentity Of(const struct stat& info);
};

// Where an entry lies. In the upper folder of a view the overlay keeps attributes of its own, which
// are skipped there.
enum class Side { kBase, kView };

// Files larger than this are not previewed and not kept for undo.
inline constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

// What is at `name` in the open folder; nothing there is a state too. The content is read without
// touching the time of access. *identity is what was seen, when wanted. Errors: kUnsupported as
// above, kUnavailable when it is changed while it is read.
Result<EntryState> ReadEntry(int folder_fd, const std::string& name, Side side,
                             EntryIdentity* identity = nullptr);

// The attributes of an open file or folder. Error kUnsupported as for ReadEntry.
Result<Attributes> ReadAttributes(int fd, Side side);
// Makes them exactly these.
Status WriteAttributes(int fd, const Attributes& wanted);

// Bytes that may not be text as JSON: member `key` when they are UTF-8, else `key`_hex.
void PutBytes(json::Json& object, const std::string& key, const std::string& bytes);
Result<std::string> GetBytes(const json::Json& object, const std::string& key);

// `bytes` with every control character, backslash and byte that is not UTF-8 as \xNN, so that a
// name takes one line. Invisible characters beyond ASCII are left to whoever displays it.
std::string OneLine(std::string_view bytes);

}  // namespace weir::changes
