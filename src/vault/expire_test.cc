#include <atomic>
#include <thread>
#include <vector>

#include "audit/audit_log.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "vault/key_file.h"
#include "vault/testing/faulty_file_ops.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExpireTest : public VaultFixture {
 protected:
  bool Exists(const std::string& name) const { return std::filesystem::exists(VaultPath(name)); }
};

// ---- what must not go ----

TEST_F(ExpireTest, NothingGoesBeforeItsTime) {
  Vault vault = OpenVault();
  const Stored result = Put(vault, DataClass::kResults, "seven days");
  const auto before = AllFiles();
  const ExpiryReport report = Expire(vault, kNow + 7 * kDayUs - 1);
  EXPECT_EQ(report.n_destroyed(), 0u);
  EXPECT_EQ(CountOf(report, DataClass::kResults).n_kept, 1u);
  EXPECT_EQ(GetText(vault, result.reference), "seven days");
  for (const auto& [path, bytes] : before) EXPECT_EQ(ReadAll(path), bytes) << path;
  EXPECT_EQ(Expire(vault, kNow + 7 * kDayUs).n_destroyed(), 1u);
  EXPECT_THAT(GetText(vault, result.reference), HasSubstr("expired on 2023-11-21"));
}

TEST_F(ExpireTest, AClockThatGoesBackMakesNothingExpire) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kResults, "a");
  for (const int64_t back_us : {kHourUs, kDayUs, 4000 * kDayUs, kNow}) {
    EXPECT_EQ(Expire(vault, kNow - back_us).n_destroyed(), 0u);
  }
  EXPECT_EQ(GetText(vault, stored.reference), "a");
}

TEST_F(ExpireTest, WhatIsDatedInTheFutureWaitsForItsOwnTime) {
  Vault vault = OpenVault();
  const Stored future = Put(vault, DataClass::kResults, "of next year", kNow + 365 * kDayUs);
  const Stored today = Put(vault, DataClass::kResults, "of today");
  EXPECT_EQ(Expire(vault, kNow + 30 * kDayUs).n_destroyed(), 1u);
  EXPECT_THAT(GetText(vault, today.reference), HasSubstr("expired"));
  EXPECT_EQ(GetText(vault, future.reference), "of next year");
  EXPECT_EQ(Expire(vault, kNow + 372 * kDayUs - 1).n_destroyed(), 0u);
  EXPECT_EQ(Expire(vault, kNow + 372 * kDayUs).n_destroyed(), 1u);
}

TEST_F(ExpireTest, WhatIsKeptForeverStays) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kAudit, "for good");
  EXPECT_EQ(Expire(vault, kNow + 36'500 * kDayUs).n_destroyed(), 0u);
  EXPECT_EQ(GetText(vault, stored.reference), "for good");
}

TEST_F(ExpireTest, AHeldRunKeepsItsOwnAndOnlyThat) {
  Vault vault = OpenVault();
  const Stored held = Put(vault, DataClass::kResults, "held", kNow, "run-held");
  const Stored free = Put(vault, DataClass::kResults, "free", kNow, "run-free");
  const Stored runless = Put(vault, DataClass::kResults, "of no run", kNow, "");
  HoldRun("run-held");
  const ExpiryCount count = CountOf(Expire(vault, kNow + 30 * kDayUs), DataClass::kResults);
  EXPECT_EQ(count.n_destroyed, 2u);
  EXPECT_EQ(count.n_held, 1u);
  EXPECT_EQ(GetText(vault, held.reference), "held");
  EXPECT_OK(vault.Check(held.reference, held.commitment));
  EXPECT_THAT(GetText(vault, free.reference),
              HasSubstr("expired on 2023-12-14 under retention 7d"));
  EXPECT_THAT(GetText(vault, runless.reference), HasSubstr("expired on 2023-12-14"));
  {
    Result<Holds> holds = Holds::Open(State());
    ASSERT_OK(holds);
    ASSERT_OK(holds->Remove(1, kNow));
  }
  EXPECT_EQ(Expire(vault, kNow + 31 * kDayUs).n_destroyed(), 1u);
  EXPECT_THAT(GetText(vault, held.reference),
              HasSubstr("expired between 2023-12-14 and 2023-12-15 under retention 7d"));
}

TEST_F(ExpireTest, ADryRunCountsAndChangesNothing) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, std::string(1000, 'x'));
  Put(vault, DataClass::kAnswer, "y");
  HoldRun("another-run");
  const auto before = AllFiles();
  const Result<ExpiryReport> plan = vault.Expire(kNow + 8 * kDayUs, {.dry_run = true});
  ASSERT_OK(plan);
  EXPECT_EQ(CountOf(*plan, DataClass::kResults).n_destroyed, 1u);
  EXPECT_GE(CountOf(*plan, DataClass::kResults).n_bytes, 1000u);
  EXPECT_EQ(CountOf(*plan, DataClass::kAnswer).n_kept, 1u);
  EXPECT_EQ(AllFiles(), before);
}

