// write_file, append_file and edit_file.

#include <fcntl.h>

#include <utility>

#include "base/diff.h"
#include "tools/change_tools.h"
#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

// An existing regular file, read whole, and what was seen when it was opened.
struct OpenedFile {
  std::string content;
  struct stat seen{};
};

Result<OpenedFile> OpenForChange(const ToolContext& context, const std::string& path) {
  ASSIGN_OR_RETURN(const struct stat info, FindForChange(context, path, "file"));
  if (S_ISLNK(info.st_mode)) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is a link; to change what is behind it, name the real file", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is a {}; a file is expected", path,
                     KindName(KindOf(info.st_mode)));
  }
  if (info.st_size > static_cast<int64_t>(kMaxTextFileBytes)) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' has {}; at most {} can be changed", path,
                     FormatBytes(info.st_size), FormatBytes(kMaxTextFileBytes));
  }
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd folder, context.workspace->OpenParent(path, &leaf));
  ASSIGN_OR_RETURN(const UniqueFd file, OpenChildFile(folder.get(), leaf));
  OpenedFile opened;
  if (::fstat(file.get(), &opened.seen) != 0) return SystemError(errno, "looking at " + path);
  ASSIGN_OR_RETURN(opened.content, ReadAll(file.get(), kMaxTextFileBytes));
  return opened;
}

std::string Lines(std::string_view content) {
  return Count(static_cast<int64_t>(SplitLines(content).size()), "line");
}

// The preview of replacing `before` by `after`.
std::string DiffOrSizes(const std::string& path, const std::string& before,
                        const std::string& after) {
  if (before == after) return "the content stays the same";
  if (!LooksLikeText(before)) {
    return fmt::format("replaces a {} of {} by {} of text",
                       FileType(path, std::string_view(before).substr(0, 512)),
                       FormatBytes(static_cast<int64_t>(before.size())), Lines(after));
  }
  const Diff diff = UnifiedDiff(before, after, path + " (now)", path + " (after)");
  return BoundedText(diff.unified);
}

// Fills the parts that all three tools share: replacing the content of a file that is there.
void PlanReplacement(const std::string& path, OpenedFile old, std::string content, Plan* plan) {
  plan->body = DiffOrSizes(path, old.content, content);
  plan->data["path"] = path;
  plan->data["bytes"] = content.size();
  if (old.content == content) return;
  PlannedStep step;
  step.undo.kind = StepKind::kWrite;
  step.undo.path = path;
  step.content = std::move(content);
  step.before = std::move(old.content);
  step.seen = old.seen;
  plan->steps.push_back(std::move(step));
}

Plan NewPlan(std::string tool) {
  Plan plan;
  plan.tool = std::move(tool);
  plan.data = json::Json::object();
  return plan;
}

// Line numbers (from 1) where `text` begins, at most `max`.
std::vector<std::string> LinesOf(std::string_view content, std::string_view text, size_t max) {
  std::vector<std::string> lines;
  size_t line = 1;
  size_t counted = 0;
  for (size_t at = content.find(text); at != std::string_view::npos && lines.size() < max;
       at = content.find(text, at + 1)) {
    for (; counted < at; ++counted) line += content[counted] == '\n' ? 1 : 0;
    lines.push_back(std::to_string(line));
  }
  return lines;
}

size_t CountOf(std::string_view content, std::string_view text) {
  size_t n = 0;
  for (size_t at = content.find(text); at != std::string_view::npos;
       at = content.find(text, at + text.size())) {
    ++n;
  }
  return n;
}

std::string WithCarriageReturns(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

tl::unexpected<Error> NotInFile(const std::string& path, const std::string& content,
                                const std::string& text) {
  const std::string folded_content = FoldCase(content);
  const std::vector<std::string> lines = LinesOf(folded_content, FoldCase(text), 5);
  if (!lines.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "'{}' does not hold exactly this text; with other upper and lower case it is "
                     "on line {}. Give it exactly as it stands there",
                     path, JoinAnd(lines));
  }
  return MakeError(
      ErrorCode::kNotFound,
      "'{}' does not hold the text '{}'; read the file and give the text exactly as it "
      "stands there",
      path, ClipUtf8(text, 80));
}

}  // namespace

