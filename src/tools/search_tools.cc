// find_files and search_text: bounded walks through the workspace.

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/read_tools.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int kMaxFolderDepth = 40;
constexpr size_t kMaxSearchedBytes = 8u << 20;  // larger files are not searched
constexpr int64_t kMaxWalkEntries = 200'000;
constexpr size_t kMaxMatches = 500;
constexpr size_t kMaxShownBytes = 300;

// A walk in natural order. The visitor gets every entry and may stop the walk.
class Walk {
 public:
  using Visitor = std::function<bool(int folder_fd, const std::string& path, const FolderEntry&)>;

  Walk(const ToolContext& context, Visitor visitor)
      : visitor_(std::move(visitor)), budget_(context.Budget()) {
    budget_.entries = kMaxWalkEntries;
  }

  void Run(int folder_fd, const std::string& folder, int depth = kMaxFolderDepth) {
    size_t left_out = 0;
    const auto entries = ReadFolder(folder_fd, kMaxWalkEntries, &left_out);
    if (!entries) {
      ++n_unreadable_;
      return;
    }
    for (const FolderEntry& entry : *entries) {
      if (stopped_) return;
      if (const Status spent = budget_.Spend(1, 0); !spent) {
        note_ = spent.error().message;
        stopped_ = true;
        return;
      }
      const std::string path = JoinPath(folder, entry.name);
      if (!visitor_(folder_fd, path, entry)) {
        stopped_ = true;
        return;
      }
      if (entry.kind == EntryKind::kFolder) Enter(folder_fd, path, entry, depth);
    }
  }

  // Sentences about what was left out; empty when nothing was.
  std::string Notes() const {
    std::string notes;
    if (!note_.empty()) notes += fmt::format("(stopped: {})\n", note_);
    if (n_hidden_ > 0)
      notes += fmt::format("({} not searched)\n", Count(n_hidden_, "hidden folder"));
    if (n_unreadable_ > 0) {
      notes += fmt::format("({} could not be read)\n", Count(n_unreadable_, "folder"));
    }
    return notes;
  }

 private:
  void Enter(int folder_fd, const std::string& path, const FolderEntry& entry, int depth) {
    if (entry.name.starts_with('.')) {
      ++n_hidden_;
      return;
    }
    if (depth <= 0) {
      ++n_unreadable_;
      return;
    }
    const auto child = OpenChildFolder(folder_fd, entry.name);
    if (child) {
      Run(child->get(), path, depth - 1);
    } else {
      ++n_unreadable_;
    }
  }

  Visitor visitor_;
  WalkBudget budget_;
  std::string note_;
  int64_t n_hidden_ = 0;
  int64_t n_unreadable_ = 0;
  bool stopped_ = false;
};

// How find_files compares: the whole name by pattern, or a part of it; a name with '/' against the
// path.
class NameMatcher {
 public:
  explicit NameMatcher(std::string_view wanted)
      : wanted_(FoldCase(wanted)),
        is_pattern_(wanted.find_first_of("*?") != std::string_view::npos),
        is_path_(wanted.find('/') != std::string_view::npos) {}

  bool Matches(const std::string& path, const std::string& name) const {
    const std::string& whole = is_path_ ? path : name;
    if (is_pattern_) return GlobMatch(wanted_, whole);
    return FoldCase(whole).find(wanted_) != std::string::npos;
  }
  // "q3 report" finds "report_2026_Q3.md": every word somewhere in the name.
  bool MatchesWords(const std::string& name) const {
    const std::string folded = FoldCase(name);
    std::string_view rest = wanted_;
    bool any = false;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find_first_of(" _-"), rest.size());
      const std::string_view word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (word.empty()) continue;
      if (folded.find(word) == std::string::npos) return false;
      any = true;
    }
    return any;
  }

 private:
  std::string wanted_;
  bool is_pattern_;
  bool is_path_;
};

struct Hits {
  std::vector<std::string> names;
  std::vector<std::string> by_words;
  size_t n_more = 0;
};

// Matching lines of one file, as "path:line: text".
struct LineSearch {
  const std::string& wanted;  // folded
  std::string* details;
  json::Json* data;
  size_t n_lines = 0;
  size_t n_files = 0;
  size_t n_skipped = 0;
  std::vector<std::string> files;

  void Search(const std::string& path, const std::string& content) {
    const size_t before = n_lines;
    size_t number = 0;
    for (const std::string_view line : SplitLines(content)) {
      ++number;
      const std::string folded = FoldCase(line);
      const size_t at = folded.find(wanted);
      if (at == std::string::npos) continue;
      ++n_lines;
      if (n_lines > kMaxMatches) continue;
      *details += fmt::format("{}:{}: {}\n", path, number, Excerpt(line, at));
      data->push_back({{"path", path}, {"line", number}});
    }
    if (n_lines > before) {
      ++n_files;
      files.push_back(path);
    }
  }

