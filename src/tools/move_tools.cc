// make_folder, move_file, copy_file and delete_file, and what the change tools share.

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tools/change_tools.h"
#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

using Planner = Result<Plan> (*)(const ToolContext&, const json::Json&);
constexpr auto kPlanners = std::to_array<std::pair<std::string_view, Planner>>({
    {"write_file", PlanWriteFile},
    {"append_file", PlanAppendFile},
    {"edit_file", PlanEditFile},
    {"make_folder", PlanMakeFolder},
    {"move_file", PlanMoveFile},
    {"copy_file", PlanCopyFile},
    {"delete_file", PlanDeleteFile},
});

// How much a folder holds, counted up to a bound.
struct TreeCount {
  int64_t files = 0;
  int64_t folders = 0;
  int64_t bytes = 0;
  int64_t left = 20'000;  // entries still to be looked at
  bool is_partial = false;

  std::string Text() const {
    if (files == 0 && folders == 0) return "empty";
    std::string text = Count(files, "file");
    if (folders > 0) text += " and " + Count(folders, "folder");
    return fmt::format("{}{} ({}) in it", is_partial ? "more than " : "", text, FormatBytes(bytes));
  }
};

void CountInto(int folder_fd, int depth, TreeCount* count) {
  size_t left_out = 0;
  const auto entries = ReadFolder(folder_fd, 5000, &left_out);
  if (!entries) return;
  count->is_partial = count->is_partial || left_out > 0;
  for (const FolderEntry& entry : *entries) {
    if (count->left-- <= 0 || depth <= 0) {
      count->is_partial = true;
      return;
    }
    if (entry.kind != EntryKind::kFolder) {
      ++count->files;
      count->bytes += entry.bytes;
      continue;
    }
    ++count->folders;
    if (const auto child = OpenChildFolder(folder_fd, entry.name)) {
      CountInto(child->get(), depth - 1, count);
    }
  }
}

// "a file of 340 bytes", "a folder with 3 files (2.1 KB) in it".
std::string Describe(const ToolContext& context, const std::string& path, const struct stat& info) {
  const EntryKind kind = KindOf(info.st_mode);
  if (kind == EntryKind::kFile) return fmt::format("a file of {}", FormatBytes(info.st_size));
  if (kind != EntryKind::kFolder) return fmt::format("a {}", KindName(kind));
  TreeCount count;
  if (const auto fd = context.workspace->OpenBeneath(path, O_RDONLY | O_DIRECTORY)) {
    CountInto(fd->get(), 50, &count);
  }
  const std::string text = count.Text();
  return text == "empty" ? "an empty folder" : "a folder with " + text;
}

// Where a move or copy ends up.
struct Target {
  std::string path;
  std::vector<std::string> new_folders;
  std::string note;
};

// Names in the folder of `path` that differ from its leaf by case alone or nearly not at all.
void SiblingsLike(const ToolContext& context, const std::string& path, std::string* same_folded,
                  std::vector<std::string>* near) {
  const std::string folder(FolderOf(path));
  const auto fd = context.workspace->OpenBeneath(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return;
  size_t left_out = 0;
  const auto entries = ReadFolder(fd->get(), 5000, &left_out);
  if (!entries) return;
  std::vector<std::string> folders;
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != EntryKind::kFolder) continue;
    if (FoldCase(entry.name) == FoldCase(LeafOf(path))) *same_folded = JoinPath(folder, entry.name);
    folders.push_back(entry.name);
  }
  for (const std::string& name : NearNames(LeafOf(path), folders, 3)) {
    near->push_back("'" + JoinPath(folder, name) + "'");
  }
}

tl::unexpected<Error> Taken(const std::string& path) {
  return MakeError(
      ErrorCode::kInvalidArgument,
      "'{}' is there already; nothing is overwritten. Choose another name or delete it "
      "first",
      path);
}

