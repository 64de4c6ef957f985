// Many threads append at once: one sync serves several of them, and none is told too early.

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "audit/testing/log_fixture.h"
#include "audit/testing/power_cut_ops.h"

namespace weir::audit {
namespace {

using GroupCommitTest = LogFixture;

// What one thread was told.
struct Acknowledged {
  uint64_t seq;
  std::string call_id;
};

// Appends from many threads, each until its first error.
std::vector<std::vector<Acknowledged>> AppendFromThreads(
    AuditLog& log, int n_threads, int n_each,
    const std::function<Event(const std::string&)>& make) {
  std::vector<std::vector<Acknowledged>> told(static_cast<size_t>(n_threads));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < told.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < n_each; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        const Result<uint64_t> seq = log.Append(make(id));
        if (!seq) return;
        told[t].push_back({*seq, id});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return told;
}

TEST_F(GroupCommitTest, SixteenThreadsShareSyncsAndNothingAcknowledgedIsLostInAPowerCut) {
  constexpr int kThreads = 16;
  constexpr int kEach = 30;
  PowerCutOps ops(std::chrono::microseconds(300));
  std::optional<AuditLog> log = OpenLog({.ops = &ops});
  const int n_syncs_before = ops.n_syncs();

  const auto told = AppendFromThreads(*log, kThreads, kEach, Intent);
  EXPECT_LT(ops.n_syncs() - n_syncs_before, kThreads * kEach);

  const std::string disk = ops.durable();
  log.reset();
  WriteAll(LogPath(), disk);
  const VerifyReport report = Check();
  ASSERT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_records, 1u + kThreads * kEach);
  const std::vector<Record> records = Records();
  for (const auto& mine : told) {
    ASSERT_EQ(mine.size(), static_cast<size_t>(kEach));
    uint64_t before = 0;
    for (const Acknowledged& record : mine) {
      EXPECT_GT(record.seq, before);  // a thread's records stand in its order
      before = record.seq;
      EXPECT_EQ(records.at(record.seq - 1).event.call_id, record.call_id);
    }
  }
}

TEST_F(GroupCommitTest, ARecordIsOnTheDiskAtTheMomentItIsAcknowledged) {
  PowerCutOps ops(std::chrono::microseconds(50));
  AuditLog log = OpenLog({.ops = &ops});
  std::vector<std::thread> threads;
  std::atomic<int> n_found = 0;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        const bool appended = log.Append(Intent(id)).has_value();
        const bool durable = ops.durable().find("\"call\":\"" + id + "\"") != std::string::npos;
        n_found += appended && durable ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_found, 160);
}

TEST_F(GroupCommitTest, SealsAmongTheRecordsOfManyThreadsAreRight) {
  const VerificationKey key = NewVerificationKey();
  WriteAll(AnchorPath(), "");
  AuditLog log = OpenLog({.anchor_path = AnchorPath(), .seal_every = 7});
  ASSERT_TRUE(log.StartSealing(key));
  AppendFromThreads(log, 16, 25, Intent);
  ASSERT_TRUE(log.Close());
  const VerifyReport report = CheckWith({.anchors = ReadAnchors(AnchorPath()).value(), .key = key});
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_records, 2 + 16 * 25 + report.n_seals);
  EXPECT_GE(report.n_seals, 10u);
  EXPECT_EQ(report.sealed_to, report.n_records - 1);
}

// A sync that fails at some point, after which nothing works.
class DyingOps : public PowerCutOps {
 public:
  explicit DyingOps(int n_good) : PowerCutOps(std::chrono::microseconds(200)), n_good_(n_good) {}
  int SyncData(int fd) override {
    if (n_good_-- > 0) return PowerCutOps::SyncData(fd);
    errno = EIO;
    return -1;
  }

 private:
  std::atomic<int> n_good_;
};

TEST_F(GroupCommitTest, AFailedSyncIsAnErrorForEveryoneWhoWaitsForItAndForAllAfterwards) {
  for (int n_good = 3; n_good < 12; ++n_good) {
    std::filesystem::remove_all(Folder());
    DyingOps ops(n_good);
    std::map<std::string, uint64_t> acknowledged;
    {
      AuditLog log = OpenLog({.ops = &ops});
      for (const auto& mine : AppendFromThreads(log, 8, 20, Intent)) {
        EXPECT_LT(mine.size(), 20u);
        for (const Acknowledged& record : mine) acknowledged[record.call_id] = record.seq;
      }
      EXPECT_EQ(log.Append(Intent("late")).error().code, ErrorCode::kUnavailable);
    }
    WriteAll(LogPath(), ops.durable());  // the power goes, too
    ASSERT_TRUE(Check().intact);
    const std::vector<Record> records = Records();
    for (const auto& [call_id, seq] : acknowledged) {
      EXPECT_EQ(records.at(seq - 1).event.call_id, call_id);
    }
  }
}

}  // namespace
}  // namespace weir::audit
