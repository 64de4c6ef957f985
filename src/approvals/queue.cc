#include "approvals/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/crypto.h"

namespace weir::approvals {
namespace {

// Requests that ended are remembered, so that a late front end can be told.
constexpr size_t kMaxRemembered = 256;
constexpr int64_t kMaxWaitUs = 3'600'000'000;  // of one wait; then the time left is looked at again

Ended MakeEnded(Ending ending, const ApprovalView& view, std::string by, std::string reason) {
  Ended ended;
  ended.ending = ending;
  ended.answer.approver = std::move(by);
  ended.answer.request_digest = view.request_digest;
  ended.answer.reason = std::move(reason);
  return ended;
}

Ended EndedBy(const PersonDecision& decision, const ApprovalView& view) {
  Ending ending = Ending::kDenied;
  if (decision.choice == Choice::kGrant) ending = Ending::kGranted;
  if (decision.choice == Choice::kEdit) ending = Ending::kEdited;
  Ended ended = MakeEnded(ending, view, decision.approver, decision.reason);
  if (ending == Ending::kGranted) {
    ended.answer.yes = true;
    ended.answer.scope = decision.scope;
    ended.answer.typed = decision.typed;
  }
  if (ending == Ending::kEdited) ended.answer.edited_arguments = decision.edited_arguments;
  return ended;
}

// Both are written to the audit log.
bool IsShortText(const std::string& text, size_t max_bytes) {
  return text.size() <= max_bytes && json::IsValidUtf8(text);
}

Status CheckEdit(const ApprovalView& view, const std::optional<json::Json>& arguments) {
  if (!arguments || !arguments->is_object()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "an edit of '{}' needs its new arguments as a JSON object", view.tool);
  }
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(*arguments));
  if (canonical != view.canonical_arguments) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the edited arguments of '{}' are the same as before; grant or deny it",
                   view.tool);
}

}  // namespace

std::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kGranted:
      return "granted";
    case Ending::kDenied:
      return "denied";
    case Ending::kEdited:
      return "edited";
    case Ending::kExpired:
      return "expired";
    case Ending::kStopped:
      return "stopped";
  }
  return "denied";
}

ApprovalQueue::ApprovalQueue(const Clock& clock, ApprovalStore* store, QueueOptions options)
    : clock_(clock), store_(store), options_(options) {}

// ---- the run's side ----

Result<std::string> ApprovalQueue::Submit(ApprovalRequest request, const std::string& pending_id) {
  const policy::Verdict verdict = request.decision.verdict;
  if (verdict == policy::Verdict::kAllow || verdict == policy::Verdict::kDeny) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' is judged '{}': nobody is to be asked",
                     request.call.tool, policy::VerdictName(verdict));
  }
  if (policy::NeedsTypedWord(verdict) && request.bound.typed_word.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "'{}' needs a name to be typed; none is given",
                     request.call.tool);
  }
  if (store_ == nullptr) request.can_stand = false;
  Entry entry;
  ASSIGN_OR_RETURN(entry.view, MakeView(request));
  ASSIGN_OR_RETURN(const std::string call_digest,
                   policy::CallDigest(policy::WithoutFacts(request.call)));
  {
    const std::lock_guard lock(mutex_);
    const auto n_pending = std::count_if(entries_.begin(), entries_.end(),
                                         [](const auto& one) { return !one.second.ended; });
    if (static_cast<size_t>(n_pending) >= options_.max_pending) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "{} requests wait already; answer some of them first", n_pending);
    }
  }
  std::string id = "r-" + RandomHex(6);
  if (store_ != nullptr) {
    ASSIGN_OR_RETURN(id, store_->AddPending({.id = pending_id,
                                             .run_id = request.run_id,
                                             .call_id = request.call_id,
                                             .server = request.call.server,
                                             .tool = request.call.tool,
                                             .effect = request.call.effect,
                                             .call_digest = call_digest,
                                             .action = request.action,
                                             .reason = request.decision.reason},
                                            clock_.UnixMicros()));
    entry.in_store = true;
  } else if (!pending_id.empty()) {
    return MakeError(ErrorCode::kNotFound, "there is no pending request '{}'", pending_id);
  }
  entry.view.id = id;
  entry.request = std::move(request);
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(id);
  if (known != entries_.end() && !known->second.ended) {
    return MakeError(ErrorCode::kInvalidArgument, "request '{}' waits already", id);
  }
  entry.order = next_order_++;
  entry.deadline_us = clock_.MonotonicMicros() + options_.lifetime_us;
  entry.pause_left_us = options_.max_pause_us;
  entries_[id] = std::move(entry);
  Changed();
  return id;
}

