// A log that seals itself: what is in it, what is beside it, and that no failure and no crash
// leaves the two apart.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/key_file.h"
#include "audit/testing/faulty_file_ops.h"
#include "audit/testing/log_fixture.h"

namespace weir::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Fault = FaultyFileOps::Fault;

class SealedLogTest : public LogFixture {
 protected:
  std::string KeyPath() const { return Folder() + "/" + std::string(kSealingKeyName); }
  VerifyReport CheckWithKey() const { return CheckWith({.anchors = {}, .key = key_}); }
  Result<AuditLog> TryOpen(const AuditOptions& options = {}) const {
    return AuditLog::Open(Folder(), clock_, options);
  }
  // Whether any file in the folder of the log has these bytes in it.
  bool FolderHolds(const std::string& bytes) const {
    for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
      if (ReadAll(entry.path()).find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  const VerificationKey key_ = NewVerificationKey();
};

TEST_F(SealedLogTest, EverySoManyRecordsAndTheEndAreSealed) {
  {
    AuditLog log = OpenLog({.seal_every = 3});
    ASSERT_TRUE(log.StartSealing(key_));
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(log.Append(Intent("a")));
  }
  std::vector<std::string> kinds;
  for (const Record& record : Records()) kinds.emplace_back(EventKindName(record.event.kind));
  // log_started and sealing_started count as records that are due to be sealed.
  EXPECT_THAT(kinds, ElementsAre("log_started", "sealing_started", "intent", "seal", "intent",
                                 "intent", "intent", "seal", "intent", "intent", "intent", "seal"));
  const VerifyReport report = CheckWithKey();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_seals, 3u);
  EXPECT_EQ(report.sealed_from, 2u);
  EXPECT_EQ(report.sealed_to, 11u);
  EXPECT_THAT(report.not_checked, ElementsAre(HasSubstr("--anchor")));
}

TEST_F(SealedLogTest, WithoutTheKeyVerifySaysWhatItCouldNotCheck) {
  MakeSealedLog(10, key_, {.seal_every = 4});
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_THAT(report.not_checked, ElementsAre(HasSubstr("--key"), HasSubstr("--anchor")));
  // Of the file alone the key beside it is not looked at.
  EXPECT_THAT(Verify(LogPath()).value().not_checked,
              ElementsAre(HasSubstr("--key"), HasSubstr("--anchor"), HasSubstr("folder")));
}

TEST_F(SealedLogTest, RecordsBehindTheLastSealAreToldAsNotSealed) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.StartSealing(key_));
  ASSERT_TRUE(log.Append(Intent("a")));
  EXPECT_THAT(CheckWithKey().not_checked,
              testing::Contains(HasSubstr("records 2 to 3: they are not sealed yet")));
  ASSERT_TRUE(log.Seal());
  EXPECT_THAT(CheckWithKey().not_checked, ElementsAre(HasSubstr("--anchor")));
  ASSERT_TRUE(log.Seal());  // nothing new to seal
  EXPECT_EQ(CheckWithKey().n_seals, 1u);
  ASSERT_TRUE(log.Append(Intent("b")));
  EXPECT_THAT(CheckWithKey().not_checked,
              testing::Contains(HasSubstr("records 5 to 5: they are not sealed yet")));
}

TEST_F(SealedLogTest, ALogOfTheFormerFormatIsContinued) {
  std::filesystem::create_directories(Folder());
  ASSERT_EQ(::chmod(Folder().c_str(), 0700), 0);
  std::filesystem::copy(WEIR_TESTDATA "/golden/audit_format_1.jsonl", LogPath());
  const VerifyReport before = Check();
  ASSERT_TRUE(before.intact) << before.problem;
  ASSERT_GE(before.n_records, 5u);
  ASSERT_TRUE(OpenLog().Append(Intent("still unsealed")));
  ASSERT_TRUE(OpenLog().StartSealing(key_));
  ASSERT_TRUE(OpenLog().Append(Intent("sealed")));
  const VerifyReport after = CheckWith({.anchors = {before.head}, .key = key_});
  EXPECT_TRUE(after.intact) << after.problem;
  EXPECT_EQ(after.sealed_from, before.n_records + 2);
  EXPECT_EQ(after.n_seals, 2u);
}

