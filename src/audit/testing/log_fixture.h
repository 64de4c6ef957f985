#pragma once
// A folder with an audit log in it, for tests.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "audit/anchor.h"
#include "audit/audit_log.h"
#include "audit/verify.h"
#include "base/clock.h"

namespace weir::audit {

class LogFixture : public testing::Test {
 protected:
  LogFixture() : root_(MakeRoot()) {}
  ~LogFixture() override { std::filesystem::remove_all(root_); }

  // In memory where that is possible: the tests sync thousands of times.
  static std::string MakeRoot() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (in_memory ? "/dev/shm/" : testing::TempDir()) + "weir_audit_XXXXXX";
    return ::mkdtemp(name.data());
  }
  std::string Folder() const { return root_ + "/audit"; }
  std::string LogPath() const { return Folder() + "/" + std::string(kLogFileName); }

  AuditLog OpenLog(const AuditOptions& options = {}) const {
    Result<AuditLog> log = AuditLog::Open(Folder(), clock_, options);
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return std::move(*log);
  }
  static Event Intent(const std::string& call_id) {
    IntentFields fields;
    fields.run_id = "run-1";
    fields.call_id = call_id;
    fields.server = "builtin";
    fields.tool = "write_file";
    fields.effect = "write";
    fields.canonical_arguments = R"({"path":"a.txt","text":"hello"})";
    return MakeIntent(fields).value();
  }
  // A log with the start record and n - 1 intents.
  void MakeLog(int n) const {
    AuditLog log = OpenLog();
    for (int i = 2; i <= n; ++i) ASSERT_TRUE(log.Append(Intent("call-" + std::to_string(i))));
  }

  // A log with the start record, the start of sealing, and intents up to record `n`; seals are
  // records among them. Closed, so its last record is a seal.
  void MakeSealedLog(uint64_t n, const VerificationKey& key, const AuditOptions& options) const {
    AuditLog log = OpenLog(options);
    ASSERT_TRUE(log.StartSealing(key));
    while (log.head().seq < n) {
      ASSERT_TRUE(log.Append(Intent("call-" + std::to_string(log.head().seq))));
    }
    ASSERT_TRUE(log.Close());
  }
  std::string AnchorPath() const { return root_ + "/anchor"; }

  static std::string ReadAll(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void WriteAll(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  // The lines of the log, newlines included.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::istringstream text(ReadAll(LogPath()));
    for (std::string line; std::getline(text, line);) lines.push_back(line + "\n");
    return lines;
  }
  void SetLines(const std::vector<std::string>& lines) const {
    std::string bytes;
    for (const std::string& line : lines) bytes += line;
    WriteAll(LogPath(), bytes);
  }

  std::vector<Record> Records() const {
    std::vector<Record> records;
    Result<RecordReader> reader = RecordReader::Open(Folder());
    EXPECT_TRUE(reader.has_value()) << reader.error().message;
    for (;;) {
      Result<std::optional<Record>> record = reader->Next();
      EXPECT_TRUE(record.has_value()) << record.error().message;
      if (!record || !*record) return records;
      records.push_back(std::move(**record));
    }
  }
  VerifyReport Check() const {
    const Result<VerifyReport> report = Verify(Folder());
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.value_or(VerifyReport());
  }

  VerifyReport CheckWith(const VerifyOptions& options) const {
    const Result<VerifyReport> report = Verify(Folder(), options);
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report.value_or(VerifyReport());
  }

  const std::string root_;
  FakeClock clock_{1'700'000'000'000'000};
};

}  // namespace weir::audit