// ---- what must go ----

TEST_F(ExpireTest, AWholeBucketLeavesNoFile) {
  Vault vault = OpenVault();
  const Stored first = Put(vault, DataClass::kResults, "a");
  Put(vault, DataClass::kResults, "b", kNow + kHourUs);
  EXPECT_TRUE(Exists("results/000001.keys"));
  const ExpiryReport report = Expire(vault, kNow + 8 * kDayUs);
  EXPECT_EQ(CountOf(report, DataClass::kResults).n_destroyed, 2u);
  EXPECT_FALSE(Exists("results/000001.keys"));
  EXPECT_FALSE(Exists("results/000001.data"));
  EXPECT_FALSE(Exists("expiry.json"));
  EXPECT_EQ(GetText(vault, first.reference),
            "not_found: payload 'results/1/0' expired on 2023-11-22 under retention 7d; its "
            "content is destroyed");
  EXPECT_THAT(GetText(vault, "results/1/2"), HasSubstr("there is no payload"));
  const Status check = vault.Check(first.reference, first.commitment);
  ASSERT_FALSE(check.has_value());
  EXPECT_EQ(check.error().code, ErrorCode::kNotFound);
}

TEST_F(ExpireTest, OfAMixedBucketOnlyTheSecretsOfTheDueGo) {
  Vault vault = OpenVault();
  const Stored old = Put(vault, DataClass::kResults, "morning", kNow);
  const Stored young = Put(vault, DataClass::kResults, "evening", kNow + 6 * kHourUs);
  const std::string keys = ReadAll(VaultPath("results/000001.keys"));
  const std::string secrets = keys.substr(kKeyHeaderBytes + kSecretPartOffset, 2 * kSecretBytes);
  ASSERT_TRUE(StateHolds(secrets));
  EXPECT_EQ(Expire(vault, kNow + 7 * kDayUs + kHourUs).n_destroyed(), 1u);
  EXPECT_FALSE(StateHolds(secrets.substr(0, kSecretBytes)));
  EXPECT_FALSE(StateHolds(secrets.substr(kSecretBytes)));
  EXPECT_THAT(GetText(vault, old.reference), HasSubstr("expired on 2023-11-21"));
  EXPECT_EQ(GetText(vault, young.reference), "evening");
  EXPECT_OK(vault.Check(young.reference, young.commitment));
  EXPECT_EQ(Expire(vault, kNow + 7 * kDayUs + kHourUs).n_destroyed(), 0u);  // not twice
}

TEST_F(ExpireTest, NamesAreNotGivenAgain) {
  {
    Vault vault = OpenVault();
    EXPECT_EQ(Put(vault, DataClass::kResults, "a").reference, "results/1/0");
    Expire(vault, kNow + 8 * kDayUs);
    EXPECT_EQ(Put(vault, DataClass::kResults, "b", kNow).reference, "results/2/0");
    Expire(vault, kNow + 8 * kDayUs);
  }
  Vault vault = OpenVault();
  EXPECT_EQ(Put(vault, DataClass::kResults, "c", kNow).reference, "results/3/0");
  EXPECT_THAT(GetText(vault, "results/1/0"), HasSubstr("expired on"));
  EXPECT_THAT(GetText(vault, "results/2/0"), HasSubstr("expired on"));
  EXPECT_EQ(GetText(vault, "results/3/0"), "c");
}

