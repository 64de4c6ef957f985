#include "changes/snapshot_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <type_traits>
#include <utility>

#include "base/crypto.h"
#include "changes/tree_files.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

constexpr int kStoreVersion = 1;
constexpr size_t kMaxStepBytes = size_t{256} << 20;
constexpr std::string_view kUnfinished = "tmp-";
constexpr std::string_view kIdCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

Error CorruptFile(const std::string& path, std::string_view why) {
  return Error{ErrorCode::kCorruptData, fmt::format("'{}': {}", path, why)};
}

std::string StepName(int number) { return fmt::format("{:06}.json", number); }

// 0 for a name that is none of a step.
int StepNumber(std::string_view name) {
  if (name.size() != 11 || !name.ends_with(".json")) return 0;
  const std::string digits(name.substr(0, 6));
  return digits.find_first_not_of("0123456789") == std::string::npos ? std::stoi(digits) : 0;
}

// Every file of the store is {"digest": SHA-256 of the rest, "content": ...}, so that damage shows.
Status WriteChecked(const std::string& path, const json::Json& content) {
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(content));
  const std::string text =
      fmt::format("{{\"digest\":\"{}\",\"content\":{}}}\n", Sha256Hex(canonical), canonical);
  return platform::WriteFileDurably(path, text);
}

Result<json::Json> ReadChecked(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kMaxStepBytes));
  const Result<json::Json> parsed = json::Parse(text, {.max_bytes = kMaxStepBytes});
  if (!parsed) return MakeError(CorruptFile(path, parsed.error().message));
  const auto digest = parsed->find("digest");
  const auto content = parsed->find("content");
  if (digest == parsed->end() || content == parsed->end() || !digest->is_string()) {
    return MakeError(CorruptFile(path, "it has no digest or no content"));
  }
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(*content));
  if (Sha256Hex(canonical) != digest->get<std::string>()) {
    return MakeError(CorruptFile(path, "its content does not fit its digest; it is damaged"));
  }
  if (!content->is_object()) return MakeError(CorruptFile(path, "its content is no object"));
  return *content;
}

// The digest vouches for the content, so a member of another type is damage of our own making.
template <class T>
T Member(const json::Json& in, const char* key, T otherwise) {
  const auto found = in.find(key);
  if (found == in.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<T>() : otherwise;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return found->is_string() ? found->get<T>() : otherwise;
  } else {
    return found->is_number_integer() ? found->get<T>() : otherwise;
  }
}

json::Json HeaderToJson(const RunHeader& header) {
  json::Json out = json::Json::object();
  out["version"] = kStoreVersion;
  out["run"] = header.run_id;
  PutBytes(out, "workspace", header.workspace);
  out["undoes"] = header.undoes;
  out["time_us"] = header.time_us;
  return out;
}

Status CheckVersion(const std::string& path, const json::Json& content) {
  const int version = Member(content, "version", 0);
  if (version == kStoreVersion) return {};
  return MakeError(ErrorCode::kUnsupported, "'{}' has version {}; this program reads version {}",
                   path, version, kStoreVersion);
}

bool IsStagingName(std::string_view name) {
  return name.size() == 6 + 16 + 7 && name.starts_with(".weir-") && name.ends_with(".commit") &&
         name.find('/') == std::string_view::npos;
}

Result<std::vector<std::string>> NamesIn(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return platform::FileError(path);
  return ListFolder(fd.get());
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return platform::FileError(path);
}

// The digests of every content that the changes name.
void AddDigests(const ChangeSet& set, std::vector<std::string>& digests) {
  for (const Change& change : set.changes) {
    for (const EntryState* state : {&change.before, &change.after}) {
      if (state->is_file()) digests.push_back(state->digest);
    }
  }
}

}  // namespace

std::string StepId(const std::string& run_id, int number) {
  return fmt::format("{}/{:06}", run_id, number);
}

bool IsRunId(std::string_view run_id) {
  return !run_id.empty() && run_id.size() <= 64 &&
         run_id.find_first_not_of(kIdCharacters) == std::string_view::npos;
}

Result<SnapshotStore> SnapshotStore::Open(const std::string& state_folder) {
  SnapshotStore store(state_folder + "/snapshots");
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(store.folder_ + "/objects"));
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(store.folder_ + "/runs"));
  return store;
}

