#pragma once
// The exact difference between two states of a workspace: for every path that differs, what was
// there before and what is there after. One type serves as preview, as what is approved (by its
// digest), as the record of a commit and, turned round, as its undo.
//
// A rename is a path that goes and a path that comes with the same content and mode; `renamed_from`
// says so for people and changes nothing. docs/formats/changes.md has the JSON form. Values; any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "changes/entry.h"
#include "json/json.h"

namespace weir::changes {

struct Change {
  std::string path;  // relative to the workspace, in the form CheckChangePath accepts
  EntryState before;
  EntryState after;
  std::string renamed_from;  // of a path that comes: where the same thing went; usually empty

  bool operator==(const Change&) const = default;
};

// Something that can not be previewed and put back; see changes/entry.h.
struct Problem {
  std::string path;
  std::string reason;

  bool operator==(const Problem&) const = default;
};

struct ChangeSet {
  std::vector<Change> changes;    // by path in byte order, each path once, before != after
  std::vector<Problem> problems;  // a set with problems can be shown and never be committed

  bool empty() const { return changes.empty() && problems.empty(); }
  bool operator==(const ChangeSet&) const = default;

  json::Json ToJson() const;
  // Errors kCorruptData: a path that leaves the workspace, out of order, twice, a change that
  // changes nothing, an unknown form.
  static Result<ChangeSet> FromJson(const json::Json& in);
  // SHA-256 of the canonical JSON form, 64 hexadecimal digits: what an approval is bound to.
  Result<std::string> Digest() const;

  // The change that takes this one back. Renames are found again; problems stay.
  ChangeSet Reversed() const;
};

// kInvalidArgument unless `path` is relative, has neither empty nor "." nor ".." parts, no NUL byte
// and at most 4000 bytes.
Status CheckChangePath(std::string_view path);

// Brings the changes into order and says which of them are renames.
void SortAndFindRenames(ChangeSet& set);

}  // namespace weir::changes
