#pragma once
// The host's end of the pipe to a tool worker: starts it when first needed, bounds every answer in
// bytes and time, and turns a crash or a hang into an Error. The next request starts a new one.
//
// The worker runs in a sandbox: the workspace and the undo store are all it can write, it has no
// network, starts nothing, and gives up the rest of what loading it needed before its first
// request. A sandbox that can not be had is an error; there is no automatic step down.
//
// Not thread-safe. The destructor ends the worker and its process group.

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "json/json.h"
#include "platform/process.h"
#include "sandbox/achieved.h"
#include "sandbox/level.h"

namespace weir::tools {

struct WorkerHostOptions {
  std::vector<std::string> argv;
  std::chrono::milliseconds deadline{30'000};  // for one request, start included
  size_t max_line_bytes = 32u << 20;           // of one answer
  sandbox::SandboxLevel sandbox = sandbox::SandboxLevel::kFull;
};

class WorkerHost {
 public:
  // Takes the open folders the worker gets as descriptors 3 and 4.
  WorkerHost(WorkerHostOptions options, UniqueFd workspace, UniqueFd undo_store);
  ~WorkerHost();
  WorkerHost(WorkerHost&&) noexcept;
  WorkerHost& operator=(WorkerHost&&) noexcept;

  // One request, one answer: the `result` member. Errors: kUnavailable (can not start, died),
  // kDeadlineExceeded (killed), kCorruptData (the answer is not what a worker says),
  // kInvalidArgument (the worker refused the request), kCancelled (`stop` was asked for; the worker
  // is ended).
  Result<json::Json> Request(const std::string& method, const json::Json& params,
                             const std::stop_token& stop = {});

  // Starts the worker when it does not run. Errors: kUnavailable and the like when it can not be
  // started; a sandbox that can not be had names the part that is missing.
  Status Start();
  bool running() const { return child_ != nullptr; }
  pid_t pid() const;  // its own or, in a process id namespace, its init's; -1 when not running
  void Stop();

  // The sandbox of the worker that was started last; empty before the first start.
  const std::optional<sandbox::AchievedSandbox>& achieved() const { return achieved_; }
  int64_t n_starts() const { return n_starts_; }
  // Of the profile that it is, or will be, started in.
  Result<std::string> ProfileHash() const;
  std::chrono::milliseconds deadline() const { return options_.deadline; }

 private:
  // Writes a line, reads a line; ends the worker on any error.
  Result<std::string> Exchange(const std::string& line, const std::stop_token& stop);

  WorkerHostOptions options_;
  UniqueFd workspace_;
  UniqueFd undo_store_;
  std::unique_ptr<platform::ChildProcess> child_;
  std::optional<sandbox::AchievedSandbox> achieved_;
  int64_t n_starts_ = 0;
  int64_t next_id_ = 1;
};

}  // namespace weir::tools
