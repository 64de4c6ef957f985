// The audit log: how fast it is verified, and how long a durable append takes. In the folder for
// temporary files, so on its disk (TMPDIR names another).

#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "audit/anchor.h"
#include "audit/audit_log.h"
#include "audit/sealer.h"
#include "audit/verify.h"
#include "base/check.h"
#include "base/hmac.h"
#include "boundary/figures.h"

namespace weir::audit {
namespace {

constexpr uint64_t kRecords = 200'000;
constexpr uint64_t kRecordsPerSeal = 256;
constexpr int kThreads = 8;
constexpr int kAppendsEach = 500;
constexpr int kAppendsAlone = 1000;

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

// CPU time of this thread.
double CpuSeconds() {
  struct timespec time = {};
  CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Counts what the log asks of the disk.
class CountingOps : public platform::FileOps {
 public:
  std::atomic<int> n_syncs = 0;

  int OpenAt(int folder_fd, const char* name, int flags, mode_t mode) override {
    return real_.OpenAt(folder_fd, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return real_.PRead(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    return real_.PWrite(fd, bytes, n, offset);
  }
  int SyncData(int fd) override {
    ++n_syncs;
    return real_.SyncData(fd);
  }
  int Sync(int fd) override { return real_.Sync(fd); }
  int Truncate(int fd, int64_t size) override { return real_.Truncate(fd, size); }
  int64_t Size(int fd) override { return real_.Size(fd); }
  int RenameAt(int folder_fd, const char* from, const char* to) override {
    return real_.RenameAt(folder_fd, from, to);
  }
  int UnlinkAt(int folder_fd, const char* name) override { return real_.UnlinkAt(folder_fd, name); }
  int Lock(int fd) override { return real_.Lock(fd); }

 private:
  platform::FileOps& real_ = platform::SystemFileOps();
};

// What a call leaves in the log, one after the other: decision, approval, intent, outcome.
Event SomeEvent(uint64_t seq) {
  const std::string call = "call-" + std::to_string(seq / 4);
  const std::string digest = Sha256Hex(call);
  switch (seq % 4) {
    case 0:
      return MakeEvent(EventKind::kDecision, "20260131T235959-7f3a9c", call,
                       {{"server", "builtin"},
                        {"tool", "write_file"},
                        {"effect", "write"},
                        {"definition", digest},
                        {"verdict", "ask"},
                        {"rule", "default-ask-writes"},
                        {"reason", "writing is asked before it happens"},
                        {"policy", digest},
                        {"arguments_digest", digest}});
    case 1:
      return MakeEvent(EventKind::kApproval, "20260131T235959-7f3a9c", call,
                       {{"answer", "yes"}, {"by", "terminal"}, {"request", digest}});
    case 2: {
      IntentFields fields;
      fields.run_id = "20260131T235959-7f3a9c";
      fields.call_id = call;
      fields.server = "builtin";
      fields.tool = "write_file";
      fields.effect = "write";
      fields.definition_hash = fields.policy_hash = fields.approval_digest = digest;
      fields.verdict = "ask";
      fields.rule_id = "default-ask-writes";
      fields.approver = "terminal";
      fields.nonce = digest.substr(0, 32);
      fields.canonical_arguments =
          R"({"path":"reports/summary.txt","text":"The quarter in short:\n)" +
          std::string(200, 'x') + R"("})";
      return MakeIntent(fields).value();
    }
    default: {
      OutcomeFields fields;
      fields.run_id = "20260131T235959-7f3a9c";
      fields.call_id = call;
      fields.intent_seq = seq - 1;
      fields.result = "wrote reports/summary.txt";
      fields.duration_us = 1200;
      return MakeOutcome(fields);
    }
  }
}

// A sealed log as AuditLog writes it, but without a sync for every record.
void WriteLog(const std::string& path, const VerificationKey& key) {
  std::ofstream file(path, std::ios::binary);
  Sealer sealer({SealingKey(key), 2, 0});
  Record record;
  record.boot = "f3b1c2d4-0000-4000-8000-123456789abc";
  record.hash = kNoPrevious;
  const auto append = [&](const Event& event) {
    record.prev = record.hash;
    ++record.seq;
    record.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(record.seq) * 1000;
    record.event = event;
    file << FormatRecord(record).value();
    if (record.seq > 1) sealer.Add(record);
  };
  append(MakeEvent(EventKind::kLogStarted, "", "", {{"format", 1}}));
  append(MakeSealingStarted(key));
  while (record.seq < kRecords) {
    append(SomeEvent(record.seq + 1));
    if (sealer.n_unsealed() < kRecordsPerSeal && record.seq < kRecords - 1) continue;
    const Event seal = sealer.NextSeal();
    sealer.StartBatch(record.seq + 1, 0);
    append(seal);
  }
  CHECK(file.flush().good());
}

void MeasureVerify(bench::Figures& figures, const std::string& folder) {
  const VerificationKey key = NewVerificationKey();
  const std::string path = folder + "/log.jsonl";
  WriteLog(path, key);
  VerifyOptions options;
  options.key = key;
  double best = 0;
  double best_of_cpu = 0;
  for (int round = 0; round < 3; ++round) {
    const double cpu_begin = CpuSeconds();
    const auto begin = SteadyClock::now();
    const Result<VerifyReport> report = Verify(path, options);
    const double seconds = SecondsSince(begin);
    const double cpu_seconds = CpuSeconds() - cpu_begin;
    CHECK(report.has_value());
    CHECK(report->intact);
    CHECK(report->n_records >= kRecords);
    best = std::max(best, static_cast<double>(report->n_records) / seconds);
    best_of_cpu = std::max(best_of_cpu, static_cast<double>(report->n_records) / cpu_seconds);
  }
  figures.Tell("audit: log verified", static_cast<double>(std::filesystem::file_size(path)) / 1e6,
               "MB");
  // The same on a busy machine.
  figures.Tell("audit: verify, per second of CPU time", best_of_cpu, "records/s");
  figures.AtLeast("audit: verify, 200 000 records, seals, 1 thread", best, 100'000, "records/s");
}

// The time of each append, milliseconds.
std::vector<double> TimeAppends(AuditLog& log, int n) {
  std::vector<double> times;
  for (int i = 0; i < n; ++i) {
    const Event event = SomeEvent(static_cast<uint64_t>(i));
    const auto begin = SteadyClock::now();
    CHECK(log.Append(event).has_value());
    times.push_back(SecondsSince(begin) * 1e3);
  }
  return times;
}

void MeasureAppend(bench::Figures& figures, const std::string& folder) {
  CountingOps ops;
  const std::string anchor = folder + "/anchor";
  CHECK(MakeAnchorFile(anchor).has_value());
  Result<AuditLog> log =
      AuditLog::Open(folder + "/audit", SystemClock(), {.ops = &ops, .anchor_path = anchor});
  CHECK(log.has_value());
  CHECK(log->StartSealing(NewVerificationKey()).has_value());

  const std::vector<double> alone = TimeAppends(*log, kAppendsAlone);
  figures.Tell("audit: append, 1 thread, p50", bench::Percentile(alone, 0.5), "ms");
  figures.Tell("audit: append, 1 thread, p99", bench::Percentile(alone, 0.99), "ms");

  const int n_syncs_before = ops.n_syncs;
  const auto begin = SteadyClock::now();
  std::vector<std::vector<double>> times(kThreads);
  std::vector<std::thread> threads;
  for (std::vector<double>& mine : times) {
    threads.emplace_back([&log, &mine] { mine = TimeAppends(*log, kAppendsEach); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = SecondsSince(begin);
  std::vector<double> all;
  for (const std::vector<double>& mine : times) all.insert(all.end(), mine.begin(), mine.end());
  const auto n_appends = static_cast<double>(all.size());
  figures.Tell("audit: appends a second, 8 threads", n_appends / seconds, "records/s");
  figures.Tell("audit: appends a sync, 8 threads", n_appends / (ops.n_syncs - n_syncs_before), "");
  figures.Tell("audit: append, 8 threads, p50", bench::Percentile(all, 0.5), "ms");
  figures.AtMost("audit: append, 8 threads, p99", bench::Percentile(all, 0.99), 2, "ms");
}

int Main() {
  std::string folder = std::filesystem::temp_directory_path() / "weir_audit_bench_XXXXXX";
  CHECK(::mkdtemp(folder.data()) != nullptr);
  bench::Figures figures;
  MeasureVerify(figures, folder);
  MeasureAppend(figures, folder);
  std::filesystem::remove_all(folder);
  return figures.ExitCode();
}

}  // namespace
}  // namespace weir::audit

int main() { return weir::audit::Main(); }
