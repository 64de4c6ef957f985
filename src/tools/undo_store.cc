#include "tools/undo_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "platform/files.h"
#include "tools/file_tree.h"
#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int kVersion = 1;
constexpr size_t kMaxRecordBytes = 16u << 20;
constexpr std::string_view kRecordFile = "record.json";
constexpr std::string_view kRunFile = "run.json";
constexpr std::string_view kUndoneFile = "undone";

constexpr auto kStepNames = std::to_array<std::pair<StepKind, std::string_view>>({
    {StepKind::kMakeFolder, "make_folder"},
    {StepKind::kRemoveFolder, "remove_folder"},
    {StepKind::kWrite, "write"},
    {StepKind::kMove, "move"},
    {StepKind::kCreate, "create"},
    {StepKind::kTrash, "trash"},
});

json::Json StepToJson(const UndoStep& step) {
  json::Json out = json::Json::object();
  for (const auto& [kind, name] : kStepNames) {
    if (kind == step.kind) out["op"] = name;
  }
  out["path"] = step.path;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) out[key] = value;
  };
  add("to", step.to);
  add("digest", step.digest);
  add("store", step.store);
  add("before_digest", step.before_digest);
  add("temporary", step.temporary);
  if (step.mode != 0) out["mode"] = step.mode;
  if (step.before_mtime_ns != 0) out["before_mtime_ns"] = step.before_mtime_ns;
  return out;
}

Result<UndoStep> StepFromJson(const json::Json& in) {
  UndoStep step;
  ASSIGN_OR_RETURN(const std::string op, StringField(in, "op"));
  const auto* found = std::find_if(kStepNames.begin(), kStepNames.end(),
                                   [&](const auto& entry) { return entry.second == op; });
  if (found == kStepNames.end()) {
    return MakeError(ErrorCode::kUnsupported, "an undo step of the unknown kind '{}'", op);
  }
  step.kind = found->first;
  ASSIGN_OR_RETURN(step.path, StringField(in, "path"));
  ASSIGN_OR_RETURN(step.to, StringFieldOr(in, "to", ""));
  ASSIGN_OR_RETURN(step.digest, StringFieldOr(in, "digest", ""));
  ASSIGN_OR_RETURN(step.store, StringFieldOr(in, "store", ""));
  ASSIGN_OR_RETURN(step.before_digest, StringFieldOr(in, "before_digest", ""));
  ASSIGN_OR_RETURN(step.temporary, StringFieldOr(in, "temporary", ""));
  ASSIGN_OR_RETURN(const int64_t mode, IntFieldOr(in, "mode", 0));
  step.mode = static_cast<mode_t>(mode & 07777);
  ASSIGN_OR_RETURN(step.before_mtime_ns, IntFieldOr(in, "before_mtime_ns", 0));
  if (!step.temporary.empty() && !IsTemporaryName(step.temporary)) {
    return MakeError(ErrorCode::kCorruptData, "'{}' is not a temporary name of ours",
                     step.temporary);
  }
  return step;
}