Result<UniqueFd> SnapshotStore::Lock() const { return LockFile(folder_ + "/lock"); }

std::string SnapshotStore::ObjectPath(const std::string& digest) const {
  return folder_ + "/objects/" + digest.substr(0, 2) + "/" + digest.substr(2);
}

std::string SnapshotStore::RunPath(const std::string& run_id) const {
  return folder_ + "/runs/" + run_id;
}

Status SnapshotStore::PutObject(int fd, const EntryState& state) const {
  const std::string path = ObjectPath(state.digest);
  if (CheckObjects({state})) return {};
  const std::string folder = platform::FolderOf(path);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return platform::FileError(folder);
  const std::string temporary = folder_ + "/objects/" + std::string(kUnfinished) + RandomHex(8);
  const UniqueFd out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out.valid()) return platform::FileError(temporary);
  Status copied = CopyVerified(fd, out.get(), state.bytes, state.digest);
  if (copied && ::rename(temporary.c_str(), path.c_str()) != 0) {
    copied = platform::FileError(path);
  }
  if (!copied) ::unlink(temporary.c_str());
  return copied;
}

Status SnapshotStore::SyncObjects() const {
  const UniqueFd fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return platform::FileError(folder_);
  return SyncFileSystem(fd.get());
}

Result<UniqueFd> SnapshotStore::OpenObject(const std::string& digest) const {
  UniqueFd fd(::open(ObjectPath(digest).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    return MakeError(platform::SystemError(errno, fmt::format("the kept content {}", digest)));
  }
  return fd;
}

Status SnapshotStore::CheckObjects(const std::vector<EntryState>& states) const {
  for (const EntryState& state : states) {
    if (!state.is_file()) continue;
    ASSIGN_OR_RETURN(const UniqueFd fd, OpenObject(state.digest));
    uint64_t n_bytes = 0;
    ASSIGN_OR_RETURN(const std::string digest, DigestOfFile(fd.get(), &n_bytes));
    if (digest == state.digest && n_bytes == state.bytes) continue;
    return MakeError(ErrorCode::kCorruptData,
                     "the kept content {} is damaged: it has {} bytes and the digest {}, expected "
                     "{} bytes",
                     state.digest, n_bytes, digest, state.bytes);
  }
  return {};
}

Status SnapshotStore::WriteStep(const RunHeader& header, const StepRecord& step) const {
  if (!IsRunId(header.run_id)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the run id '{}' is not 1 to 64 letters, digits, "
                     "'-' and '_'",
                     OneLine(header.run_id));
  }
  const Result<RunHeader> existing = ReadRun(header.run_id);
  const bool is_new = !existing && existing.error().code == ErrorCode::kNotFound;
  if (!existing && !is_new) return MakeError(existing.error());
  if (existing && (existing->workspace != header.workspace || existing->undoes != header.undoes)) {
    return MakeError(ErrorCode::kInvalidArgument, "the run id '{}' is taken by a run in '{}'",
                     header.run_id, OneLine(existing->workspace));
  }
  const std::string folder = RunPath(header.run_id);
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder));
  json::Json content = step.changes.ToJson();
  content["time_us"] = header.time_us;
  if (!step.reverses.empty()) content["reverses"] = step.reverses;
  RETURN_IF_ERROR(WriteChecked(folder + "/" + StepName(step.number), content));
  return is_new ? WriteChecked(folder + "/run.json", HeaderToJson(header)) : Status();
}

Result<std::vector<int>> SnapshotStore::StepNumbers(const std::string& run_id) const {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", OneLine(run_id));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(RunPath(run_id)));
  std::vector<int> numbers;
  for (const std::string& name : names) {
    if (const int number = StepNumber(name); number > 0) numbers.push_back(number);
  }
  return numbers;
}

Result<int> SnapshotStore::NextNumber(const std::string& run_id) const {
  const Result<std::vector<int>> numbers = StepNumbers(run_id);
  if (numbers) return numbers->empty() ? 1 : numbers->back() + 1;
  if (numbers.error().code == ErrorCode::kNotFound) return 1;
  return MakeError(numbers.error());
}