TEST_F(ExpireTest, AClassThatBecomesMemoryOnlyGoesAtOnceAlsoFromTheFuture) {
  Stored past, future;
  {
    Vault vault = OpenVault();
    past = Put(vault, DataClass::kCaches, "a");
    future = Put(vault, DataClass::kCaches, "b", kNow + 900 * kDayUs);
  }
  retention_.Set(DataClass::kCaches, KeepInMemory());
  Vault vault = OpenVault();
  EXPECT_EQ(Expire(vault, kNow).n_destroyed(), 2u);
  EXPECT_THAT(GetText(vault, past.reference), HasSubstr("under retention memory"));
  EXPECT_THAT(GetText(vault, future.reference), HasSubstr("under retention memory"));
}

TEST_F(ExpireTest, ReadersSeeTheSameAsTheWriter) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kResults, "a");
  const VaultReader reader = Reader();
  EXPECT_EQ(reader.Get(stored.reference)->bytes, "a");
  Expire(vault, kNow + 8 * kDayUs);
  const Result<Payload> gone = reader.Get(stored.reference);
  ASSERT_FALSE(gone.has_value());
  EXPECT_THAT(gone.error().message, HasSubstr("expired on 2023-11-22"));
}

TEST_F(ExpireTest, AReaderBesideAnExpirySeesAPayloadOrThatItExpired) {
  Vault vault = OpenVault();
  std::vector<Stored> stored;
  for (int i = 0; i < 200; ++i) {
    const int64_t time_us = kNow + (i % 3) * 11 * kHourUs;  // some go with their file, some without
    stored.push_back(Put(vault, DataClass::kResults, "text", time_us));
  }
  const VaultReader reader = Reader();
  std::atomic<int> n_other = 0;
  {
    std::jthread reading([&](const std::stop_token& stop) {
      for (size_t i = 0; !stop.stop_requested(); i = (i + 7) % stored.size()) {
        const Result<Payload> payload = reader.Get(stored[i].reference);
        if (!payload && payload.error().code != ErrorCode::kNotFound) ++n_other;
      }
    });
    for (int hours = 0; hours < 40; ++hours) Expire(vault, kNow + 7 * kDayUs + hours * kHourUs);
  }
  EXPECT_EQ(n_other, 0);
  for (const Stored& one : stored) EXPECT_THAT(GetText(vault, one.reference), HasSubstr("expired"));
}

TEST_F(ExpireTest, PutGoesOnAfterAnExpiry) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, "old");
  const Stored kept = Put(vault, DataClass::kResults, "young", kNow + 8 * kDayUs);
  Expire(vault, kNow + 8 * kDayUs);
  const Stored next = Put(vault, DataClass::kResults, "younger", kNow + 8 * kDayUs);
  EXPECT_EQ(GetText(vault, kept.reference), "young");
  EXPECT_EQ(GetText(vault, next.reference), "younger");
  EXPECT_EQ(next.reference, "results/2/1");
}

// ---- stores beside the vault ----

class FakeStore : public ExpirableStore {
 public:
  std::string_view Name() const override { return "fake"; }
  DataClass Class() const override { return data_class; }
  Result<ExpiryCount> Expire(int64_t cutoff_us, const HeldRuns& held, bool dry_run) override {
    cutoffs.push_back(cutoff_us);
    saw_hold = held.Contains("run-held");
    was_dry = dry_run;
    if (fails) return MakeError(ErrorCode::kUnavailable, "the fake store is shut");
    return ExpiryCount{.n_destroyed = 3, .n_bytes = 30, .n_held = 1, .n_kept = 2, .problems = {}};
  }

  DataClass data_class = DataClass::kUndo;
  bool fails = false, saw_hold = false, was_dry = false;
  std::vector<int64_t> cutoffs;
};

TEST_F(ExpireTest, OtherStoresGetTheirCutoffAndTheHolds) {
  Vault vault = OpenVault();
  HoldRun("run-held");
  FakeStore store;
  ExpirableStore* stores[] = {&store};
  Result<ExpiryReport> report = vault.Expire(kNow, {.dry_run = true, .stores = stores});
  ASSERT_OK(report);
  EXPECT_TRUE(store.was_dry);
  report = vault.Expire(kNow, {.stores = stores});
  ASSERT_OK(report);
  EXPECT_FALSE(store.was_dry);
  EXPECT_TRUE(store.saw_hold);
  EXPECT_EQ(store.cutoffs, std::vector<int64_t>(2, kNow - 30 * kDayUs));
  EXPECT_EQ(report->stores.back().name, "fake");
  EXPECT_EQ(report->stores.back().count.n_destroyed, 3u);
  EXPECT_EQ(report->n_destroyed(), 3u);
  store.data_class = DataClass::kAudit;  // forever
  ASSERT_OK(vault.Expire(kNow, {.stores = stores}));
  EXPECT_EQ(store.cutoffs.back(), INT64_MIN);
}

