#include "mcp_client/call_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"

namespace weir::mcp_client {
namespace {

// Of responses that wait for their callers to wake up; one of any size is taken when there is none.
constexpr int64_t kMaxWaitUs = 60'000'000;  // of one wait; then the time left is looked at again
constexpr size_t kMaxHeldBytes = 16u << 20;
constexpr size_t kMaxQueuedProgress = 64;
constexpr size_t kMaxProgressText = 1000;

const int64_t* OurId(const mcp::RequestId& id) { return std::get_if<int64_t>(&id); }

}  // namespace

int64_t CallTable::Open() {
  const std::lock_guard lock(mutex_);
  const int64_t id = next_id_++;
  Entry& entry = entries_[id];
  entry.heard_us = SystemClock().MonotonicMicros();
  if (broken_) entry.outcome = CallOutcome{.failure = {.error = *broken_}};
  return id;
}

void CallTable::ReportProgress(std::unique_lock<std::mutex>& lock, Entry& entry,
                               const WaitLimits& limits) {
  std::deque<Progress> progress = std::exchange(entry.progress, {});
  if (!limits.on_progress || progress.empty()) return;
  lock.unlock();
  for (const Progress& step : progress) limits.on_progress(step);
  lock.lock();
}

CallOutcome CallTable::Await(int64_t id, const WaitLimits& limits) {
  std::unique_lock lock(mutex_);
  Entry& entry = entries_.at(id);
  CallOutcome outcome;
  for (;;) {
    ReportProgress(lock, entry, limits);
    if (entry.outcome && entry.progress.empty()) {
      outcome = std::move(*entry.outcome);
      outcome.memory_bytes = entry.held_bytes;
      break;
    }
    if (limits.stop.stop_requested()) {
      outcome.abandoned = true;
      outcome.failure.error = Error{ErrorCode::kCancelled, "stopped"};
      break;
    }
    const int64_t now_us = SystemClock().MonotonicMicros();
    // Looked at again after a while, should the server ask something in the meantime.
    const int64_t heard_us = idle_pauses_ > 0 ? now_us : entry.heard_us;
    const int64_t until_us = std::min(limits.deadline_us, heard_us + limits.idle_us);
    if (now_us >= until_us) {
      outcome.abandoned = true;
      outcome.failure.error = Error{ErrorCode::kDeadlineExceeded, "no answer in time"};
      break;
    }
    changed_.wait_for(lock, limits.stop,
                      std::chrono::microseconds(std::min(until_us - now_us, kMaxWaitUs)),
                      [&] { return entry.outcome || !entry.progress.empty(); });
  }
  held_bytes_ -= entry.held_bytes;
  entries_.erase(id);
  return outcome;
}

void CallTable::Finish(const mcp::RequestId& id, CallOutcome outcome, size_t memory_bytes) {
  {
    const std::lock_guard lock(mutex_);
    const int64_t* number = OurId(id);
    const auto entry = number == nullptr ? entries_.end() : entries_.find(*number);
    if (entry == entries_.end() || entry->second.outcome) {
      if (outcome.response) ++counts_.unknown_ids;
      return;
    }
    if (held_bytes_ > 0 && held_bytes_ + memory_bytes > kMaxHeldBytes) {
      ++counts_.too_large;
      outcome = {.failure = {.error = Error{ErrorCode::kResourceExhausted,
                                            "the answer is too large beside those of other calls "
                                            "that came at the same time"}}};
      memory_bytes = 0;
    }
    held_bytes_ += memory_bytes;
    entry->second.held_bytes = memory_bytes;
    entry->second.outcome = std::move(outcome);
  }
  changed_.notify_all();
}

void CallTable::Deliver(mcp::Response response, size_t memory_bytes) {
  if (!response.id) {
    const std::lock_guard lock(mutex_);
    ++counts_.unknown_ids;
    return;
  }
  const mcp::RequestId id = *response.id;
  Finish(id, CallOutcome{.response = std::move(response)}, memory_bytes);
}

void CallTable::Fail(const mcp::RequestId& id, SendFailure failure) {
  Finish(id, CallOutcome{.failure = std::move(failure)}, 0);
}

void CallTable::FailAll(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!broken_) broken_ = why;
    for (auto& [id, entry] : entries_) {
      if (!entry.outcome) entry.outcome = CallOutcome{.failure = {.error = *broken_}};
    }
  }
  changed_.notify_all();
}

void CallTable::DeliverProgress(const json::Json& params) {
  Progress step;
  const auto token = params.is_object() ? params.find("progressToken") : params.end();
  const auto progress = params.is_object() ? params.find("progress") : params.end();
  {
    const std::lock_guard lock(mutex_);
    if (token == params.end() || !token->is_number_integer() || progress == params.end() ||
        !progress->is_number()) {
      ++counts_.bad_progress;
      return;
    }
    step.progress = progress->get<double>();
    const auto entry = entries_.find(token->get<int64_t>());
    if (entry == entries_.end() || entry->second.outcome ||
        (entry->second.last_progress && step.progress <= *entry->second.last_progress)) {
      ++counts_.bad_progress;
      return;
    }
    const auto total = params.find("total");
    if (total != params.end() && total->is_number()) step.total = total->get<double>();
    const auto message = params.find("message");
    if (message != params.end() && message->is_string() &&
        message->get_ref<const std::string&>().size() <= kMaxProgressText) {
      step.message = message->get<std::string>();
    }
    entry->second.last_progress = step.progress;
    entry->second.heard_us = SystemClock().MonotonicMicros();
    if (entry->second.progress.size() >= kMaxQueuedProgress) entry->second.progress.pop_front();
    entry->second.progress.push_back(std::move(step));
  }
  changed_.notify_all();
}

void CallTable::PauseIdle() {
  const std::lock_guard lock(mutex_);
  ++idle_pauses_;
}

void CallTable::ResumeIdle() {
  const std::lock_guard lock(mutex_);
  --idle_pauses_;
  const int64_t now_us = SystemClock().MonotonicMicros();
  for (auto& [id, entry] : entries_) entry.heard_us = now_us;
}

CallCounts CallTable::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace weir::mcp_client