TEST_F(SealedLogTest, TheFolderHoldsTheCurrentKeyOnlyAndForNobodyElse) {
  AuditLog log = OpenLog({.seal_every = 2});
  ASSERT_TRUE(log.StartSealing(key_));
  SealingKey key(key_);
  for (int i = 0; i < 12; ++i) {
    while (ReadAll(KeyPath()).find(ToHex(key.bytes())) == std::string::npos) {
      EXPECT_FALSE(FolderHolds(ToHex(key.bytes()))) << key.epoch();
      EXPECT_FALSE(FolderHolds(std::string(BytesOf(key.bytes())))) << key.epoch();
      key.Evolve();
      ASSERT_LT(key.epoch(), 20u);
    }
    ASSERT_TRUE(log.Append(Intent("a")));
  }
  EXPECT_EQ(key.epoch(), 6u);
  struct stat info;
  ASSERT_EQ(::stat(KeyPath().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SealedLogTest, TheBytesOfAnOldKeyAreOverwritten) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.StartSealing(key_));
  const UniqueFd old(::open(KeyPath().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(old.valid());
  ASSERT_TRUE(log.Seal());
  std::string bytes(1000, 'x');
  const ssize_t n = ::pread(old.get(), bytes.data(), bytes.size(), 0);
  ASSERT_GT(n, 64);
  EXPECT_EQ(bytes.substr(0, static_cast<size_t>(n)), std::string(static_cast<size_t>(n), '\0'));
}

TEST_F(SealedLogTest, ALogHasOneKey) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.StartSealing(key_));
  const Status again = log.StartSealing(NewVerificationKey());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(log.Append(Intent("a")));
  ASSERT_TRUE(log.Close());
  EXPECT_TRUE(CheckWithKey().intact);
  EXPECT_FALSE(OpenLog().StartSealing(key_));
}

