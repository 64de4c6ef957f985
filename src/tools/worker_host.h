#pragma once
// The host's end of the pipe to a tool worker: starts it when first needed, bounds every answer in
// bytes and time, and turns a crash or a hang into an Error. The next request starts a new one.
//
// Not thread-safe. The destructor ends the worker and its process group.

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "json/json.h"
#include "platform/process.h"

namespace weir::tools {

struct WorkerHostOptions {
  std::vector<std::string> argv;
  std::chrono::milliseconds deadline{30'000};  // for one request, start included
  size_t max_line_bytes = 32u << 20;           // of one answer
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

  bool running() const { return child_ != nullptr; }
  pid_t pid() const;  // -1 when not running
  void Stop();

 private:
  Status Start();
  // Writes a line, reads a line; ends the worker on any error.
  Result<std::string> Exchange(const std::string& line, const std::stop_token& stop);

  WorkerHostOptions options_;
  UniqueFd workspace_;
  UniqueFd undo_store_;
  std::unique_ptr<platform::ChildProcess> child_;
  int64_t next_id_ = 1;
};

}  // namespace weir::tools