Result<Ended> ApprovalQueue::Wait(const std::string& id, const std::stop_token& stop,
                                  int64_t deadline_us) {
  std::optional<Ended> ended;
  {
    std::unique_lock lock(mutex_);
    while (!ended) {
      const int64_t now = clock_.MonotonicMicros();
      Expire(now);
      const auto found = entries_.find(id);
      if (found == entries_.end()) {
        return MakeError(ErrorCode::kNotFound, "there is no request '{}'", id);
      }
      Entry& entry = found->second;
      // A decision that is being written stands; it ends in a moment.
      if (!entry.ended && !entry.deciding && stop.stop_requested()) {
        EndEntry(entry, MakeEnded(Ending::kStopped, entry.view, "nobody", "the run was stopped"));
      }
      if (entry.ended) {
        ended = entry.ended;
        break;
      }
      if (now >= deadline_us) {
        return MakeError(ErrorCode::kDeadlineExceeded, "request '{}' is not answered yet", id);
      }
      const int64_t over =
          entry.deadline_us + (entry.paused_since_us < 0 ? 0 : entry.pause_left_us);
      const int64_t left = std::min(deadline_us - now, kMaxWaitUs);
      const auto has_changed = [this, seen = revision_] { return revision_ != seen; };
      if (entry.deciding) {
        changed_.wait_for(lock, std::chrono::microseconds(left), has_changed);
      } else {
        changed_.wait_for(lock, stop, std::chrono::microseconds(std::min(over - now, left)),
                          has_changed);
      }
    }
  }
  ForgetEnded();
  return std::move(*ended);
}

// ---- the front ends' side ----

std::vector<ApprovalView> ApprovalQueue::List() {
  std::vector<std::pair<uint64_t, ApprovalView>> waiting;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now = clock_.MonotonicMicros();
    Expire(now);
    for (const auto& [id, entry] : entries_) {
      if (!entry.ended) waiting.emplace_back(entry.order, ViewOf(entry, now));
    }
  }
  ForgetEnded();
  std::sort(waiting.begin(), waiting.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ApprovalView> views;
  views.reserve(waiting.size());
  for (auto& [order, view] : waiting) views.push_back(std::move(view));
  return views;
}

Result<ApprovalView> ApprovalQueue::Find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const Entry* entry, FindPending(id));
  return ViewOf(*entry, clock_.MonotonicMicros());
}

Status ApprovalQueue::Decide(const std::string& id, const PersonDecision& decision) {
  ApprovalRequest request;
  {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(Entry * entry, FindPending(id));
    RETURN_IF_ERROR(CheckDecision(*entry, decision));
    entry->deciding = true;
    request = entry->request;
  }
  const bool stands = decision.choice == Choice::kGrant && decision.scope != policy::Scope::kOnce;
  Result<std::string> grant_id = std::string();
  if (stands) grant_id = MakeGrant(request, decision);
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_.at(id);  // what is being decided stays
    entry.deciding = false;
    if (grant_id) {
      Ended ended = EndedBy(decision, entry.view);
      ended.grant_id = *grant_id;
      EndEntry(entry, std::move(ended));
    }
    Changed();
  }
  ForgetEnded();
  if (!grant_id) return MakeError(grant_id.error().WithContext("the grant could not be kept"));
  return {};
}

Status ApprovalQueue::Pause(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(Entry * entry, FindPending(id));
  const int64_t now = clock_.MonotonicMicros();
  if (PausedFor(*entry, now) >= entry->pause_left_us) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "request '{}' was paused for {} s in all, which is as long as it can be", id,
                     options_.max_pause_us / 1'000'000);
  }
  if (entry->paused_since_us < 0) entry->paused_since_us = now;
  Changed();
  return {};
}

Status ApprovalQueue::Resume(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(Entry * entry, FindPending(id));
  EndPause(*entry, clock_.MonotonicMicros());
  Changed();
  return {};
}

// ---- inside ----

void ApprovalQueue::Changed() {
  ++revision_;
  changed_.notify_all();
}

