// list_files, read_file, file_info, compare_files, calculate and current_time.

#include "tools/read_tools.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "base/diff.h"
#include "tools/calculate.h"
#include "tools/change_tools.h"
#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

using Runner = Result<ToolOutput> (*)(const ToolContext&, const json::Json&);
constexpr auto kRunners = std::to_array<std::pair<std::string_view, Runner>>({
    {"list_files", ListFiles},
    {"find_files", FindFiles},
    {"search_text", SearchText},
    {"read_file", ReadFileTool},
    {"file_info", FileInfo},
    {"compare_files", CompareFiles},
    {"query_csv", QueryCsv},
    {"calculate", CalculateTool},
    {"current_time", CurrentTime},
});

std::tm LocalTime(int64_t unix_us) {
  const std::time_t seconds = unix_us / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

std::string Format(const std::tm& time, const char* format) {
  std::array<char, 128> text{};
  const size_t n = std::strftime(text.data(), text.size(), format, &time);
  return std::string(text.data(), n);
}

std::string DisplayName(const FolderEntry& entry) {
  return entry.kind == EntryKind::kFolder ? entry.name + "/" : entry.name;
}

bool HasExtension(std::string_view name, std::string_view extension) {
  return FoldCase(ExtensionOf(name)) == FoldCase(extension);
}

std::string EntryLine(const FolderEntry& entry) {
  std::string line = DisplayName(entry);
  if (entry.kind == EntryKind::kFile) line += "  " + FormatBytes(entry.bytes);
  if (entry.kind == EntryKind::kLink) line += "  (link)";
  if (entry.kind == EntryKind::kOther) line += "  (special file)";
  return line + "\n";
}

// "2 PDF files and 1 folder".
std::string CountKinds(const std::vector<FolderEntry>& entries, const std::string& extension) {
  const auto n_folders = std::count_if(entries.begin(), entries.end(), [](const FolderEntry& e) {
    return e.kind == EntryKind::kFolder;
  });
  const auto n_files = static_cast<int64_t>(entries.size()) - n_folders;
  std::string text = Count(n_files, extension.empty() ? "file" : extension + " file");
  if (n_folders > 0) text += " and " + Count(n_folders, "folder");
  return text;
}

}  // namespace

bool IsReadTool(std::string_view tool) {
  return std::any_of(kRunners.begin(), kRunners.end(),
                     [&](const auto& entry) { return entry.first == tool; });
}

Result<ToolOutput> RunReadTool(const ToolContext& context, const std::string& tool,
                               const json::Json& arguments) {
  for (const auto& [name, runner] : kRunners) {
    if (name == tool) return runner(context, arguments);
  }
  return MakeError(ErrorCode::kNotFound, "no tool '{}' that reads", tool);
}

std::string FormatLocalTime(int64_t unix_us) {
  return Format(LocalTime(unix_us), "%Y-%m-%d %H:%M");
}

std::string NamesInSummary(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMaxNamesInSummary; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kMaxNamesInSummary) {
    text += fmt::format(" and {} more", names.size() - kMaxNamesInSummary);
  }
  return text;
}

Result<ToolOutput> ListFiles(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string folder, PathArgument(arguments, "folder", "."));
  ASSIGN_OR_RETURN(std::string extension, StringFieldOr(arguments, "extension", ""));
  extension = Trim(extension);
  if (extension.starts_with("*.")) extension.erase(0, 2);
  if (extension.starts_with('.')) extension.erase(0, 1);
  RETURN_IF_ERROR(Find(context, folder, "folder"));
  ASSIGN_OR_RETURN(const UniqueFd fd,
                   context.workspace->OpenBeneath(folder, O_RDONLY | O_DIRECTORY));
  size_t left_out = 0;
  constexpr size_t kMaxRead = 100'000;
  ASSIGN_OR_RETURN(std::vector<FolderEntry> entries, ReadFolder(fd.get(), kMaxRead, &left_out));
  if (!extension.empty()) {
    std::erase_if(entries, [&](const FolderEntry& entry) {
      return entry.kind == EntryKind::kFolder || !HasExtension(entry.name, extension);
    });
  }
  ToolOutput output;
  std::vector<std::string> names;
  output.data = {{"folder", folder}, {"entries", json::Json::array()}};
  for (const FolderEntry& entry : entries) {
    names.push_back(DisplayName(entry));
    if (names.size() > kMaxListedEntries) continue;
    output.details += EntryLine(entry);
    output.data["entries"].push_back(
        {{"name", entry.name}, {"kind", KindName(entry.kind)}, {"bytes", entry.bytes}});
  }
  if (names.size() > kMaxListedEntries || left_out > 0) {
    output.details +=
        fmt::format("(cut after {} of {} entries)\n", std::min(names.size(), kMaxListedEntries),
                    names.size() + left_out);
  }
  const std::string what = extension.empty() ? "" : extension + " ";
  output.summary = names.empty() ? fmt::format("no {}files in {}", what, Said(folder))
                                 : fmt::format("{} in {}: {}", CountKinds(entries, extension),
                                               Said(folder), NamesInSummary(names));
  return output;
}

