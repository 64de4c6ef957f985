#include "tools/worker_host.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

#include "base/clock.h"
#include "sandbox/spawn.h"
#include "tools/json_fields.h"
#include "tools/worker.h"

namespace weir::tools {
namespace {

constexpr uint64_t kWorkerOpenFiles = 512;

// The path by which the folder was opened, as far as the system knows; for the profile's text only.
std::string PathOfFolder(const UniqueFd& folder) {
  std::array<char, PATH_MAX> path{};
  const std::string link = fmt::format("/proc/self/fd/{}", folder.get());
  const ssize_t n = ::readlink(link.c_str(), path.data(), path.size());
  return n > 0 ? std::string(path.data(), static_cast<size_t>(n)) : "/unknown";
}

// What the built-in tools need: the program loader's files until it runs, two folders, no process.
sandbox::SandboxProfile WorkerProfile(sandbox::SandboxLevel level, const UniqueFd& workspace,
                                      const UniqueFd& undo_store) {
  sandbox::SandboxProfile profile;
  profile.name = "builtin-tools";
  profile.readable = sandbox::LoaderPaths();
  profile.writable = {{PathOfFolder(workspace), workspace.get()},
                      {PathOfFolder(undo_store), undo_store.get()}};
  profile.limits.open_files = kWorkerOpenFiles;
  profile.limits.processes = 1;
  return sandbox::AtLevel(std::move(profile), level);
}

}  // namespace

WorkerHost::WorkerHost(WorkerHostOptions options, UniqueFd workspace, UniqueFd undo_store)
    : options_(std::move(options)),
      workspace_(std::move(workspace)),
      undo_store_(std::move(undo_store)) {}

WorkerHost::~WorkerHost() { Stop(); }
WorkerHost::WorkerHost(WorkerHost&&) noexcept = default;
WorkerHost& WorkerHost::operator=(WorkerHost&& other) noexcept {
  if (this != &other) {
    Stop();
    options_ = std::move(other.options_);
    workspace_ = std::move(other.workspace_);
    undo_store_ = std::move(other.undo_store_);
    child_ = std::move(other.child_);
    achieved_ = std::move(other.achieved_);
    n_starts_ = other.n_starts_;
    next_id_ = other.next_id_;
  }
  return *this;
}

pid_t WorkerHost::pid() const { return child_ ? child_->pid() : -1; }

Result<std::string> WorkerHost::ProfileHash() const {
  return sandbox::ProfileHash(WorkerProfile(options_.sandbox, workspace_, undo_store_));
}

void WorkerHost::Stop() {
  if (!child_) return;
  child_->CloseStdin();
  // It has nothing to lose: what it was doing is journaled.
  (void)child_->Kill(/*grace_us=*/100'000);
  child_.reset();
}

Status WorkerHost::Start() {
  if (child_) return {};
  sandbox::SandboxRequest request;
  request.argv = options_.argv;
  if (options_.sandbox != sandbox::SandboxLevel::kOff) {
    request.argv.emplace_back(kConfineArgument);
  }
  request.pass_fds = {{workspace_.get(), kWorkerWorkspaceFd}, {undo_store_.get(), kWorkerUndoFd}};
  Result<sandbox::SandboxedChild> started =
      sandbox::SpawnSandboxed(WorkerProfile(options_.sandbox, workspace_, undo_store_), request);
  if (!started) return MakeError(started.error().WithContext("starting the tool worker"));
  child_ = std::make_unique<platform::ChildProcess>(std::move(started->process));
  achieved_ = std::move(started->achieved);
  ++n_starts_;
  return {};
}

Result<json::Json> WorkerHost::Request(const std::string& method, const json::Json& params,
                                       const std::stop_token& stop) {
  RETURN_IF_ERROR(Start());
  const int64_t id = next_id_++;
  const std::string line =
      json::Dump({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}) + "\n";
  ASSIGN_OR_RETURN(const std::string answer, Exchange(line, stop));
  json::ParseLimits limits;
  limits.max_bytes = options_.max_line_bytes;
  const Result<json::Json> reply = json::Parse(answer, limits);
  if (!reply || IntFieldOr(*reply, "id", -1).value_or(-1) != id) {
    // Out of step or not a worker at all: nothing it says can be trusted any more.
    Stop();
    return MakeError(ErrorCode::kCorruptData, "the tool worker's answer does not fit the request");
  }
  if (const auto error = reply->find("error"); error != reply->end()) {
    return MakeError(ErrorCode::kInvalidArgument, "the tool worker refused: {}",
                     StringFieldOr(*error, "message", "").value_or("no reason given"));
  }
  const auto result = reply->find("result");
  if (result == reply->end() || !result->is_object()) {
    return MakeError(ErrorCode::kCorruptData, "the tool worker's answer has no result");
  }
  return *result;
}

Result<std::string> WorkerHost::Exchange(const std::string& line, const std::stop_token& stop) {
  const int64_t deadline_us =
      SystemClock().MonotonicMicros() +
      std::chrono::duration_cast<std::chrono::microseconds>(options_.deadline).count();
  Error error;
  if (const Status written = child_->Write(line, deadline_us, stop); !written) {
    error = written.error();
  } else {
    Result<std::string> answer = child_->ReadLine(options_.max_line_bytes, deadline_us, stop);
    if (answer) return answer;
    error = std::move(answer.error());
  }
  // Whatever it was, this worker is of no more use; one that died is only reaped.
  const bool died = error.code == ErrorCode::kUnavailable;
  const auto status = child_->Kill(/*grace_us=*/died ? 100'000 : 0);
  child_.reset();
  if (error.code == ErrorCode::kDeadlineExceeded) {
    return MakeError(error.code, "the tool worker gave no answer within {} seconds and was stopped",
                     static_cast<double>(options_.deadline.count()) / 1000);
  }
  if (error.code == ErrorCode::kResourceExhausted) {
    return MakeError(error.code, "the tool worker's answer is longer than {} bytes",
                     options_.max_line_bytes);
  }
  if (died) {
    return MakeError(error.code, "the tool worker ended unexpectedly ({})",
                     status ? status->ToString() : status.error().message);
  }
  return MakeError(std::move(error));
}

}  // namespace weir::tools