// A small file of the store, replaced as a whole.
Status WriteFileAt(int folder_fd, std::string_view name, std::string_view bytes) {
  const std::string temporary = TemporaryName();
  const UniqueFd file(
      ::openat(folder_fd, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError(errno, fmt::format("creating the undo record '{}'", name));
  Status written = WriteAll(file.get(), bytes);
  if (written) written = SyncFd(file.get(), name);
  if (written &&
      ::renameat(folder_fd, temporary.c_str(), folder_fd, std::string(name).c_str()) != 0) {
    written = SystemError(errno, fmt::format("naming the undo record '{}'", name));
  }
  if (!written) {
    ::unlinkat(folder_fd, temporary.c_str(), 0);
    return written;
  }
  return SyncFd(folder_fd, name);
}

Result<json::Json> ReadJsonAt(int folder_fd, std::string_view name) {
  ASSIGN_OR_RETURN(const UniqueFd file, OpenChildFile(folder_fd, std::string(name)));
  ASSIGN_OR_RETURN(const std::string text, ReadAll(file.get(), kMaxRecordBytes));
  ASSIGN_OR_RETURN(json::Json value, json::Parse(text));
  ASSIGN_OR_RETURN(const int64_t version, IntFieldOr(value, "version", 0));
  if (version != kVersion) {
    return MakeError(ErrorCode::kUnsupported, "'{}' has version {}; this program reads version {}",
                     name, version, kVersion);
  }
  return value;
}

bool IsRecordNumber(std::string_view name) {
  return name.size() == 6 && name.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool IsRunId(std::string_view run_id) {
  return !run_id.empty() && run_id.size() <= 64 &&
         run_id.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
             std::string_view::npos;
}

Result<UndoStore> UndoStore::Open(const std::string& state_folder) {
  const std::string folder = state_folder + "/undo";
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder));
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(errno, fmt::format("opening the undo folder '{}'", folder));
  return UndoStore(std::move(fd));
}

Status UndoStore::BeginRun(const UndoRunHeader& header) const {
  if (!IsRunId(header.run_id)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        "the run id '{}' has other characters than letters, digits, '-' and '_', or is "
        "not 1 to 64 long",
        header.run_id);
  }
  if (::mkdirat(fd(), header.run_id.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(errno, fmt::format("making the undo folder of run '{}'", header.run_id));
  }
  if (const auto existing = ReadRun(header.run_id)) {
    if (existing->workspace == header.workspace && existing->undoes == header.undoes) return {};
    return MakeError(ErrorCode::kInvalidArgument, "the run id '{}' is taken by a run in '{}'",
                     header.run_id, existing->workspace);
  }
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenChildFolder(fd(), header.run_id));
  json::Json out = json::Json::object();
  out["version"] = kVersion;
  out["run"] = header.run_id;
  out["workspace"] = header.workspace;
  out["undoes"] = header.undoes;
  out["time_us"] = header.time_us;
  RETURN_IF_ERROR(WriteFileAt(folder.get(), kRunFile, json::Dump(out) + "\n"));
  return SyncFd(fd(), "the undo folder");
}

Result<UndoRunHeader> UndoStore::ReadRun(const std::string& run_id) const {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", run_id);
  }
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenChildFolder(fd(), run_id));
  ASSIGN_OR_RETURN(const json::Json in, ReadJsonAt(folder.get(), kRunFile));
  UndoRunHeader header;
  header.run_id = run_id;
  ASSIGN_OR_RETURN(header.workspace, StringField(in, "workspace"));
  ASSIGN_OR_RETURN(header.undoes, StringFieldOr(in, "undoes", ""));
  ASSIGN_OR_RETURN(header.time_us, IntFieldOr(in, "time_us", 0));
  return header;
}

Result<std::vector<std::string>> UndoStore::RunIds() const {
  size_t left_out = 0;
  ASSIGN_OR_RETURN(const std::vector<FolderEntry> entries, ReadFolder(fd(), SIZE_MAX, &left_out));
  std::vector<std::string> ids;
  for (const FolderEntry& entry : entries) {
    if (entry.kind == EntryKind::kFolder && IsRunId(entry.name)) ids.push_back(entry.name);
  }
  return ids;
}

Result<std::string> UndoStore::NewRecord(const std::string& run_id, UniqueFd* folder) const {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", run_id);
  }
  ASSIGN_OR_RETURN(const UniqueFd run, OpenChildFolder(fd(), run_id));
  size_t left_out = 0;
  ASSIGN_OR_RETURN(const std::vector<FolderEntry> entries,
                   ReadFolder(run.get(), SIZE_MAX, &left_out));
  int last = 0;
  for (const FolderEntry& entry : entries) {
    if (IsRecordNumber(entry.name)) last = std::max(last, std::stoi(entry.name));
  }
  const std::string number = fmt::format("{:06}", last + 1);
  if (::mkdirat(run.get(), number.c_str(), 0700) != 0) {
    return SystemError(errno, fmt::format("making the undo record {}/{}", run_id, number));
  }
  RETURN_IF_ERROR(SyncFd(run.get(), run_id));
  ASSIGN_OR_RETURN(*folder, OpenChildFolder(run.get(), number));
  return run_id + "/" + number;
}

