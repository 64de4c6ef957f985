#include "approvals/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/crypto.h"
#include "base/printable.h"
#include "platform/files.h"
#include "platform/private_file.h"

namespace weir::approvals {
namespace {

constexpr size_t kMaxStoreBytes = 8u << 20;
constexpr size_t kMaxGrants = 64;  // that hold
constexpr size_t kMaxEnded = 50;   // kept for looking back
constexpr size_t kMaxPending = 256;
constexpr size_t kMaxActionBytes = 2000;
constexpr int kLockWaitMs = 5000;
constexpr int64_t kClockSlackUs = 300'000'000;    // corrections of a clock are smaller
constexpr int64_t kHighWaterStepUs = 60'000'000;  // how often time alone is worth a write

// At most kMaxActionBytes, no character cut.
std::string Clipped(const std::string& text) {
  if (!json::IsValidUtf8(text)) return Printable(text);
  size_t end = std::min(text.size(), kMaxActionBytes);
  while (end < text.size() && end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

bool Holds(const Grant& grant) { return grant.ended.empty(); }

void End(Grant& grant, std::string_view how, int64_t now_us) {
  grant.ended = how;
  grant.ended_us = now_us;
}

bool ClockWentBack(const Document& document, int64_t now_us) {
  return now_us < document.high_water_us - kClockSlackUs;
}

// Ends what is over at the latest time seen; true when anything changed.
bool Expire(Document& document, int64_t now_us) {
  const int64_t now = std::max(now_us, document.high_water_us);
  bool changed = false;
  for (Grant& grant : document.grants) {
    if (!Holds(grant) || grant.expires_us > now) continue;
    End(grant, "expired", now);
    changed = true;
  }
  return changed;
}

// Of the grants that have ended only the last ones are kept.
void Forget(Document& document) {
  size_t n_ended = 0;
  for (auto grant = document.grants.rbegin(); grant != document.grants.rend(); ++grant) {
    if (!Holds(*grant) && ++n_ended > kMaxEnded) grant->id.clear();
  }
  std::erase_if(document.grants, [](const Grant& grant) { return grant.id.empty(); });
}

tl::unexpected<Error> ClockError(const Document& document, int64_t now_us) {
  return MakeError(ErrorCode::kPermissionDenied,
                   "the clock is {} s behind the last time seen, so no grant counts; set it right, "
                   "or start anew with: weir approvals revoke --all",
                   (document.high_water_us - now_us) / 1'000'000);
}

Status CheckRuleGrant(const Wanted& granted, const NewGrant& grant,
                      std::span<const policy::KnownTool> known) {
  if (grant.lifetime_us <= 0 || grant.lifetime_us > kMaxRuleLifetimeUs) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a rule for {} s; expected more than none and at most {} days",
                     grant.lifetime_us / 1'000'000, kMaxRuleLifetimeUs / kMicrosPerDay);
  }
  if (!grant.rule) {
    return MakeError(ErrorCode::kInvalidArgument, "the scope is a rule, but there is no rule");
  }
  ASSIGN_OR_RETURN(const policy::Policy compiled,
                   CompileRule(*grant.rule, "the rule", granted.call, known));
  std::string why;
  if (RuleMatches(compiled, granted.call, &why)) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the rule does not match the call that is asked about: {}", why);
}

// What must hold before anything is granted beyond once.
Status CheckNewGrant(const Wanted& granted, const NewGrant& grant,
                     std::span<const policy::KnownTool> known) {
  if (granted.decision.verdict != policy::Verdict::kAsk) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is judged '{}' by policy; only what it says 'ask' about can be granted "
                     "for more than once",
                     granted.call.tool, policy::VerdictName(granted.decision.verdict));
  }
  if (grant.approver.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "the grant does not say whose it is");
  }
  switch (grant.scope) {
    case policy::Scope::kOnce:
      break;
    case policy::Scope::kExact:
      if (!granted.run_id.empty()) return {};
      return MakeError(ErrorCode::kInvalidArgument, "an exact grant is for a run; none is named");
    case policy::Scope::kRule:
      return CheckRuleGrant(granted, grant, known);
  }
  return MakeError(ErrorCode::kInvalidArgument, "a yes for once is used once and never kept");
}