Result<Plan> PlanWriteFile(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(std::string text, StringField(arguments, "text"));
  if (IsWorkspace(path)) {
    return MakeError(ErrorCode::kInvalidArgument, "the workspace itself is not a file");
  }
  Plan plan = NewPlan("write_file");
  RETURN_IF_ERROR(CheckNoLinks(context, path));
  const auto info = context.workspace->Stat(path);
  if (info) {
    ASSIGN_OR_RETURN(OpenedFile old, OpenForChange(context, path));
    plan.action = fmt::format("overwrite {}", path);
    plan.summary = fmt::format("overwrote {} with {}", path, Lines(text));
    PlanReplacement(path, std::move(old), std::move(text), &plan);
    if (plan.steps.empty()) plan.summary = fmt::format("{} holds exactly this text already", path);
    return plan;
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> folders,
                   MissingFolders(context, std::string(FolderOf(path))));
  AddMakeFolders(folders, &plan);
  plan.action = fmt::format("write the new file {}", path);
  plan.summary = fmt::format("wrote {} to the new file {}", Lines(text), path);
  for (const std::string& folder : folders) {
    plan.body += fmt::format("makes the folder {}\n", folder);
  }
  plan.body += BoundedText(UnifiedDiff("", text, "(no file)", path).unified);
  plan.data["path"] = path;
  plan.data["bytes"] = text.size();
  PlannedStep step;
  step.undo.kind = StepKind::kWrite;
  step.undo.path = path;
  step.content = std::move(text);
  plan.steps.push_back(std::move(step));
  return plan;
}

Result<Plan> PlanAppendFile(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(const std::string text, StringField(arguments, "text"));
  Result<OpenedFile> opened = OpenForChange(context, path);
  if (!opened && opened.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kNotFound, "{}. write_file makes a new file",
                     opened.error().message);
  }
  if (!opened) return MakeError(opened.error());
  OpenedFile old = std::move(*opened);
  if (!LooksLikeText(std::string_view(old.content).substr(0, 4096))) {
    return MakeError(ErrorCode::kUnsupported, "'{}' is a {}, not text; nothing was added", path,
                     FileType(path, std::string_view(old.content).substr(0, 512)));
  }
  const std::string end = old.content.find("\r\n") != std::string::npos ? "\r\n" : "\n";
  std::string content = old.content;
  if (!content.empty() && !content.ends_with('\n')) content += end;
  content += end == "\r\n" ? WithCarriageReturns(text) : text;
  if (!content.ends_with('\n')) content += end;
  if (content.size() > kMaxTextFileBytes) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' would grow beyond {}", path,
                     FormatBytes(kMaxTextFileBytes));
  }
  Plan plan = NewPlan("append_file");
  plan.action = fmt::format("add {} to the end of {}", Lines(text.empty() ? "\n" : text), path);
  plan.summary = fmt::format("added {} to {}", Lines(text.empty() ? "\n" : text), path);
  PlanReplacement(path, std::move(old), std::move(content), &plan);
  return plan;
}

Result<Plan> PlanEditFile(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(std::string old_text, StringField(arguments, "old_text"));
  ASSIGN_OR_RETURN(std::string new_text, StringField(arguments, "new_text"));
  if (old_text.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'old_text' is empty; give the text to replace, or use append_file");
  }
  if (old_text == new_text) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'old_text' and 'new_text' are the same; there is nothing to change");
  }
  ASSIGN_OR_RETURN(OpenedFile old, OpenForChange(context, path));
  if (!LooksLikeText(old.content)) {
    return MakeError(ErrorCode::kUnsupported, "'{}' is a {}, not text; it was not changed", path,
                     FileType(path, std::string_view(old.content).substr(0, 512)));
  }
  size_t n = CountOf(old.content, old_text);
  if (n == 0 && old.content.find("\r\n") != std::string::npos) {
    old_text = WithCarriageReturns(old_text);
    new_text = WithCarriageReturns(new_text);
    n = CountOf(old.content, old_text);
  }
  if (n == 0) return NotInFile(path, old.content, old_text);
  if (n > 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' holds the text '{}' {} times, first on lines {}; give more of the text "
                     "around it so that it occurs once",
                     path, ClipUtf8(old_text, 80), n, JoinAnd(LinesOf(old.content, old_text, 10)));
  }
  std::string content = old.content;
  const size_t at = content.find(old_text);
  const std::string line = LinesOf(content, old_text, 1).front();
  content.replace(at, old_text.size(), new_text);
  if (content.size() > kMaxTextFileBytes) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' would grow beyond {}", path,
                     FormatBytes(kMaxTextFileBytes));
  }
  Plan plan = NewPlan("edit_file");
  plan.action = fmt::format("change line {} of {}", line, path);
  plan.summary = fmt::format("changed line {} of {}", line, path);
  PlanReplacement(path, std::move(old), std::move(content), &plan);
  return plan;
}

}  // namespace weir::tools
