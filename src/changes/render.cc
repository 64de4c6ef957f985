#include "changes/render.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/diff.h"
#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

constexpr uint64_t kMaxTextBytes = uint64_t{1} << 20;

// The text of a file, "" for what is no file, nothing when it is not text.
Result<std::optional<std::string>> TextOf(const platform::Workspace& root, const std::string& path,
                                          const EntryState& state) {
  if (!state.is_file()) return std::optional<std::string>("");
  if (state.bytes > kMaxTextBytes) return std::optional<std::string>();
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenParentOf(root, path, &leaf));
  const UniqueFd fd(
      ::openat(folder.get(), leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return platform::FileError(OneLine(path));
  std::string text(state.bytes + 1, '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + filled, text.size() - filled);
    if (n < 0 && errno != EINTR) return platform::FileError(OneLine(path));
    if (n == 0) break;
    if (n > 0) filled += static_cast<size_t>(n);
  }
  text.resize(filled);
  if (Sha256Hex(text) != state.digest) {
    return MakeError(ErrorCode::kCorruptData, "'{}' is no longer {}; make the preview again",
                     OneLine(path), state.ToString());
  }
  const bool is_text = json::IsValidUtf8(text) && text.find('\0') == std::string::npos;
  return is_text ? std::optional<std::string>(std::move(text)) : std::nullopt;
}

std::string ModeNote(const Change& change) {
  if (change.before.mode == change.after.mode) return "mode unchanged";
  return fmt::format("mode {:04o} -> {:04o}", change.before.mode, change.after.mode);
}

std::string AttributeNote(const Change& change) {
  std::string note;
  const auto add = [&](const Attributes& from, const Attributes& other) {
    for (const auto& [name, value] : from) {
      const auto found = other.find(name);
      if (found != other.end() && found->second == value) continue;
      if (note.find(OneLine(name)) == std::string::npos) note += ", " + OneLine(name) + " changed";
    }
  };
  add(change.before.attributes, change.after.attributes);
  add(change.after.attributes, change.before.attributes);
  return note;
}

std::string ContentNote(const Change& change, const Diff* diff) {
  if (change.before.digest == change.after.digest) return "content unchanged";
  if (diff != nullptr) return fmt::format("+{} -{} lines", diff->added, diff->removed);
  return fmt::format("{} bytes, sha256 {:.12} -> {} bytes, sha256 {:.12}", change.before.bytes,
                     change.before.digest, change.after.bytes, change.after.digest);
}

std::string LineOf(const Change& change, const Diff* diff) {
  const std::string name = OneLine(change.path);
  const EntryState& before = change.before;
  const EntryState& after = change.after;
  if (!change.renamed_from.empty()) {
    return fmt::format("renamed {} -> {}{}", OneLine(change.renamed_from), name,
                       AttributeNote({change.path, after, after, ""}));
  }
  if (before.is_absent()) {
    if (after.is_folder()) return fmt::format("made {}: {}", name, after.ToString());
    if (diff == nullptr) return fmt::format("created {}: {}", name, after.ToString());
    return fmt::format("created {}: {}, {} lines", name, after.ToString(), diff->added);
  }
  if (after.is_absent()) {
    return fmt::format("{} {}: {}", before.is_folder() ? "removed" : "deleted", name,
                       before.ToString());
  }
  if (before.type != after.type || before.type == EntryType::kLink) {
    return fmt::format("replaced {}: {} -> {}", name, before.ToString(), after.ToString());
  }
  const std::string what = before.is_file() ? ContentNote(change, diff) : "folder";
  return fmt::format("modified {}: {}, {}{}", name, what, ModeNote(change), AttributeNote(change));
}

// Paths that only went elsewhere are told by the line of the path that came.
std::map<std::string, bool> MovedPaths(const ChangeSet& set) {
  std::map<std::string, bool> moved;
  for (const Change& change : set.changes) {
    if (!change.renamed_from.empty()) moved[change.renamed_from] = true;
  }
  return moved;
}

void AppendProblems(const ChangeSet& set, std::vector<std::string>& lines) {
  for (const Problem& problem : set.problems) {
    lines.push_back(
        fmt::format("NOT POSSIBLE {}: {}", OneLine(problem.path), OneLine(problem.reason)));
  }
}

// The diff of one change between two texts; nothing for what is not text on both sides.
Result<std::optional<Diff>> DiffOf(const Change& change, const platform::Workspace& before,
                                   const platform::Workspace& after) {
  if (change.before.digest == change.after.digest) return std::optional<Diff>();
  ASSIGN_OR_RETURN(const auto old_text, TextOf(before, change.path, change.before));
  ASSIGN_OR_RETURN(const auto new_text, TextOf(after, change.path, change.after));
  if (!old_text || !new_text) return std::optional<Diff>();
  const std::string name = OneLine(change.path);
  return std::optional<Diff>(UnifiedDiff(*old_text, *new_text,
                                         change.before.is_file() ? name + " (now)" : "(no file)",
                                         change.after.is_file() ? name + " (after)" : "(no file)"));
}

}  // namespace

Result<Rendering> Render(const ChangeSet& set, const platform::Workspace& before,
                         const platform::Workspace& after) {
  Rendering rendering;
  const std::map<std::string, bool> moved = MovedPaths(set);
  for (const Change& change : set.changes) {
    if (moved.contains(change.path)) continue;
    std::optional<Diff> diff;
    if (change.renamed_from.empty()) {
      ASSIGN_OR_RETURN(diff, DiffOf(change, before, after));
    }
    rendering.lines.push_back(LineOf(change, diff ? &*diff : nullptr));
    if (diff) rendering.diff += diff->unified;
  }
  AppendProblems(set, rendering.lines);
  return rendering;
}

std::vector<std::string> RenderLines(const ChangeSet& set) {
  std::vector<std::string> lines;
  const std::map<std::string, bool> moved = MovedPaths(set);
  for (const Change& change : set.changes) {
    if (!moved.contains(change.path)) lines.push_back(LineOf(change, nullptr));
  }
  AppendProblems(set, lines);
  return lines;
}

}  // namespace weir::changes