Result<Grant> MakeGrant(const Wanted& granted, const NewGrant& wanted, const std::string& owner,
                        int64_t now_us) {
  Grant grant;
  grant.id = "g-" + RandomHex(6);
  grant.scope = wanted.scope;
  grant.server = granted.call.server;
  grant.tool = granted.call.tool;
  grant.definition_hash = granted.call.definition_hash;
  grant.sandbox_profile = granted.sandbox_profile;
  grant.approver = wanted.approver;
  grant.issued_us = now_us;
  if (wanted.scope == policy::Scope::kRule) {
    grant.expires_us = now_us + wanted.lifetime_us;
    grant.rule = wanted.rule;
    return grant;
  }
  grant.expires_us = now_us + kExactLifetimeUs;
  grant.run_id = granted.run_id;
  grant.owner = owner;
  grant.policy_hash = granted.decision.policy_hash;
  ASSIGN_OR_RETURN(grant.call_digest, policy::CallDigest(policy::WithoutFacts(granted.call)));
  ASSIGN_OR_RETURN(grant.argument_digests, ArgumentDigests(granted.call));
  return grant;
}

}  // namespace

ApprovalStore::ApprovalStore(std::string folder, std::vector<policy::KnownTool> known)
    : folder_(std::move(folder)), known_(std::move(known)), owner_(RandomHex(16)) {}

Result<std::unique_ptr<ApprovalStore>> ApprovalStore::Open(std::string folder,
                                                           std::vector<policy::KnownTool> known,
                                                           bool ignore_damage) {
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(folder));
  std::unique_ptr<ApprovalStore> store(new ApprovalStore(std::move(folder), std::move(known)));
  if (!ignore_damage) {
    if (const Result<Document> document = store->Load(); !document) {
      return MakeError(document.error());
    }
  }
  return store;
}

Result<Document> ApprovalStore::Load() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> text,
                   platform::ReadPrivateFile(Path(), kMaxStoreBytes));
  if (!text) return Document();
  return ReadDocument(*text, Path());
}

Status ApprovalStore::Save(Document& document, int64_t now_us) const {
  document.high_water_us = std::max(document.high_water_us, now_us);
  Forget(document);
  ASSIGN_OR_RETURN(const std::string text, WriteDocument(document));
  if (text.size() > kMaxStoreBytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}' would have {} bytes, at most {} are possible; revoke grants that are no "
                     "longer needed",
                     Path(), text.size(), kMaxStoreBytes);
  }
  return platform::WriteFileDurably(Path(), text);
}

// ---- grants ----

Result<Grant> ApprovalStore::Add(const Wanted& granted, const NewGrant& grant, int64_t now_us) {
  RETURN_IF_ERROR(CheckNewGrant(granted, grant, known_));
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  if (ClockWentBack(document, now_us)) return ClockError(document, now_us);
  Expire(document, now_us);
  const auto n_held =
      static_cast<size_t>(std::count_if(document.grants.begin(), document.grants.end(), Holds));
  if (n_held >= kMaxGrants) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "{} grants hold already; revoke some: weir approvals list", n_held);
  }
  ASSIGN_OR_RETURN(Grant made,
                   MakeGrant(granted, grant, owner_, std::max(now_us, document.high_water_us)));
  document.grants.push_back(made);
  RETURN_IF_ERROR(Save(document, now_us));
  return made;
}