Result<UniqueFd> UndoStore::OpenParent(const std::string& store_path, std::string* leaf) const {
  // RUN/NUMBER/NAME or RUN/NUMBER: nothing else is a path of the store.
  std::string_view rest = store_path;
  std::vector<std::string> parts;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    parts.emplace_back(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  if (parts.size() < 2 || parts.size() > 3 || !IsRunId(parts[0]) || !IsRecordNumber(parts[1]) ||
      (parts.size() == 3 && !IsRunId(parts[2]))) {
    return MakeError(ErrorCode::kCorruptData, "'{}' is not a place in the undo store", store_path);
  }
  *leaf = parts.back();
  ASSIGN_OR_RETURN(UniqueFd folder, OpenChildFolder(fd(), parts[0]));
  if (parts.size() == 3) {
    ASSIGN_OR_RETURN(folder, OpenChildFolder(folder.get(), parts[1]));
  }
  return folder;
}

Status UndoStore::WriteRecord(const UndoRecord& record) const {
  json::Json out = json::Json::object();
  out["version"] = kVersion;
  out["tool"] = record.tool;
  out["action"] = record.action;
  if (!record.reverses.empty()) out["reverses"] = record.reverses;
  out["time_us"] = record.time_us;
  out["steps"] = json::Json::array();
  for (const UndoStep& step : record.steps) out["steps"].push_back(StepToJson(step));
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenParent(record.id + "/record", &leaf));
  return WriteFileAt(folder.get(), kRecordFile, json::Dump(out) + "\n");
}

Result<UndoRecord> UndoStore::ReadRecord(const std::string& id) const {
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenParent(id + "/record", &leaf));
  Result<json::Json> in = ReadJsonAt(folder.get(), kRecordFile);
  if (!in) return MakeError(in.error().WithContext(fmt::format("undo record {}", id)));
  UndoRecord record;
  record.id = id;
  ASSIGN_OR_RETURN(record.tool, StringFieldOr(*in, "tool", ""));
  ASSIGN_OR_RETURN(record.action, StringFieldOr(*in, "action", ""));
  ASSIGN_OR_RETURN(record.reverses, StringFieldOr(*in, "reverses", ""));
  ASSIGN_OR_RETURN(record.time_us, IntFieldOr(*in, "time_us", 0));
  const auto steps = in->find("steps");
  if (steps == in->end() || !steps->is_array()) {
    return MakeError(ErrorCode::kCorruptData, "undo record {}: no list of steps", id);
  }
  for (const json::Json& item : *steps) {
    Result<UndoStep> step = StepFromJson(item);
    if (!step) return MakeError(step.error().WithContext(fmt::format("undo record {}", id)));
    record.steps.push_back(std::move(*step));
  }
  return record;
}

Result<std::vector<std::string>> UndoStore::RecordIds(const std::string& run_id) const {
  ASSIGN_OR_RETURN(const UniqueFd run, OpenChildFolder(fd(), run_id));
  size_t left_out = 0;
  ASSIGN_OR_RETURN(const std::vector<FolderEntry> entries,
                   ReadFolder(run.get(), SIZE_MAX, &left_out));
  std::vector<std::string> ids;
  for (const FolderEntry& entry : entries) {
    struct stat info{};
    const std::string record = entry.name + "/" + std::string(kRecordFile);
    if (IsRecordNumber(entry.name) && ::fstatat(run.get(), record.c_str(), &info, 0) == 0) {
      ids.push_back(run_id + "/" + entry.name);
    }
  }
  return ids;
}

void UndoStore::DropRecord(const std::string& id) const {
  std::string leaf;
  const Result<UniqueFd> run = OpenParent(id, &leaf);
  // Best effort: a record whose call changed nothing only takes space.
  if (run) (void)RemoveTree(run->get(), leaf);
}

bool UndoStore::IsUndone(const std::string& id) const {
  std::string leaf;
  const Result<UniqueFd> folder = OpenParent(id + "/record", &leaf);
  struct stat info{};
  return folder && ::fstatat(folder->get(), std::string(kUndoneFile).c_str(), &info, 0) == 0;
}

Status UndoStore::SetUndone(const std::string& id, bool undone) const {
  std::string current = id;
  // A chain of undos of undos: bounded, and each only refers to an older run.
  for (int depth = 0; depth < 1000 && !current.empty(); ++depth) {
    std::string leaf;
    ASSIGN_OR_RETURN(const UniqueFd folder, OpenParent(current + "/record", &leaf));
    if (undone) {
      RETURN_IF_ERROR(WriteFileAt(folder.get(), kUndoneFile, ""));
    } else if (::unlinkat(folder.get(), std::string(kUndoneFile).c_str(), 0) != 0 &&
               errno != ENOENT) {
      return SystemError(errno, fmt::format("marking the undo record {}", current));
    }
    ASSIGN_OR_RETURN(const UndoRecord record, ReadRecord(current));
    current = record.reverses;
    undone = !undone;
  }
  return {};
}

}  // namespace weir::tools