Result<Target> ResolveTarget(const ToolContext& context, const std::string& source,
                             const struct stat& source_info, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string written, StringField(arguments, "destination"));
  ASSIGN_OR_RETURN(const std::string destination, PathArgument(arguments, "destination"));
  RETURN_IF_ERROR(CheckNoLinks(context, destination));
  Target target;
  const std::string leaf(LeafOf(source));
  const auto info = context.workspace->Stat(destination);
  if (info && S_ISDIR(info->st_mode)) {
    target.path = JoinPath(destination, leaf);
  } else if (info) {
    return Taken(destination);
  } else {
    const bool is_new_folder =
        written.ends_with('/') || (S_ISREG(source_info.st_mode) && !ExtensionOf(leaf).empty() &&
                                   ExtensionOf(destination).empty());
    target.path = is_new_folder ? JoinPath(destination, leaf) : destination;
  }
  if (target.path == source) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is there already: source and destination "
                     "are the same",
                     source);
  }
  if (context.workspace->Stat(target.path)) return Taken(target.path);
  if (IsInside(target.path, source)) {
    return MakeError(ErrorCode::kInvalidArgument, "the folder '{}' can not go into itself", source);
  }
  ASSIGN_OR_RETURN(target.new_folders, MissingFolders(context, std::string(FolderOf(target.path))));
  if (target.new_folders.empty()) return target;
  std::string same_folded;
  std::vector<std::string> near;
  SiblingsLike(context, target.new_folders.front(), &same_folded, &near);
  if (!same_folded.empty()) {
    return MakeError(ErrorCode::kNotFound, "no folder '{}'; there is '{}'",
                     target.new_folders.front(), same_folded);
  }
  for (const std::string& folder : target.new_folders) {
    target.note += fmt::format("the folder {} does not exist: it is made first\n", folder);
  }
  if (!near.empty()) target.note += fmt::format("(there is also {})\n", JoinAnd(near));
  return target;
}

Result<Plan> PlanMoveOrCopy(const ToolContext& context, const json::Json& arguments, bool is_move) {
  const std::string_view verb = is_move ? "move" : "copy";
  ASSIGN_OR_RETURN(const std::string source, PathArgument(arguments, "source"));
  if (IsWorkspace(source)) {
    return MakeError(ErrorCode::kInvalidArgument, "the workspace itself can not be {}",
                     is_move ? "moved" : "copied");
  }
  ASSIGN_OR_RETURN(const struct stat info, FindForChange(context, source, "file or folder"));
  const EntryKind kind = KindOf(info.st_mode);
  if (!is_move && (kind == EntryKind::kLink || kind == EntryKind::kOther)) {
    return MakeError(ErrorCode::kUnsupported, "'{}' is a {}; only files and folders are copied",
                     source, KindName(kind));
  }
  ASSIGN_OR_RETURN(const Target target, ResolveTarget(context, source, info, arguments));
  Plan plan;
  plan.tool = is_move ? "move_file" : "copy_file";
  plan.action = fmt::format("{} {} -> {}", verb, source, target.path);
  plan.body = fmt::format("{}{} is {}\n", target.note, source, Describe(context, source, info));
  plan.summary = fmt::format("{} {} to {}", is_move ? "moved" : "copied", source, target.path);
  if (!target.new_folders.empty()) {
    plan.summary += fmt::format(" (made the folder {})", target.new_folders.back());
  }
  plan.data = {{"source", source}, {"destination", target.path}};
  AddMakeFolders(target.new_folders, &plan);
  PlannedStep step;
  step.undo.kind = is_move ? StepKind::kMove : StepKind::kCreate;
  step.undo.path = is_move ? source : target.path;
  step.undo.to = is_move ? target.path : source;
  plan.steps.push_back(std::move(step));
  return plan;
}

}  // namespace

bool IsChangeTool(std::string_view tool) {
  return std::any_of(kPlanners.begin(), kPlanners.end(),
                     [&](const auto& entry) { return entry.first == tool; });
}

Result<Plan> PlanChange(const ToolContext& context, const std::string& tool,
                        const json::Json& arguments) {
  for (const auto& [name, planner] : kPlanners) {
    if (name == tool) return planner(context, arguments);
  }
  return MakeError(ErrorCode::kNotFound, "no tool '{}' that changes files", tool);
}