Result<GrantMatch> ApprovalStore::Match(const Wanted& wanted, int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  if (document.grants.empty()) return GrantMatch();
  if (ClockWentBack(document, now_us)) return ClockError(document, now_us);
  const bool expired = Expire(document, now_us);
  // An expiry that was seen must hold for ever, so it is written before anything is answered.
  if (expired || now_us > document.high_water_us + kHighWaterStepUs) {
    RETURN_IF_ERROR(Save(document, now_us));
  }
  return FindMatch(document.grants, wanted, owner_, known_);
}

Result<std::vector<Grant>> ApprovalStore::Grants(int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  if (Expire(document, now_us)) RETURN_IF_ERROR(Save(document, now_us));
  return std::move(document.grants);
}

Status ApprovalStore::Revoke(const std::string& id, int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  const auto grant = std::find_if(document.grants.begin(), document.grants.end(),
                                  [&](const Grant& one) { return one.id == id; });
  if (grant == document.grants.end()) {
    return MakeError(ErrorCode::kNotFound, "there is no grant '{}'; see: weir approvals list", id);
  }
  if (!Holds(*grant)) return {};
  End(*grant, "revoked", std::max(now_us, document.high_water_us));
  return Save(document, now_us);
}

Result<int> ApprovalStore::RevokeAll(int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  Result<Document> document = Load();
  if (!document) {
    if (std::rename(Path().c_str(), (Path() + ".damaged").c_str()) != 0 && errno != ENOENT) {
      return platform::FileError(Path());
    }
    document = Document();
  }
  int n_revoked = 0;
  for (Grant& grant : document->grants) {
    if (!Holds(grant)) continue;
    End(grant, "revoked", now_us);
    ++n_revoked;
  }
  document->high_water_us = now_us;  // nothing is left that an earlier time could bring back
  RETURN_IF_ERROR(Save(*document, now_us));
  return n_revoked;
}

Status ApprovalStore::EndRun(const std::string& run_id, int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  bool changed = false;
  for (Grant& grant : document.grants) {
    const bool of_run = grant.scope == policy::Scope::kExact && grant.run_id == run_id;
    if (!of_run || !Holds(grant)) continue;
    End(grant, "run over", std::max(now_us, document.high_water_us));
    changed = true;
  }
  return changed ? Save(document, now_us) : Status();
}

// ---- requests ----

Result<std::string> ApprovalStore::AddPending(PendingRecord record, int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  record.action = Clipped(record.action);
  record.reason = Clipped(record.reason);
  record.submitted_us = now_us;
  // Left by runs that were killed: no run is older, so nobody waits for the answer any more.
  std::erase_if(document.pending, [&](const PendingRecord& one) {
    return one.id != record.id && one.submitted_us < now_us - kExactLifetimeUs;
  });
  if (record.id.empty()) {
    if (document.pending.size() >= kMaxPending) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "{} requests are pending already; answer some first",
                       document.pending.size());
    }
    record.id = "r-" + RandomHex(6);
    document.pending.push_back(record);
    RETURN_IF_ERROR(Save(document, now_us));
    return record.id;
  }
  const auto known = std::find_if(document.pending.begin(), document.pending.end(),
                                  [&](const PendingRecord& one) { return one.id == record.id; });
  if (known == document.pending.end()) {
    return MakeError(ErrorCode::kNotFound, "there is no pending request '{}'", record.id);
  }
  if (known->call_digest != record.call_digest) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "request '{}' is about another call than this one of '{}'", record.id,
                     record.tool);
  }
  *known = record;
  RETURN_IF_ERROR(Save(document, now_us));
  return record.id;
}

Status ApprovalStore::RemovePending(const std::string& id, int64_t now_us) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  const auto is_it = [&](const PendingRecord& one) { return one.id == id; };
  if (std::erase_if(document.pending, is_it) == 0) return {};
  return Save(document, now_us);
}

Result<std::vector<PendingRecord>> ApprovalStore::Pending() {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/lock", kLockWaitMs));
  ASSIGN_OR_RETURN(Document document, Load());
  return std::move(document.pending);
}

}  // namespace weir::approvals