TEST_F(ExpireTest, AStoreThatFailsIsToldAndTheRestIsDone) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, "a");
  FakeStore bad;
  FakeStore good;
  bad.fails = true;
  ExpirableStore* stores[] = {&bad, &good};
  const Result<ExpiryReport> report = vault.Expire(kNow + 8 * kDayUs, {.stores = stores});
  ASSERT_OK(report);
  EXPECT_TRUE(report->has_problems());
  EXPECT_EQ(report->n_destroyed(), 4u);
  EXPECT_EQ(report->stores[report->stores.size() - 2].count.problems,
            std::vector<std::string>{"the fake store is shut"});
}

// ---- what the system refuses ----

TEST_F(ExpireTest, WhateverOperationFailsTheNextOpenFinishesWhatHadBegun) {
  using Fault = FaultyFileOps::Fault;
  for (const Fault fault : {Fault::kFails, Fault::kFailsOnce, Fault::kHalfThenFails}) {
    for (int n = 1;; ++n) {
      std::filesystem::remove_all(State());
      Stored due, held, young;
      {
        Vault vault = OpenVault();
        due = Put(vault, DataClass::kResults, "due");
        Put(vault, DataClass::kAnswer, "due as well", kNow - 40 * kDayUs);
        held = Put(vault, DataClass::kResults, "held", kNow, "run-held");
        young = Put(vault, DataClass::kResults, "young", kNow + kDayUs);
        HoldRun("run-held");
      }
      FaultyFileOps ops(fault, n);
      bool done = false;
      {
        Result<Vault> vault = Vault::Open(State(), retention_, {.ops = &ops});
        const Result<ExpiryReport> report =
            vault ? vault->Expire(kNow + 7 * kDayUs) : Result<ExpiryReport>(ExpiryReport());
        done = vault && report && !report->has_problems();
      }
      const bool had_begun = Exists("expiry.json");
      Vault vault = OpenVault();
      ASSERT_EQ(vault.finished().has_value(), had_begun) << n;
      if (done || had_begun) {
        ASSERT_THAT(GetText(vault, due.reference), HasSubstr("expired on")) << n;
        ASSERT_THAT(GetText(vault, "answers/1/0"), HasSubstr("expired on")) << n;
      }
      ASSERT_EQ(GetText(vault, held.reference), "held") << n;
      ASSERT_EQ(GetText(vault, young.reference), "young") << n;
      Expire(vault, kNow + 7 * kDayUs);
      ASSERT_THAT(GetText(vault, due.reference), HasSubstr("expired on")) << n;
      if (!ops.fired()) break;
    }
  }
}

// ---- beside the audit log ----

TEST_F(ExpireTest, TheChainOfTheAuditLogStillVerifies) {
  const FakeClock clock(kNow);
  Vault vault = OpenVault();
  std::vector<Stored> stored;
  {
    Result<audit::AuditLog> log = audit::AuditLog::Open(State() + "/audit", clock);
    ASSERT_OK(log);
    for (int i = 0; i < 20; ++i) {
      stored.push_back(Put(vault, DataClass::kResults, "result " + std::to_string(i)));
      ASSERT_OK(log->Append(audit::MakeEvent(
          audit::EventKind::kNotice, "run-1", "call-1",
          {{"notice", stored.back().reference}, {"subject", stored.back().commitment}})));
    }
  }
  const Result<audit::VerifyReport> before = audit::Verify(State() + "/audit");
  ASSERT_OK(before);
  EXPECT_EQ(Expire(vault, kNow + 8 * kDayUs).n_destroyed(), 20u);
  const Result<audit::VerifyReport> after = audit::Verify(State() + "/audit");
  ASSERT_OK(after);
  EXPECT_TRUE(after->intact) << after->problem;
  EXPECT_EQ(after->head, before->head);
  EXPECT_THAT(GetText(vault, stored[0].reference), StartsWith("not_found: "));
}

}  // namespace
}  // namespace weir::vault
