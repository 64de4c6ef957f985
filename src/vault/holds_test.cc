#include "vault/holds.h"

#include "vault/testing/faulty_file_ops.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;

class HoldsTest : public VaultFixture {
 protected:
  Holds OpenHolds() const {
    Result<Holds> holds = Holds::Open(State());
    EXPECT_OK(holds);
    return std::move(*holds);
  }
};

TEST_F(HoldsTest, RefusesAHoldWithoutRunOrReason) {
  Holds holds = OpenHolds();
  for (const char* run_id : {"", "a b", "../x", "run\n"}) {
    const Result<Hold> hold = holds.Add(run_id, "why", kNow);
    ASSERT_FALSE(hold.has_value()) << run_id;
    EXPECT_EQ(hold.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(holds.Add("run-1", "", kNow).has_value());
  EXPECT_FALSE(holds.Add("run-1", std::string(kMaxReasonBytes + 1, 'x'), kNow).has_value());
  EXPECT_FALSE(holds.Add("run-1", "\xff", kNow).has_value());
  EXPECT_TRUE(holds.all().empty());
  EXPECT_FALSE(std::filesystem::exists(VaultPath("holds.json")));
}

TEST_F(HoldsTest, ADamagedListStopsEveryExpiry) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kResults, "kept");
  for (const char* text : {"", "{", "[]", R"({"version":2,"holds":[]})",
                           R"({"version":1,"holds":[{"id":1,"run":"r"}]})"}) {
    WriteAll(VaultPath("holds.json"), text);
    const Result<ExpiryReport> report = vault.Expire(kNow + 100 * kDayUs);
    ASSERT_FALSE(report.has_value()) << text;
    EXPECT_EQ(report.error().code, ErrorCode::kCorruptData);
    EXPECT_THAT(report.error().message, HasSubstr("nothing expires until it is restored"));
    EXPECT_FALSE(Holds::Open(State()).has_value());
    EXPECT_FALSE(Holds::Read(State()).has_value());
  }
  EXPECT_EQ(GetText(vault, stored.reference), "kept");
}

TEST_F(HoldsTest, RemovesOnlyWhatIsInForce) {
  Holds holds = OpenHolds();
  const Result<Hold> hold = holds.Add("run-1", "why", kNow);
  ASSERT_OK(hold);
  EXPECT_FALSE(holds.Remove(2, kNow).has_value());
  EXPECT_OK(holds.Remove(hold->id, kNow));
  const Result<Hold> again = holds.Remove(hold->id, kNow);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(again.error().message, HasSubstr("weir audit hold list"));
}

TEST_F(HoldsTest, KeepsEveryHoldThereEverWas) {
  {
    Holds holds = OpenHolds();
    ASSERT_OK(holds.Add("run-1", "first matter, with \"quotes\"", kNow));
    ASSERT_OK(holds.Add("run-1", "second matter", kNow + 1));
    ASSERT_OK(holds.Add("run-2", "third", kNow + 2));
    ASSERT_OK(holds.Remove(1, kNow + 3));
    ASSERT_OK(holds.Remove(3, kNow + 4));
  }
  const Holds holds = OpenHolds();
  ASSERT_EQ(holds.all().size(), 3u);
  EXPECT_EQ(holds.all()[0].reason, "first matter, with \"quotes\"");
  EXPECT_EQ(holds.all()[0].added_us, kNow);
  EXPECT_EQ(holds.all()[0].removed_us, kNow + 3);
  EXPECT_EQ(holds.all()[1].removed_us, 0);
  // The second matter still holds the run.
  EXPECT_TRUE(holds.held().Contains("run-1"));
  EXPECT_FALSE(holds.held().Contains("run-2"));
  EXPECT_FALSE(holds.held().Contains("run-"));
}

TEST_F(HoldsTest, CanBeAddedWhileTheVaultIsInUseButNotByTwo) {
  const Vault vault = OpenVault();
  const Holds holds = OpenHolds();
  const Result<Holds> second = Holds::Open(State());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("the list of holds"));
  EXPECT_TRUE(Holds::Read(State())->empty());
}

TEST_F(HoldsTest, AHoldThatIsBeingWrittenStopsAnExpiry) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kResults, "kept");
  {
    const Holds holds = OpenHolds();
    const Result<ExpiryReport> report = vault.Expire(kNow + 100 * kDayUs);
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(GetText(vault, stored.reference), "kept");
  EXPECT_EQ(Expire(vault, kNow + 100 * kDayUs).n_destroyed(), 1u);
}

TEST_F(HoldsTest, WhateverOperationFailsTheListIsTheOldOrTheNewOne) {
  using Fault = FaultyFileOps::Fault;
  {
    ASSERT_OK(OpenHolds().Add("run-1", "why", kNow));
  }
  for (const Fault fault : {Fault::kFails, Fault::kHalfThenFails}) {
    for (int n = 1;; ++n) {
      FaultyFileOps ops(fault, n);
      const size_t n_before = Holds::Read(State())->size();
      bool added = false;
      {
        Result<Holds> holds = Holds::Open(State(), 0, &ops);
        added = holds && holds->Add("run-2", "also", kNow);
      }
      const Result<std::vector<Hold>> after = Holds::Read(State());
      ASSERT_OK(after);
      if (added) {
        EXPECT_EQ(after->size(), n_before + 1);
      }
      EXPECT_GE(after->size(), n_before);
      EXPECT_EQ(after->front().run_id, "run-1");
      if (!ops.fired()) break;
    }
  }
}

}  // namespace
}  // namespace weir::vault
