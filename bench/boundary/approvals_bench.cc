// What an approval costs: making and consuming one, finding a standing grant, and the way of a
// request through the queue. No bars are set: each happens once a call that a person is asked
// about.

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "approvals/queue.h"
#include "approvals/store.h"
#include "base/clock.h"
#include "boundary/figures.h"
#include "policy/policy.h"
#include "policy/testing/known_tools.h"

namespace weir::bench {
namespace {

policy::ProposedCall CallFor(int i) {
  return policy::TestCall("write_file",
                          {{"path", fmt::format("folder-{}/a.txt", i)}, {"text", "hello"}});
}

std::vector<double> MicrosOfEach(int n, const std::function<bool(int)>& work) {
  std::vector<double> samples;
  for (int i = 0; i < n; ++i) {
    const int64_t begin = SystemClock().MonotonicMicros();
    if (!work(i)) {
      std::fprintf(stderr, "approvals bench: step %d went wrong\n", i);
      std::exit(1);
    }
    samples.push_back(static_cast<double>(SystemClock().MonotonicMicros() - begin));
  }
  return samples;
}

void Tell(Figures& figures, const std::string& what, const std::vector<double>& samples) {
  figures.Tell("approvals: " + what + ", p50", Percentile(samples, 0.50), "us");
  figures.Tell("approvals: " + what + ", p99", Percentile(samples, 0.99), "us");
}

bool ApproveAndConsume(const policy::Policy& policy) {
  const policy::ProposedCall call = CallFor(0);
  const policy::Decision decision = policy.Decide(call);
  const policy::BoundState bound{.sandbox_profile = "p", .preconditions = {{"a", "1"}}};
  const int64_t now_us = SystemClock().UnixMicros();
  const policy::Answer yes{.yes = true,
                           .approver = "bench",
                           .request_digest = policy::RequestDigest(call, decision, bound).value()};
  auto approved = policy::Approve(call, decision, yes, {.now_us = now_us, .bound = bound});
  return approved && approved->Consume({call.definition_hash, policy.hash(), now_us,
                                        bound.sandbox_profile, bound.preconditions});
}

bool ThroughQueue(approvals::ApprovalQueue& queue, const policy::Policy& policy) {
  approvals::ApprovalRequest request{.call = CallFor(0), .decision = policy.Decide(CallFor(0))};
  const Result<std::string> id = queue.Submit(std::move(request));
  return id && queue.Decide(*id, {.choice = approvals::Choice::kGrant, .approver = "bench"}) &&
         queue.Wait(*id, {})->answer.yes;
}

int Main() {
  Figures figures;
  const std::vector<policy::KnownTool> known = policy::TestTools();
  const policy::Policy policy = policy::Policy::Default(known);
  Tell(figures, "decide, approve, consume",
       MicrosOfEach(5000, [&](int) { return ApproveAndConsume(policy); }));
  approvals::ApprovalQueue queue(SystemClock(), nullptr);
  Tell(figures, "submit, decide, wait",
       MicrosOfEach(2000, [&](int) { return ThroughQueue(queue, policy); }));

  std::string folder = (std::filesystem::temp_directory_path() / "weir_bench_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const auto store = approvals::ApprovalStore::Open(folder + "/approvals", known).value();
  const auto now = [] { return SystemClock().UnixMicros(); };
  constexpr int kRules = 50;
  Tell(figures, "keep a rule durably", MicrosOfEach(kRules, [&](int i) {
         const policy::ProposedCall call = CallFor(i);
         const policy::Decision decision = policy.Decide(call);
         const approvals::NewGrant grant{policy::Scope::kRule, "bench", approvals::kMicrosPerDay,
                                         approvals::SuggestRule(call, known).value()};
         return store->Add({call, decision, "run"}, grant, now()).has_value();
       }));
  Tell(figures, "find one of 50 rules", MicrosOfEach(500, [&](int i) {
         const policy::ProposedCall call = CallFor(i % kRules);
         const policy::Decision decision = policy.Decide(call);
         return !store->Match({call, decision, "run"}, now())->grant_id.empty();
       }));
  std::filesystem::remove_all(folder);
  return figures.ExitCode();
}

}  // namespace
}  // namespace weir::bench

int main() { return weir::bench::Main(); }
