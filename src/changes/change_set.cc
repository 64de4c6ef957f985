#include "changes/change_set.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/crypto.h"

namespace weir::changes {
namespace {

constexpr size_t kMaxPathBytes = 4000;  // the system's limit is 4096
constexpr int kVersion = 1;

Error Corrupt(std::string_view what) {
  return Error{ErrorCode::kCorruptData, fmt::format("a set of changes: {}", what)};
}

// What makes two entries the same thing at two places; empty for what is not tracked.
std::string RenameKey(const EntryState& state) {
  if (state.is_file() && state.bytes > 0) {
    return fmt::format("file {:04o} {}", state.mode, state.digest);
  }
  return state.type == EntryType::kLink ? "link " + state.target : "";
}

std::string LeafOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Of the paths that went with the same key, the first that kept its name, else the first.
std::string TakeOrigin(std::vector<std::string>& gone, const std::string& path) {
  if (gone.empty()) return "";
  auto taken = std::find_if(gone.begin(), gone.end(), [&](const std::string& candidate) {
    return LeafOf(candidate) == LeafOf(path);
  });
  if (taken == gone.end()) taken = gone.begin();
  std::string origin = std::move(*taken);
  gone.erase(taken);
  return origin;
}

Result<Change> ChangeFromJson(const json::Json& in) {
  if (!in.is_object()) return MakeError(Corrupt("an item is no object"));
  Change change;
  ASSIGN_OR_RETURN(change.path, GetBytes(in, "path"));
  if (const Status path = CheckChangePath(change.path); !path) {
    return MakeError(Corrupt(path.error().message));
  }
  const auto before = in.find("before");
  const auto after = in.find("after");
  if (before == in.end() || after == in.end()) {
    return MakeError(Corrupt(fmt::format("'{}' has no before or after", OneLine(change.path))));
  }
  ASSIGN_OR_RETURN(change.before, EntryState::FromJson(*before));
  ASSIGN_OR_RETURN(change.after, EntryState::FromJson(*after));
  if (change.before == change.after) {
    return MakeError(Corrupt(fmt::format("'{}' does not change", OneLine(change.path))));
  }
  if (in.contains("renamed_from") || in.contains("renamed_from_hex")) {
    ASSIGN_OR_RETURN(change.renamed_from, GetBytes(in, "renamed_from"));
  }
  return change;
}

}  // namespace

json::Json ChangeSet::ToJson() const {
  json::Json out = json::Json::object();
  out["version"] = kVersion;
  out["changes"] = json::Json::array();
  for (const Change& change : changes) {
    json::Json item = json::Json::object();
    PutBytes(item, "path", change.path);
    item["before"] = change.before.ToJson();
    item["after"] = change.after.ToJson();
    if (!change.renamed_from.empty()) PutBytes(item, "renamed_from", change.renamed_from);
    out["changes"].push_back(std::move(item));
  }
  if (problems.empty()) return out;
  out["problems"] = json::Json::array();
  for (const Problem& problem : problems) {
    json::Json item = json::Json::object();
    PutBytes(item, "path", problem.path);
    item["reason"] = problem.reason;
    out["problems"].push_back(std::move(item));
  }
  return out;
}

Result<ChangeSet> ChangeSet::FromJson(const json::Json& in) {
  if (!in.is_object() || in.value("version", 0) != kVersion) {
    return MakeError(Corrupt(fmt::format("its version is not {}", kVersion)));
  }
  const auto list = in.find("changes");
  if (list == in.end() || !list->is_array()) return MakeError(Corrupt("no list of changes"));
  ChangeSet set;
  for (const json::Json& item : *list) {
    ASSIGN_OR_RETURN(Change change, ChangeFromJson(item));
    if (!set.changes.empty() && set.changes.back().path >= change.path) {
      return MakeError(Corrupt(fmt::format("'{}' is out of order", OneLine(change.path))));
    }
    set.changes.push_back(std::move(change));
  }
  // Records are written of sets without problems only.
  if (in.contains("problems")) return MakeError(Corrupt("it has problems"));
  return set;
}

Result<std::string> ChangeSet::Digest() const {
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(ToJson()));
  return Sha256Hex(canonical);
}

ChangeSet ChangeSet::Reversed() const {
  ChangeSet reversed = *this;
  for (Change& change : reversed.changes) std::swap(change.before, change.after);
  SortAndFindRenames(reversed);
  return reversed;
}

Status CheckChangePath(std::string_view path) {
  if (path.size() > kMaxPathBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "a path of {} bytes; at most {} are allowed",
                     path.size(), kMaxPathBytes);
  }
  if (path.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument, "a path with a NUL byte names no file");
  }
  std::string_view rest = path;
  for (bool is_last = false; !is_last;) {
    const size_t slash = rest.find('/');
    is_last = slash == std::string_view::npos;
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") {
      return MakeError(ErrorCode::kInvalidArgument,
                       "'{}' is not a path of the workspace in its plain form", OneLine(path));
    }
    if (!is_last) rest.remove_prefix(slash + 1);
  }
  return {};
}

void SortAndFindRenames(ChangeSet& set) {
  std::sort(set.changes.begin(), set.changes.end(),
            [](const Change& a, const Change& b) { return a.path < b.path; });
  std::sort(set.problems.begin(), set.problems.end(),
            [](const Problem& a, const Problem& b) { return a.path < b.path; });
  std::map<std::string, std::vector<std::string>> gone;
  for (Change& change : set.changes) {
    change.renamed_from.clear();
    const std::string key = RenameKey(change.before);
    if (change.after.is_absent() && !key.empty()) gone[key].push_back(change.path);
  }
  for (Change& change : set.changes) {
    if (!change.before.is_absent()) continue;
    const auto found = gone.find(RenameKey(change.after));
    if (found != gone.end()) change.renamed_from = TakeOrigin(found->second, change.path);
  }
}

}  // namespace weir::changes