  // The part of a long line around the match.
  static std::string Excerpt(std::string_view line, size_t at) {
    if (line.size() <= kMaxShownBytes) return std::string(Trim(line));
    size_t begin = at > kMaxShownBytes / 3 ? std::min(at - kMaxShownBytes / 3, line.size()) : 0;
    while (begin > 0 && begin < line.size() && (line[begin] & 0xC0) == 0x80) --begin;
    return (begin > 0 ? "..." : "") + std::string(ClipUtf8(line.substr(begin), kMaxShownBytes)) +
           "...";
  }
};

void SearchOneFile(int folder_fd, const std::string& name, const std::string& path,
                   LineSearch* search) {
  const auto file = OpenChildFile(folder_fd, name);
  if (!file) {
    ++search->n_skipped;
    return;
  }
  auto content = ReadAll(file->get(), kMaxSearchedBytes);
  if (!content || !LooksLikeText(*content) || content->starts_with("%PDF-")) {
    ++search->n_skipped;
    return;
  }
  search->Search(path, IsValidUtf8(*content) ? *content : Latin1ToUtf8(*content));
}

}  // namespace

Result<ToolOutput> FindFiles(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string written, StringField(arguments, "name"));
  ASSIGN_OR_RETURN(const std::string folder, PathArgument(arguments, "folder", "."));
  const std::string_view wanted = Trim(written);
  if (wanted.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'name' is empty; give a part of a file name, or a pattern such as *.pdf");
  }
  RETURN_IF_ERROR(Find(context, folder, "folder"));
  ASSIGN_OR_RETURN(const UniqueFd fd,
                   context.workspace->OpenBeneath(folder, O_RDONLY | O_DIRECTORY));
  const NameMatcher matcher(wanted);
  Hits hits;
  Walk walk(context, [&](int, const std::string& path, const FolderEntry& entry) {
    const std::string shown = entry.kind == EntryKind::kFolder ? path + "/" : path;
    if (matcher.Matches(path, entry.name)) {
      hits.names.size() < kMaxListedEntries ? hits.names.push_back(shown) : void(++hits.n_more);
    } else if (hits.by_words.size() < kMaxListedEntries && matcher.MatchesWords(entry.name)) {
      hits.by_words.push_back(shown);
    }
    return true;
  });
  walk.Run(fd.get(), folder);
  if (hits.names.empty()) hits.names = std::move(hits.by_words);
  ToolOutput output;
  output.data = {{"folder", folder}, {"paths", hits.names}};
  if (hits.names.empty()) {
    output.summary = fmt::format("no file or folder named '{}' in {}", wanted, Said(folder));
    output.details = walk.Notes();
    return output;
  }
  const size_t total = hits.names.size() + hits.n_more;
  output.summary = fmt::format("{} found for '{}': {}", total, wanted, NamesInSummary(hits.names));
  if (hits.names.size() > kMaxNamesInSummary) {
    for (const std::string& name : hits.names) output.details += name + "\n";
  }
  if (hits.n_more > 0) {
    output.details += fmt::format("(cut after {} of {} names)\n", hits.names.size(), total);
  }
  output.details += walk.Notes();
  return output;
}

Result<ToolOutput> SearchText(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string text, StringField(arguments, "text"));
  ASSIGN_OR_RETURN(const std::string folder, PathArgument(arguments, "folder", "."));
  const std::string wanted = FoldCase(text);
  if (Trim(wanted).empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "'text' is empty; give the words to look for");
  }
  if (wanted.find('\n') != std::string::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'text' has several lines; search for one line at a time");
  }
  ASSIGN_OR_RETURN(const struct stat info, Find(context, folder, "file or folder"));
  ToolOutput output;
  output.data = {{"matches", json::Json::array()}};
  LineSearch search{wanted, &output.details, &output.data["matches"], 0, 0, 0, {}};
  std::string notes;
  if (S_ISDIR(info.st_mode)) {
    ASSIGN_OR_RETURN(const UniqueFd fd,
                     context.workspace->OpenBeneath(folder, O_RDONLY | O_DIRECTORY));
    Walk walk(context, [&](int folder_fd, const std::string& path, const FolderEntry& entry) {
      if (entry.kind == EntryKind::kFile) SearchOneFile(folder_fd, entry.name, path, &search);
      return true;
    });
    walk.Run(fd.get(), folder);
    notes = walk.Notes();
  } else {
    ASSIGN_OR_RETURN(const std::string content, ReadTextFile(context, folder, kMaxTextFileBytes));
    search.Search(folder, IsValidUtf8(content) ? content : Latin1ToUtf8(content));
  }
  if (search.n_lines > kMaxMatches) {
    notes += fmt::format("(cut after {} of {} lines)\n", kMaxMatches, search.n_lines);
  }
  output.details += notes;
  output.summary = search.n_lines == 0
                       ? fmt::format("'{}' was not found in {}", text, Said(folder))
                       : fmt::format("'{}' is on {} in {}: {}", text,
                                     Count(static_cast<int64_t>(search.n_lines), "line"),
                                     Count(static_cast<int64_t>(search.n_files), "file"),
                                     NamesInSummary(search.files));
  return output;
}

}  // namespace weir::tools