TEST_F(SealedLogTest, OnlyTheLogWritesTheEventsThatItIsMadeOf) {
  AuditLog log = OpenLog();
  for (const EventKind kind : {EventKind::kLogStarted, EventKind::kTornTail, EventKind::kSeal,
                               EventKind::kSealingStarted}) {
    EXPECT_EQ(log.Append(MakeEvent(kind, "", "")).error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(log.Append(Intent("a")).value(), 2u);
  EXPECT_TRUE(Check().intact);
}

// ---- a key that does not fit ----

TEST_F(SealedLogTest, WithoutItsKeyASealedLogIsNotContinued) {
  MakeSealedLog(20, key_, {.seal_every = 5});
  std::filesystem::remove(KeyPath());
  EXPECT_EQ(TryOpen().error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(TryOpen().error().message, HasSubstr("'seal.key' is missing"));
  const VerifyReport report = Check();
  EXPECT_FALSE(report.intact);
  EXPECT_THAT(report.problem, HasSubstr("missing beside it"));
}

TEST_F(SealedLogTest, ADamagedKeyIsToldAndNotWrittenOver) {
  MakeSealedLog(20, key_, {.seal_every = 5});
  const std::string good = ReadAll(KeyPath());
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("[1]"), good.substr(0, good.size() / 2),
        std::string(2000, 'x'),
        std::string(R"({"epoch":-1,"first":1,"format":2,"key":"","offset":0})"),
        std::string(R"({"epoch":1,"first":1,"format":3,"key":"","offset":0})")}) {
    WriteAll(KeyPath(), bad);
    EXPECT_EQ(TryOpen().error().code, ErrorCode::kCorruptData) << bad;
    EXPECT_THAT(TryOpen().error().message, HasSubstr("damaged"));
    EXPECT_EQ(ReadAll(KeyPath()), bad);
    EXPECT_THAT(Check().problem, HasSubstr("damaged"));
  }
  WriteAll(KeyPath(), good);
  EXPECT_TRUE(TryOpen());
}

TEST_F(SealedLogTest, TheKeyOfAnotherLogOrOfAnotherPlaceIsRefused) {
  MakeSealedLog(20, key_, {.seal_every = 5});
  const std::string good = ReadAll(KeyPath());
  const SealingState state = [&] {
    const UniqueFd folder(::open(Folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return LoadSealingState(platform::SystemFileOps(), folder.get()).value().value();
  }();
  const auto with = [&](uint64_t epoch, uint64_t first, int64_t offset) {
    return R"({"epoch":)" + std::to_string(epoch) + R"(,"first":)" + std::to_string(first) +
           R"(,"format":2,"key":")" + ToHex(state.key.bytes()) + R"(","offset":)" +
           std::to_string(offset) + "}";
  };
  const uint64_t epoch = state.key.epoch();
  const int64_t size = static_cast<int64_t>(ReadAll(LogPath()).size());
  for (const std::string& bad :
       {with(epoch, state.first, state.offset + 1), with(epoch, state.first, size),
        with(epoch, state.first, size + 1), with(epoch, state.first, 0),
        with(epoch, state.first - 1, state.offset), with(epoch, 1, 0)}) {
    WriteAll(KeyPath(), bad);
    const Result<AuditLog> log = TryOpen();
    ASSERT_FALSE(log.has_value()) << bad;
    EXPECT_EQ(log.error().code, ErrorCode::kCorruptData);
    EXPECT_THAT(log.error().message, HasSubstr("sealing key"));
  }
  WriteAll(KeyPath(), good);
  EXPECT_TRUE(TryOpen());
}

TEST_F(SealedLogTest, AnotherKeyThanTheOneGivenIsToldWhereSealingStarts) {
  MakeSealedLog(20, key_, {.seal_every = 5});
  const VerifyReport report = CheckWith({.anchors = {}, .key = NewVerificationKey()});
  EXPECT_FALSE(report.intact);
  EXPECT_EQ(report.bad_line, 2u);
  EXPECT_THAT(report.problem, HasSubstr("another key"));
}

TEST_F(SealedLogTest, AKeyForALogWithoutSealsIsNoGoodNews) {
  MakeLog(5);
  const VerifyReport report = CheckWithKey();
  EXPECT_FALSE(report.intact);
  EXPECT_EQ(report.bad_line, 6u);
  EXPECT_THAT(report.problem, HasSubstr("not sealed"));
}

// ---- crashes and failures ----

TEST_F(SealedLogTest, ASealWhoseKeyWasNotReplacedIsFollowedAtTheNextOpen) {
  {
    AuditLog log = OpenLog();
    ASSERT_TRUE(log.StartSealing(key_));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.Append(Intent("a")));
    const std::string former = ReadAll(KeyPath());
    ASSERT_TRUE(log.Seal());
    ASSERT_TRUE(log.Append(Intent("b")));
    WriteAll(KeyPath(), former);  // as a power cut leaves it
    // The destructor makes one more seal, which a power cut would not have.
    const std::string bytes = ReadAll(LogPath());
    ASSERT_TRUE(log.Close());
    WriteAll(LogPath(), bytes);
    WriteAll(KeyPath(), former);
  }
  ASSERT_TRUE(CheckWithKey().intact);
  ASSERT_TRUE(OpenLog().Append(Intent("c")));
  const VerifyReport report = CheckWithKey();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_seals, 2u);
}

TEST_F(SealedLogTest, ASealByAnotherKeyIsNotFollowed) {
  MakeSealedLog(8, key_, {});
  const std::string bytes = ReadAll(LogPath());
  // The state before the seal at the end, with another key.
  SealingState state{SealingKey(NewVerificationKey()), 2, static_cast<int64_t>(Lines()[0].size())};
  const UniqueFd folder(::open(Folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(StoreSealingState(platform::SystemFileOps(), folder.get(), state));
  EXPECT_THAT(TryOpen().error().message, HasSubstr("the seal in record"));
  EXPECT_EQ(ReadAll(LogPath()), bytes);
  EXPECT_THAT(CheckWithKey().problem, HasSubstr("is not key number 0"));
}

// What AuditLog acknowledged before something failed.
struct SealedAttempt {
  bool started = false;
  std::vector<std::string> call_ids;
};

class SealedFaultTest : public SealedLogTest, public testing::WithParamInterface<Fault> {
 protected:
  SealedAttempt Try(platform::FileOps& ops) const {
    SealedAttempt attempt;
    Result<AuditLog> log = TryOpen({.ops = &ops, .anchor_path = AnchorPath(), .seal_every = 3});
    if (!log) return attempt;
    attempt.started = log->StartSealing(key_).has_value();
    for (int i = 0; i < 8 && attempt.started; ++i) {
      const std::string id = "call-" + std::to_string(i);
      if (!log->Append(Intent(id))) break;
      attempt.call_ids.push_back(id);
    }
    return attempt;
  }
};

TEST_P(SealedFaultTest, WhicheverOperationFailsLogAndKeyAndAnchorFitAtTheNextOpen) {
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 400);
    std::filesystem::remove_all(Folder());
    WriteAll(AnchorPath(), "");
    FaultyFileOps ops(GetParam(), n);
    const SealedAttempt attempt = Try(ops);
    ASSERT_TRUE(OpenLog({.anchor_path = AnchorPath(), .seal_every = 3}).Append(Intent("next")))
        << n;
    const std::vector<Head> anchors = ReadAnchors(AnchorPath()).value();
    const VerifyReport plain = CheckWith({.anchors = anchors, .key = {}});
    ASSERT_TRUE(plain.intact) << n << plain.problem;
    ASSERT_TRUE(!attempt.started || plain.n_seals > 0) << n;
    if (plain.sealed_from > 0) {
      const VerifyReport report = CheckWith({.anchors = anchors, .key = key_});
      ASSERT_TRUE(report.intact) << n << report.problem;
    }
    std::vector<std::string> found;
    for (const Record& record : Records()) {
      if (record.event.kind == EventKind::kIntent) found.push_back(record.event.call_id);
    }
    ASSERT_GE(found.size(), attempt.call_ids.size() + 1) << n;
    for (size_t i = 0; i < attempt.call_ids.size(); ++i) EXPECT_EQ(found[i], attempt.call_ids[i]);
    if (!ops.fired()) {
      EXPECT_EQ(attempt.call_ids.size(), 8u);
      EXPECT_GT(n, 60);
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, SealedFaultTest,
                         testing::Values(Fault::kOnce, Fault::kFromThenOn, Fault::kShortOnce,
                                         Fault::kHalfThenFails));

TEST_F(SealedLogTest, ATornTailOfASealedLogIsRecordedAndSealed) {
  MakeSealedLog(8, key_, {.seal_every = 3});
  WriteAll(LogPath(), ReadAll(LogPath()) + "half a rec");
  EXPECT_TRUE(CheckWithKey().intact);
  EXPECT_EQ(OpenLog().recovered_bytes(), 10u);
  const VerifyReport report = CheckWithKey();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_THAT(report.not_checked, ElementsAre(HasSubstr("--anchor")));
  EXPECT_THAT(report.unfinished, testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace weir::audit
