#include "audit/audit_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <thread>

#include "audit/recovery.h"
#include "audit/testing/faulty_file_ops.h"
#include "audit/testing/log_fixture.h"

namespace weir::audit {
namespace {

using testing::HasSubstr;
using Fault = FaultyFileOps::Fault;

using AuditLogTest = LogFixture;

TEST_F(AuditLogTest, AppendsAndGoesOnAfterOpeningAgain) {
  {
    AuditLog log = OpenLog();
    EXPECT_EQ(log.head().seq, 1u);
    EXPECT_EQ(log.Append(Intent("a")).value(), 2u);
    EXPECT_EQ(log.path(), LogPath());
  }
  AuditLog log = OpenLog();
  EXPECT_EQ(log.Append(Intent("b")).value(), 3u);
  const std::vector<Record> records = Records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].event.kind, EventKind::kLogStarted);
  EXPECT_EQ(records[0].time_us, 1'700'000'000'000'000);
  EXPECT_EQ(records[2].event.call_id, "b");
  EXPECT_EQ(records[2].prev, records[1].hash);
  EXPECT_EQ(records[2].hash, log.head().hash);
  EXPECT_EQ(records[2].boot.size(), 36u);
  EXPECT_TRUE(Check().intact);
}

TEST_F(AuditLogTest, NobodyElseCanReadItsFiles) {
  const AuditLog log = OpenLog();
  struct stat info;
  ASSERT_EQ(::stat(Folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(LogPath().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AuditLogTest, AnEventThatIsRefusedLeavesTheLogUsable) {
  AuditLog log = OpenLog();
  EXPECT_EQ(log.Append(MakeEvent(EventKind::kNotice, "", "", {{"reasoning", "x"}})).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(log.Append(MakeEvent(EventKind::kIntent, "", "",
                                 {{"arguments", {{"a", std::string(kMaxRecordBytes, 'x')}}}}))
                .error()
                .code,
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(log.Append(Intent("a")).value(), 2u);
  EXPECT_TRUE(Check().intact);
}

TEST_F(AuditLogTest, ArgumentsOfTenMegabytesAreRecorded) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.Append(
      MakeEvent(EventKind::kIntent, "", "", {{"arguments", {{"a", std::string(10 << 20, 'x')}}}})));
  ASSERT_TRUE(log.Append(Intent("b")));
  EXPECT_TRUE(Check().intact);
}

TEST_F(AuditLogTest, ASecondWriterIsToldWhoHoldsIt) {
  std::optional<AuditLog> log = OpenLog();
  const Result<AuditLog> second = AuditLog::Open(Folder(), clock_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("this process"));

  const pid_t child = ::fork();
  if (child == 0) {
    const Result<AuditLog> other = AuditLog::Open(Folder(), clock_);
    const std::string holder = "process " + std::to_string(::getppid());
    ::_exit(!other && other.error().message.find(holder) != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  log.reset();
  EXPECT_TRUE(AuditLog::Open(Folder(), clock_));
}

TEST_F(AuditLogTest, ASecondWriterCanWaitForTheFirst) {
  std::optional<AuditLog> log = OpenLog();
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    log.reset();
  });
  EXPECT_TRUE(AuditLog::Open(Folder(), clock_, {.lock_wait_ms = 10'000}));
  release.join();
}

TEST_F(AuditLogTest, ThreadsTakeTurns) {
  AuditLog log = OpenLog();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(log.Append(Intent(std::to_string(t))));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_records, 161u);
}

TEST_F(AuditLogTest, SomebodyElsesBytesStopTheLog) {
  AuditLog log = OpenLog();
  std::ofstream(LogPath(), std::ios::app) << "x";
  const Result<uint64_t> seq = log.Append(Intent("a"));
  ASSERT_FALSE(seq.has_value());
  EXPECT_THAT(seq.error().message, HasSubstr("somebody else changed it"));
  EXPECT_EQ(log.Append(Intent("a")).error().code, ErrorCode::kUnavailable);
}

TEST_F(AuditLogTest, ALinkInThePlaceOfTheLogIsNotFollowed) {
  std::filesystem::create_directories(Folder());
  ASSERT_EQ(::chmod(Folder().c_str(), 0700), 0);
  WriteAll(root_ + "/victim", "text");
  ASSERT_EQ(::symlink("../victim", LogPath().c_str()), 0);
  EXPECT_FALSE(AuditLog::Open(Folder(), clock_));
  EXPECT_EQ(ReadAll(root_ + "/victim"), "text");
}

// ---- torn tails ----

TEST_F(AuditLogTest, ATailTornAtAnyByteIsKeptAsideAndRecorded) {
  MakeLog(3);
  const std::string bytes = ReadAll(LogPath());
  const size_t last = bytes.size() - Lines().back().size();
  for (size_t size = last + 1; size < bytes.size(); size += 11) {
    std::filesystem::remove_all(Folder());
    MakeLog(1);
    WriteAll(LogPath(), bytes.substr(0, size));
    AuditLog log = OpenLog();
    EXPECT_EQ(log.recovered_bytes(), size - last);
    EXPECT_EQ(ReadAll(Folder() + "/torn-3.bin"), bytes.substr(last, size - last));
    EXPECT_EQ(log.Append(Intent("next")).value(), 4u);
    const std::vector<Record> records = Records();
    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(records[2].event.kind, EventKind::kTornTail);
    EXPECT_EQ(records[2].event.data["bytes"], size - last);
    EXPECT_EQ(records[2].event.data["file"], "torn-3.bin");
    EXPECT_TRUE(Check().intact);
  }
}

TEST_F(AuditLogTest, PagesThatWereNeverWrittenAreATornTail) {
  for (const std::string& tail :
       {std::string(5000, '\0'), std::string(100, '\0') + "rest of a record\"}\n",
        std::string(50, '\0') + "\n" + std::string(50, '\0') + "\n{"}) {
    std::filesystem::remove_all(Folder());
    MakeLog(3);
    WriteAll(LogPath(), ReadAll(LogPath()) + tail);
    AuditLog log = OpenLog();
    EXPECT_EQ(log.recovered_bytes(), tail.size());
    EXPECT_EQ(log.head().seq, 4u);
    EXPECT_TRUE(Check().intact);
  }
}

TEST_F(AuditLogTest, ALogTornInItsFirstRecordStartsAnew) {
  MakeLog(1);
  const std::string bytes = ReadAll(LogPath());
  for (const size_t size : {size_t{0}, size_t{1}, bytes.size() - 1}) {
    WriteAll(LogPath(), bytes.substr(0, size));
    EXPECT_EQ(OpenLog().head().seq, 1u);
    EXPECT_TRUE(Check().intact);
    EXPECT_EQ(ReadAll(LogPath()).size(), bytes.size());
  }
}

TEST_F(AuditLogTest, AChangedLastRecordIsNoTornTail) {
  MakeLog(3);
  std::string bytes = ReadAll(LogPath());
  bytes[bytes.size() - 150] ^= 1;
  WriteAll(LogPath(), bytes);
  const Result<AuditLog> log = AuditLog::Open(Folder(), clock_);
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(log.error().message, HasSubstr("verify"));
  EXPECT_EQ(ReadAll(LogPath()), bytes);
}

TEST_F(AuditLogTest, TheEndIsFoundBehindLargeRecords) {
  {
    AuditLog log = OpenLog();
    ASSERT_TRUE(log.Append(MakeEvent(EventKind::kIntent, "", "",
                                     {{"arguments", {{"a", std::string(300'000, 'x')}}}})));
  }
  WriteAll(LogPath(), ReadAll(LogPath()) + std::string(100'000, 'y'));
  EXPECT_EQ(OpenLog().recovered_bytes(), 100'000u);
  WriteAll(LogPath(), ReadAll(LogPath()) + std::string(2 * kMaxRecordBytes + 5, 'y'));
  EXPECT_EQ(AuditLog::Open(Folder(), clock_).error().code, ErrorCode::kCorruptData);
}

// ---- the N-th operation fails ----

struct Attempt {
  std::vector<std::string> acknowledged;  // call ids, in order
  bool failed = false;
};

// Opens the log and appends until something fails, then checks that nothing is taken any more.
Attempt AppendUntilFailure(const std::string& folder, const Clock& clock, platform::FileOps& ops,
                           const std::function<Event(const std::string&)>& make) {
  Attempt attempt;
  Result<AuditLog> log = AuditLog::Open(folder, clock, {.ops = &ops});
  attempt.failed = !log;
  for (int i = 0; i < 4 && log && !attempt.failed; ++i) {
    const std::string id = "call-" + std::to_string(i);
    const Result<uint64_t> seq = log->Append(make(id));
    attempt.failed = !seq;
    if (seq) attempt.acknowledged.push_back(id);
  }
  if (log && attempt.failed) {
    EXPECT_EQ(log->Append(make("late")).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(log->Append(make("late")).error().code, ErrorCode::kUnavailable);
  }
  return attempt;
}

class FaultTest : public LogFixture, public testing::WithParamInterface<Fault> {
 protected:
  // Opening anew works, the chain is intact, and every acknowledged record is there, in order;
  // beyond them at most the one whose append failed.
  void ExpectConsistent(const Attempt& attempt, size_t n_before) const {
    OpenLog();
    const VerifyReport report = Check();
    ASSERT_TRUE(report.intact) << report.problem;
    std::vector<std::string> found;
    for (const Record& record : Records()) {
      if (record.event.kind == EventKind::kIntent) found.push_back(record.event.call_id);
    }
    ASSERT_GE(found.size(), n_before + attempt.acknowledged.size());
    ASSERT_LE(found.size(), n_before + attempt.acknowledged.size() + 1);
    for (size_t i = 0; i < attempt.acknowledged.size(); ++i) {
      EXPECT_EQ(found[n_before + i], attempt.acknowledged[i]);
    }
  }
};

TEST_P(FaultTest, NoRecordIsLostOrHalfAcknowledgedWhicheverOperationFails) {
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 200);
    std::filesystem::remove_all(Folder());
    FaultyFileOps ops(GetParam(), n);
    const Attempt attempt = AppendUntilFailure(Folder(), clock_, ops, Intent);
    if (!ops.fired()) {
      EXPECT_EQ(attempt.acknowledged.size(), 4u);
      EXPECT_GT(n, 15);
      return;
    }
    ExpectConsistent(attempt, 0);
  }
}

TEST_P(FaultTest, RecoveryOfATornTailMayFailAnywhereAndIsMadeGood) {
  MakeLog(3);
  const std::string good = ReadAll(LogPath());
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 200);
    std::filesystem::remove_all(Folder());
    MakeLog(1);
    WriteAll(LogPath(), good + "the first torn tail");
    FaultyFileOps ops(GetParam(), n);
    const Attempt attempt = AppendUntilFailure(Folder(), clock_, ops, Intent);
    if (!ops.fired()) return;
    ExpectConsistent(attempt, 2);
    // Told once, and a second time where an append after the recovery was torn itself.
    const std::vector<Record> records = Records();
    const auto n_torn = std::count_if(records.begin(), records.end(), [](const Record& record) {
      return record.event.kind == EventKind::kTornTail;
    });
    EXPECT_GE(n_torn, 1) << n;
    EXPECT_LE(n_torn, GetParam() == Fault::kHalfThenFails ? 2 : 1) << n;
    EXPECT_THAT(ReadAll(Folder() + "/torn-4.bin"), testing::StartsWith("the first torn tail"));
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTest,
                         testing::Values(Fault::kOnce, Fault::kFromThenOn, Fault::kShortOnce,
                                         Fault::kHalfThenFails));

TEST_F(AuditLogTest, AFullDiskIsAnErrorAndStopsTheLog) {
  FaultyFileOps ops(Fault::kOnce, 0);
  Result<AuditLog> log = AuditLog::Open(Folder(), clock_, {.ops = &ops});
  ASSERT_TRUE(log.has_value());
  ASSERT_TRUE(log->Append(Intent("a")));
  ops.Arm(Fault::kOnce, 2, ENOSPC);  // the write after the size is looked at
  const Result<uint64_t> full = log->Append(Intent("b"));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kResourceExhausted);
  const Result<uint64_t> refused = log->Append(Intent("c"));
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("No space left"));
  log = MakeError(ErrorCode::kCancelled, "closed");
  AuditLog again = OpenLog();
  EXPECT_EQ(again.Append(Intent("d")).value(), 3u);
  EXPECT_TRUE(Check().intact);
}

TEST_F(AuditLogTest, ARealLimitOfTheSystemIsMetHalfwayThroughARecord) {
  MakeLog(2);
  const auto size = static_cast<rlim_t>(std::filesystem::file_size(LogPath()));
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {size + 100, size + 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Result<AuditLog> log = AuditLog::Open(Folder(), clock_);
    if (!log) ::_exit(1);
    const Result<uint64_t> seq = log->Append(Intent("too much"));
    if (seq || seq.error().code != ErrorCode::kResourceExhausted) ::_exit(2);
    ::_exit(log->Append(Intent("x")) ? 3 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(OpenLog().head().seq, 2u);
  EXPECT_TRUE(Check().intact);
}

}  // namespace
}  // namespace weir::audit