Result<Plan> PlanMakeFolder(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  Plan plan;
  plan.tool = "make_folder";
  plan.action = fmt::format("make the folder {}", path);
  plan.data = {{"path", path}};
  ASSIGN_OR_RETURN(const std::vector<std::string> folders, MissingFolders(context, path));
  if (folders.empty()) {
    plan.summary = IsWorkspace(path) ? "the workspace is there already"
                                     : fmt::format("the folder {} was there already", path);
    plan.body = "nothing to do: it is there already";
    return plan;
  }
  plan.summary = fmt::format("made the folder {}", path);
  if (folders.size() > 1) {
    plan.body = fmt::format("makes {} on the way\n", JoinAnd({folders.begin(), folders.end() - 1}));
  }
  AddMakeFolders(folders, &plan);
  return plan;
}

Result<Plan> PlanMoveFile(const ToolContext& context, const json::Json& arguments) {
  return PlanMoveOrCopy(context, arguments, /*is_move=*/true);
}

Result<Plan> PlanCopyFile(const ToolContext& context, const json::Json& arguments) {
  return PlanMoveOrCopy(context, arguments, /*is_move=*/false);
}

Result<Plan> PlanDeleteFile(const ToolContext& context, const json::Json& arguments) {
  ASSIGN_OR_RETURN(const std::string path, PathArgument(arguments, "path"));
  if (IsWorkspace(path)) {
    return MakeError(ErrorCode::kPermissionDenied, "the workspace itself can not be deleted");
  }
  ASSIGN_OR_RETURN(const struct stat info, FindForChange(context, path, "file or folder"));
  Plan plan;
  plan.tool = "delete_file";
  plan.action = fmt::format("delete {}{}", path, S_ISDIR(info.st_mode) ? " and all in it" : "");
  plan.body = fmt::format("{} is {}\nit goes to the trash; weir undo brings it back\n", path,
                          Describe(context, path, info));
  plan.summary = fmt::format("deleted {} (weir undo brings it back)", path);
  plan.data = {{"path", path}};
  PlannedStep step;
  step.undo.kind = StepKind::kTrash;
  step.undo.path = path;
  plan.steps.push_back(std::move(step));
  return plan;
}

Result<std::vector<std::string>> MissingFolders(const ToolContext& context,
                                                const std::string& folder) {
  RETURN_IF_ERROR(CheckNoLinks(context, folder));
  std::vector<std::string> missing;
  for (std::string path = folder; path != "."; path = FolderOf(path)) {
    const auto info = context.workspace->Stat(path);
    if (info && S_ISDIR(info->st_mode)) break;
    if (info) {
      return MakeError(ErrorCode::kInvalidArgument, "'{}' is a {}; a folder is expected", path,
                       KindName(KindOf(info->st_mode)));
    }
    // kInvalidArgument: something further up is not a folder; the next round names it.
    if (info.error().code != ErrorCode::kNotFound &&
        info.error().code != ErrorCode::kInvalidArgument) {
      return MakeError(info.error());
    }
    missing.push_back(path);
  }
  std::reverse(missing.begin(), missing.end());
  return missing;
}

void AddMakeFolders(const std::vector<std::string>& folders, Plan* plan) {
  for (const std::string& folder : folders) {
    PlannedStep step;
    step.undo.kind = StepKind::kMakeFolder;
    step.undo.path = folder;
    plan->steps.push_back(std::move(step));
  }
}

std::string BoundedText(std::string text) {
  if (text.size() <= kMaxResultTextBytes) return text;
  const size_t n_lines = SplitLines(text).size();
  const std::string_view clipped = ClipUtf8(text, kMaxResultTextBytes);
  const size_t line_end = clipped.rfind('\n');
  // One line that is longer than all we show is cut inside.
  const std::string_view shown =
      line_end == std::string_view::npos ? clipped : clipped.substr(0, line_end);
  return fmt::format("{}\n(cut after {} of {} lines)\n", shown, SplitLines(shown).size(), n_lines);
}

}  // namespace weir::tools
