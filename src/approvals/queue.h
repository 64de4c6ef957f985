#pragma once
// Where requests wait for a person: runs put them in, front ends (terminal, server, web page) see
// the same list and answer.
//
//   run:       id = Submit(request) -> Wait(id)        front end:  List() -> Decide(id, ...)
//
// The first valid decision ends a request; later ones are told who was first. An invalid one (a
// name typed wrong, a scope that is not offered) changes nothing. When its time is over a request
// is denied. Edited arguments end it as edited: they are another call, which the run puts through
// schema, policy, preview and approval again.
//
// Thread-safe. No file is touched while the lock is held. Countdowns use the clock's monotonic time
// in microseconds. Clock and store outlive the queue.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "approvals/request.h"
#include "approvals/store.h"
#include "base/clock.h"
#include "base/result.h"
#include "policy/approved_call.h"

namespace weir::approvals {

enum class Choice { kGrant, kDeny, kEdit };

// What a front end sends.
struct PersonDecision {
  Choice choice = Choice::kDeny;
  std::string approver;  // "terminal", "api:NAME", "web"; required
  policy::Scope scope = policy::Scope::kOnce;
  std::string typed{};                           // the request's typed word
  std::string reason{};                          // for the record
  std::optional<json::Json> edited_arguments{};  // for kEdit
  std::optional<StandingRule> rule{};            // for kRule, instead of the request's own
  int64_t rule_lifetime_us = kDefaultRuleLifetimeUs;
};

enum class Ending { kGranted, kDenied, kEdited, kExpired, kStopped };

// "granted", "denied", "edited", "expired", "stopped".
std::string_view EndingName(Ending ending);

// How a request ended. `answer` is what policy::Approve takes: a yes only when granted; with
// edited_arguments when edited.
struct Ended {
  Ending ending = Ending::kDenied;
  policy::Answer answer;
  std::string grant_id;  // of the standing grant that was made; empty when for once
};

struct QueueOptions {
  int64_t lifetime_us = 600'000'000;     // of a request
  int64_t max_pause_us = 1'800'000'000;  // of one request, all its pauses together
  size_t max_pending = 64;
};

class ApprovalQueue {
 public:
  // Without a store nothing survives a restart and every yes is for once.
  ApprovalQueue(const Clock& clock, ApprovalStore* store, QueueOptions options = {});

  // Puts a request in, durably where there is a store; returns its id. `pending_id` names a request
  // that a restart left pending: the same call, with a new decision, gets that id again. Errors
  // mean that nobody can be asked, which is a denial: the decision is no ask or not of policy, the
  // queue is full, the store refuses.
  Result<std::string> Submit(ApprovalRequest request, const std::string& pending_id = {});

  // What waits, oldest first.
  std::vector<ApprovalView> List();
  Result<ApprovalView> Find(const std::string& id);

  // Errors: kNotFound; kUnavailable "... was answered already"; kInvalidArgument or
  // kPermissionDenied for a decision that is not valid: the request goes on waiting.
  Status Decide(const std::string& id, const PersonDecision& decision);

  // Blocks until the request has ended. When `stop` fires it ends as stopped. At `deadline_us`
  // (monotonic) error kDeadlineExceeded: the request goes on waiting. Each id is waited for once.
  Result<Ended> Wait(const std::string& id, const std::stop_token& stop,
                     int64_t deadline_us = INT64_MAX);

  // Stops the count and lets it go on; both may be called any number of times. When the pauses of a
  // request sum up to max_pause_us the count goes on by itself, and Pause is an error.
  Status Pause(const std::string& id);
  Status Resume(const std::string& id);

 private:
  struct Entry {
    ApprovalRequest request;
    ApprovalView view;
    uint64_t order = 0;
    int64_t deadline_us = 0;  // were the count not standing still now
    int64_t paused_since_us = -1;
    int64_t pause_left_us = 0;
    bool deciding = false;  // somebody's valid decision is being written
    bool in_store = false;
    std::optional<Ended> ended;
  };

  static int64_t PausedFor(const Entry& entry, int64_t now_us);
  static void EndPause(Entry& entry, int64_t now_us);
  static Status CheckDecision(const Entry& entry, const PersonDecision& decision);
  ApprovalView ViewOf(const Entry& entry, int64_t now_us) const;
  // With the lock held. Ends what is over; FindPending also says why an entry takes no decision.
  void Changed();
  void Expire(int64_t now_us);
  void EndEntry(Entry& entry, Ended ended);
  Result<Entry*> FindPending(const std::string& id);
  // Without the lock.
  Result<std::string> MakeGrant(const ApprovalRequest& request, const PersonDecision& decision);
  void ForgetEnded();

  const Clock& clock_;
  ApprovalStore* const store_;  // may be null
  const QueueOptions options_;

  std::mutex mutex_;  // guards all below
  std::map<std::string, Entry> entries_;
  std::vector<std::string> to_forget_;  // ended, still in the store
  uint64_t next_order_ = 0;
  uint64_t revision_ = 0;  // of everything above
  std::condition_variable_any changed_;
};

}  // namespace weir::approvals