// How long the count has been standing still in the pause in hand.
int64_t ApprovalQueue::PausedFor(const Entry& entry, int64_t now_us) {
  if (entry.paused_since_us < 0) return 0;
  return std::min(now_us - entry.paused_since_us, entry.pause_left_us);
}

void ApprovalQueue::EndPause(Entry& entry, int64_t now_us) {
  const int64_t used = PausedFor(entry, now_us);
  entry.deadline_us += used;
  entry.pause_left_us -= used;
  entry.paused_since_us = -1;
}

Status ApprovalQueue::CheckDecision(const Entry& entry, const PersonDecision& decision) {
  const ApprovalView& view = entry.view;
  if (!IsShortText(decision.approver, 100) || decision.approver.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the decision does not say whose it is in at most 100 bytes of UTF-8");
  }
  if (!IsShortText(decision.reason, 1000)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the reason of a decision must be UTF-8 of at most 1000 bytes");
  }
  if (decision.choice == Choice::kDeny) return {};
  if (decision.choice == Choice::kEdit) return CheckEdit(view, decision.edited_arguments);
  if (!view.typed_word.empty() && decision.typed != view.typed_word) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is granted only with the name '{}' typed exactly", view.tool,
                     view.typed_word);
  }
  if (std::find(view.scopes.begin(), view.scopes.end(), decision.scope) == view.scopes.end()) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' can not be granted with the scope '{}' here", view.tool,
                     policy::ScopeName(decision.scope));
  }
  return {};
}

ApprovalView ApprovalQueue::ViewOf(const Entry& entry, int64_t now_us) const {
  ApprovalView view = entry.view;
  const int64_t paused_for = PausedFor(entry, now_us);
  view.paused = entry.paused_since_us >= 0 && paused_for < entry.pause_left_us;
  view.remaining_us = std::max<int64_t>(entry.deadline_us + paused_for - now_us, 0);
  return view;
}

void ApprovalQueue::Expire(int64_t now_us) {
  for (auto& [id, entry] : entries_) {
    if (entry.ended || entry.deciding) continue;
    if (entry.deadline_us + PausedFor(entry, now_us) > now_us) continue;
    EndEntry(entry, MakeEnded(Ending::kExpired, entry.view, "nobody",
                              "nobody answered within the time for it"));
  }
}

void ApprovalQueue::EndEntry(Entry& entry, Ended ended) {
  entry.ended = std::move(ended);
  entry.request = {};
  if (entry.in_store) to_forget_.push_back(entry.view.id);
  Changed();
}

Result<ApprovalQueue::Entry*> ApprovalQueue::FindPending(const std::string& id) {
  Expire(clock_.MonotonicMicros());
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    return MakeError(ErrorCode::kNotFound, "there is no request '{}'", id);
  }
  Entry& entry = found->second;
  if (entry.deciding) {
    return MakeError(ErrorCode::kUnavailable, "request '{}' is being answered by somebody else",
                     id);
  }
  if (!entry.ended) return &entry;
  return MakeError(ErrorCode::kUnavailable, "request '{}' was answered already by {}: {}", id,
                   entry.ended->answer.approver, EndingName(entry.ended->ending));
}

Result<std::string> ApprovalQueue::MakeGrant(const ApprovalRequest& request,
                                             const PersonDecision& decision) {
  const Wanted granted{request.call, request.decision, request.run_id,
                       request.bound.sandbox_profile};
  NewGrant grant{decision.scope, decision.approver, decision.rule_lifetime_us, std::nullopt};
  if (decision.scope == policy::Scope::kRule) {
    grant.rule = decision.rule ? decision.rule : request.rule;
  }
  ASSIGN_OR_RETURN(const Grant made, store_->Add(granted, grant, clock_.UnixMicros()));
  return made.id;
}

// Takes ended requests out of the store and forgets the oldest. When the store can not be written
// such a request stays listed as pending, which grants nothing.
void ApprovalQueue::ForgetEnded() {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    ids.swap(to_forget_);
    while (entries_.size() > kMaxRemembered) {
      auto oldest = entries_.end();
      for (auto one = entries_.begin(); one != entries_.end(); ++one) {
        if (!one->second.ended) continue;
        if (oldest == entries_.end() || one->second.order < oldest->second.order) oldest = one;
      }
      if (oldest == entries_.end()) break;
      entries_.erase(oldest);
    }
  }
  for (const std::string& id : ids) (void)store_->RemovePending(id, clock_.UnixMicros());
}

}  // namespace weir::approvals