Result<ToolOutput> ReadFileTool(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(std::string content, ReadTextFile(context, path, kMaxTextFileBytes));
  ToolOutput output;
  const auto bytes = static_cast<int64_t>(content.size());
  output.data = {{"path", path}, {"bytes", bytes}};
  const std::string_view head = std::string_view(content).substr(0, 4096);
  const std::string type = FileType(path, head);
  if (!LooksLikeText(content) || type == "PDF document") {
    output.summary = fmt::format("{} is a {} of {}; it can not be shown as text", path, type,
                                 FormatBytes(bytes));
    return output;
  }
  std::string note;
  if (!IsValidUtf8(content)) {
    content = Latin1ToUtf8(content);
    note = ", not UTF-8, read as Latin-1";
  }
  if (content.starts_with("\xEF\xBB\xBF")) content.erase(0, 3);
  const auto n_lines = static_cast<int64_t>(SplitLines(content).size());
  output.data["lines"] = n_lines;
  if (content.empty()) {
    output.summary = fmt::format("{} is empty", path);
    return output;
  }
  output.summary = fmt::format("{} ({}{}):", path, Count(n_lines, "line"), note);
  output.details = BoundedText(std::move(content));
  return output;
}

Result<ToolOutput> FileInfo(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(const struct stat info, Find(context, path, "file or folder"));
  const int64_t mtime_us = info.st_mtim.tv_sec * 1'000'000 + info.st_mtim.tv_nsec / 1000;
  const std::string changed = FormatLocalTime(mtime_us);
  ToolOutput output;
  output.data = {{"path", path}, {"modified", changed}};
  if (S_ISDIR(info.st_mode)) {
    ASSIGN_OR_RETURN(const UniqueFd fd,
                     context.workspace->OpenBeneath(path, O_RDONLY | O_DIRECTORY));
    size_t left_out = 0;
    ASSIGN_OR_RETURN(const auto entries, ReadFolder(fd.get(), 100'000, &left_out));
    output.data["type"] = "folder";
    output.data["entries"] = entries.size() + left_out;
    output.summary = fmt::format("{} is a folder with {} in it, changed {}", Said(path),
                                 CountKinds(entries, ""), changed);
    return output;
  }
  std::string type(KindName(KindOf(info.st_mode)));
  if (S_ISREG(info.st_mode)) {
    ASSIGN_OR_RETURN(const UniqueFd fd, context.workspace->OpenRegularFile(path, O_RDONLY));
    std::array<char, 512> head{};
    const ssize_t n = ::pread(fd.get(), head.data(), head.size(), 0);
    type = FileType(path, {head.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))});
  }
  output.data["type"] = type;
  output.data["bytes"] = info.st_size;
  const bool an = type.starts_with("empty") || type.starts_with("Excel") ||
                  type.starts_with("old") || type.starts_with("Open") || type.starts_with("EPUB") ||
                  type.starts_with("MP");
  output.summary = fmt::format("{} is {} {} of {}, changed {}", path, an ? "an" : "a", type,
                               FormatBytes(info.st_size), changed);
  return output;
}

Result<ToolOutput> CompareFiles(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string first, PathArgument(arguments, "first"));
  ASSIGN_OR_RETURN(const std::string second, PathArgument(arguments, "second"));
  constexpr size_t kMaxComparedBytes = 16u << 20;
  ASSIGN_OR_RETURN(const std::string a, ReadTextFile(context, first, kMaxComparedBytes));
  ASSIGN_OR_RETURN(const std::string b, ReadTextFile(context, second, kMaxComparedBytes));
  ToolOutput output;
  output.data = {{"first", first}, {"second", second}, {"same", a == b}};
  if (a == b) {
    output.summary = fmt::format("{} and {} are the same", first, second);
    return output;
  }
  if (!LooksLikeText(a) || !LooksLikeText(b)) {
    output.summary = fmt::format("{} ({}) and {} ({}) differ; they are not text", first,
                                 FormatBytes(static_cast<int64_t>(a.size())), second,
                                 FormatBytes(static_cast<int64_t>(b.size())));
    return output;
  }
  Diff diff = UnifiedDiff(a, b, first, second);
  output.summary =
      fmt::format("{} and {} differ: {} only in {}, {} only in {}", first, second,
                  Count(diff.removed, "line"), first, Count(diff.added, "line"), second);
  output.data["removed"] = diff.removed;
  output.data["added"] = diff.added;
  if (diff.is_coarse) output.details = "(very different: shown as one block)\n";
  output.details += BoundedText(std::move(diff.unified));
  return output;
}

Result<ToolOutput> CalculateTool(const ToolContext& /*context*/, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string expression, StringField(arguments, "expression"));
  ASSIGN_OR_RETURN(const Calculation result, Calculate(expression));
  ToolOutput output;
  std::string_view said = Trim(expression);
  while (said.ends_with('=') || said.ends_with('?') || said.ends_with(' ')) said.remove_suffix(1);
  output.summary = fmt::format("{} = {}", said, result.value);
  if (!result.note.empty()) output.summary += fmt::format(" ({})", result.note);
  output.data = {{"value", result.value}};
  return output;
}

Result<ToolOutput> CurrentTime(const ToolContext& context, const json::Json& /*arguments*/) {
  const int64_t now_us = context.clock->UnixMicros();
  const std::time_t seconds = now_us / 1'000'000;
  const std::tm local = LocalTime(now_us);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  ToolOutput output;
  const std::string utc_text = Format(utc, "%Y-%m-%d %H:%M:%S");
  output.summary =
      fmt::format("it is {} local time ({} UTC)", Format(local, "%A, %Y-%m-%d %H:%M:%S"), utc_text);
  output.data = {{"local", Format(local, "%Y-%m-%dT%H:%M:%S%z")},
                 {"utc", Format(utc, "%Y-%m-%dT%H:%M:%SZ")},
                 {"weekday", Format(local, "%A")}};
  return output;
}

}  // namespace weir::tools
