#pragma once
// The calls that wait for their answers. Transports deliver, callers wait; what nobody waits for is
// dropped and counted. Any thread.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "mcp/json_rpc.h"
#include "mcp_client/transport.h"

namespace weir::mcp_client {

struct Progress {
  double progress = 0;          // grows
  std::optional<double> total;  // where the server knows it
  std::string message;          // untrusted; empty: none
};

using ProgressHandler = std::function<void(const Progress&)>;

struct WaitLimits {
  int64_t idle_us = 60'000'000;  // without a word of this call; progress starts it anew
  int64_t deadline_us = 0;       // MonotonicMicros of SystemClock; nothing extends it
  std::stop_token stop;
  ProgressHandler on_progress;  // called on the waiting thread; may be empty
};

// How a call ended: a response, or why there is none.
struct CallOutcome {
  std::optional<mcp::Response> response = {};
  size_t wire_bytes = 0;   // of the response, as text
  SendFailure failure = {};  // without a response
  bool abandoned = false;  // we gave up (deadline, stop): the server may still be at work
};

struct CallCounts {
  uint64_t unknown_ids = 0;   // responses to nothing that waits: foreign, late, answered already
  uint64_t bad_progress = 0;  // for no call, or not growing
  uint64_t too_large = 0;     // responses beyond what may be held at once
};

class CallTable {
 public:
  // A new id; its answer is taken from now on.
  int64_t Open();
  // Waits for the answer and closes the entry, whatever came of it.
  CallOutcome Await(int64_t id, const WaitLimits& limits);

  void Deliver(mcp::Response response, size_t wire_bytes);
  void DeliverProgress(const json::Json& params);
  void Fail(const mcp::RequestId& id, SendFailure failure);
  // Every call that waits, and every one opened later.
  void FailAll(const Error& why);

  // While the server waits for us (a person reads its question), its silence does not count. The
  // two come in pairs and may nest.
  void PauseIdle();
  void ResumeIdle();

  CallCounts counts() const;

 private:
  struct Entry {
    std::optional<CallOutcome> outcome;
    size_t held_bytes = 0;
    std::deque<Progress> progress;  // not yet handed to the waiting thread
    std::optional<double> last_progress;
    int64_t heard_us = 0;
  };

  void Finish(const mcp::RequestId& id, CallOutcome outcome, size_t wire_bytes);
  // Hands progress over without the lock.
  void ReportProgress(std::unique_lock<std::mutex>& lock, Entry& entry, const WaitLimits& limits);

  mutable std::mutex mutex_;             // guards all below
  std::condition_variable_any changed_;  // with mutex_
  std::map<int64_t, Entry> entries_;     // nodes stay where they are
  int64_t next_id_ = 1;
  size_t held_bytes_ = 0;
  int idle_pauses_ = 0;
  std::optional<Error> broken_;
  CallCounts counts_;
};

}  // namespace weir::mcp_client