Status SnapshotStore::DropStep(const std::string& run_id, int number) const {
  const Result<std::vector<int>> numbers = StepNumbers(run_id);
  if (!numbers) {
    return numbers.error().code == ErrorCode::kNotFound ? Status() : MakeError(numbers.error());
  }
  const bool is_only = numbers->empty() || *numbers == std::vector<int>{number};
  if (is_only) return RemoveRun(run_id);
  RETURN_IF_ERROR(RemoveFile(RunPath(run_id) + "/" + StepName(number)));
  return platform::SyncFolder(RunPath(run_id));
}

Status SnapshotStore::RemoveRun(const std::string& run_id) const {
  // run.json first: without it a folder is no run, whatever else is still in it.
  RETURN_IF_ERROR(RemoveFile(RunPath(run_id) + "/run.json"));
  const UniqueFd runs(::open((folder_ + "/runs").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!runs.valid()) return platform::FileError(folder_ + "/runs");
  RETURN_IF_ERROR(RemoveTree(runs.get(), run_id));
  return platform::SyncFolder(folder_ + "/runs");
}

Result<RunHeader> SnapshotStore::ReadRun(const std::string& run_id) const {
  if (!IsRunId(run_id)) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is not a run id", OneLine(run_id));
  }
  const std::string path = RunPath(run_id) + "/run.json";
  ASSIGN_OR_RETURN(const json::Json in, ReadChecked(path));
  RETURN_IF_ERROR(CheckVersion(path, in));
  RunHeader header;
  header.run_id = run_id;
  ASSIGN_OR_RETURN(header.workspace, GetBytes(in, "workspace"));
  header.undoes = Member(in, "undoes", std::string());
  header.time_us = Member(in, "time_us", int64_t{0});
  return header;
}

Result<std::vector<RunHeader>> SnapshotStore::ListRuns() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder_ + "/runs"));
  std::vector<RunHeader> runs;
  for (const std::string& name : names) {
    if (!IsRunId(name)) continue;
    Result<RunHeader> header = ReadRun(name);
    if (header) {
      runs.push_back(std::move(*header));
    } else if (header.error().code != ErrorCode::kNotFound) {  // a removal that was cut off
      return MakeError(header.error());
    }
  }
  std::stable_sort(runs.begin(), runs.end(),
                   [](const RunHeader& a, const RunHeader& b) { return a.time_us < b.time_us; });
  return runs;
}

Result<ChangeSet> SnapshotStore::ReadStep(const std::string& run_id, int number) const {
  const std::string path = RunPath(run_id) + "/" + StepName(number);
  ASSIGN_OR_RETURN(const json::Json in, ReadChecked(path));
  Result<ChangeSet> set = ChangeSet::FromJson(in);
  if (!set) return MakeError(CorruptFile(path, set.error().message));
  return set;
}

Result<std::vector<StepRecord>> SnapshotStore::ReadSteps(const RunHeader& run) const {
  ASSIGN_OR_RETURN(const std::vector<int> numbers, StepNumbers(run.run_id));
  std::vector<StepRecord> steps;
  for (const int number : numbers) {
    const std::string path = RunPath(run.run_id) + "/" + StepName(number);
    ASSIGN_OR_RETURN(const json::Json in, ReadChecked(path));
    Result<ChangeSet> set = ChangeSet::FromJson(in);
    if (!set) return MakeError(CorruptFile(path, set.error().message));
    StepRecord step{.number = number, .changes = std::move(*set)};
    step.time_us = Member(in, "time_us", run.time_us);
    for (const json::Json& id : in.value("reverses", json::Json::array())) {
      if (id.is_string()) step.reverses.push_back(id.get<std::string>());
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<std::optional<Journal>> SnapshotStore::ReadJournal() const {
  const std::string path = folder_ + "/pending.json";
  const Result<json::Json> in = ReadChecked(path);
  if (!in && in.error().code == ErrorCode::kNotFound) return std::optional<Journal>();
  if (!in) return MakeError(in.error());
  RETURN_IF_ERROR(CheckVersion(path, *in));
  Journal journal;
  journal.run_id = Member(*in, "run", std::string());
  journal.number = Member(*in, "number", 0);
  ASSIGN_OR_RETURN(journal.workspace, GetBytes(*in, "workspace"));
  journal.staging = Member(*in, "staging", std::string());
  journal.is_applying = Member(*in, "applying", false);
  journal.is_backward = Member(*in, "backward", false);
  if (!IsRunId(journal.run_id) || journal.number < 1 || !IsStagingName(journal.staging)) {
    return MakeError(CorruptFile(path, "it names no run, step or staging folder"));
  }
  for (const json::Json& item : in->value("lifted", json::Json::array())) {
    LiftedFolder lifted;
    ASSIGN_OR_RETURN(lifted.path, GetBytes(item, "path"));
    lifted.mode = static_cast<mode_t>(Member(item, "mode", 0)) & 07777;
    journal.lifted.push_back(std::move(lifted));
  }
  return std::optional<Journal>(std::move(journal));
}

Status SnapshotStore::WriteJournal(const Journal& journal) const {
  json::Json out = json::Json::object();
  out["version"] = kStoreVersion;
  out["run"] = journal.run_id;
  out["number"] = journal.number;
  PutBytes(out, "workspace", journal.workspace);
  out["staging"] = journal.staging;
  out["applying"] = journal.is_applying;
  out["backward"] = journal.is_backward;
  out["lifted"] = json::Json::array();
  for (const LiftedFolder& lifted : journal.lifted) {
    json::Json item = json::Json::object();
    PutBytes(item, "path", lifted.path);
    item["mode"] = lifted.mode;
    out["lifted"].push_back(std::move(item));
  }
  return WriteChecked(folder_ + "/pending.json", out);
}

Status SnapshotStore::RemoveJournal() const {
  RETURN_IF_ERROR(RemoveFile(folder_ + "/pending.json"));
  return platform::SyncFolder(folder_);
}

Result<RemovedRuns> SnapshotStore::RemoveRunsBefore(
    int64_t time_us, const std::function<bool(const std::string& run_id)>& is_held,
    bool dry_run) const {
  ASSIGN_OR_RETURN(const std::vector<RunHeader> runs, ListRuns());
  RemovedRuns removed;
  std::vector<std::string> used;
  for (const RunHeader& run : runs) {
    if (run.time_us < time_us && !is_held(run.run_id)) {
      removed.run_ids.push_back(run.run_id);
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<StepRecord> steps, ReadSteps(run));
    for (const StepRecord& step : steps) AddDigests(step.changes, used);
  }
  std::sort(used.begin(), used.end());
  for (const std::string& run_id : removed.run_ids) {
    if (!dry_run) RETURN_IF_ERROR(RemoveRun(run_id));
  }
  RETURN_IF_ERROR(RemoveUnusedObjects(used, dry_run, removed));
  if (dry_run) return removed;
  RETURN_IF_ERROR(RemoveHalfRemovedRuns());
  RETURN_IF_ERROR(SyncObjects());
  return removed;
}

Status SnapshotStore::RemoveUnusedObjects(const std::vector<std::string>& used, bool dry_run,
                                          RemovedRuns& removed) const {
  const std::string objects = folder_ + "/objects";
  ASSIGN_OR_RETURN(const std::vector<std::string> folders, NamesIn(objects));
  for (const std::string& folder : folders) {
    if (folder.starts_with(kUnfinished)) {
      if (!dry_run) RETURN_IF_ERROR(RemoveFile(fmt::format("{}/{}", objects, folder)));
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> names,
                     NamesIn(fmt::format("{}/{}", objects, folder)));
    for (const std::string& name : names) {
      if (std::binary_search(used.begin(), used.end(), folder + name)) continue;
      const std::string path = fmt::format("{}/{}/{}", objects, folder, name);
      struct stat info;
      if (::stat(path.c_str(), &info) != 0) return platform::FileError(path);
      if (!dry_run) RETURN_IF_ERROR(RemoveFile(path));
      removed.n_objects += 1;
      removed.object_bytes += static_cast<uint64_t>(info.st_size);
    }
  }
  return {};
}

// By a removal that was cut off.
Status SnapshotStore::RemoveHalfRemovedRuns() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder_ + "/runs"));
  for (const std::string& name : names) {
    const Result<RunHeader> run = ReadRun(name);
    if (!run && run.error().code == ErrorCode::kNotFound) RETURN_IF_ERROR(RemoveRun(name));
  }
  return {};
}

}  // namespace weir::changes
