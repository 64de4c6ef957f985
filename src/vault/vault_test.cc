#include "vault/vault.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <set>
#include <vector>

#include "vault/key_file.h"
#include "vault/testing/faulty_file_ops.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class VaultTest : public VaultFixture {};

TEST_F(VaultTest, RefusesAClassThatIsKeptInMemoryAndLeavesNoTraceOfIt) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, "something else");
  const std::string thought = "the reasoning that must not be on disk";
  for (const DataClass data_class : {DataClass::kReasoning, DataClass::kSecrets}) {
    const Result<Stored> stored =
        vault.Put({.data_class = data_class, .run_id = "run-1", .bytes = thought}, kNow);
    ASSERT_FALSE(stored.has_value());
    EXPECT_EQ(stored.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(stored.error().message, HasSubstr("kept in memory only"));
    EXPECT_FALSE(std::filesystem::exists(VaultPath(std::string(DataClassName(data_class)))));
  }
  // Also not when it comes in one batch with what may be written.
  const NewPayload batch[] = {{.data_class = DataClass::kResults, .bytes = "fine"},
                              {.data_class = DataClass::kReasoning, .bytes = thought}};
  EXPECT_FALSE(vault.PutAll(batch, kNow).has_value());
  EXPECT_FALSE(StateHolds(thought));
  EXPECT_EQ(GetText(vault, "results/1/1"),
            "not_found: there is no payload 'results/1/1' in the vault; the reference is from "
            "elsewhere, or the vault's files were removed by hand");
}

TEST_F(VaultTest, RefusesWhatIsTooLongOrNamedWrongly) {
  Vault vault = OpenVault();
  const auto code_of = [&](const NewPayload& payload, int64_t now_us = kNow) {
    const Result<Stored> stored = vault.Put(payload, now_us);
    return stored ? "stored" : std::string(ErrorCodeName(stored.error().code));
  };
  const std::string long_id(257, 'c');
  const std::string long_run(65, 'r');
  const std::string huge(kMaxPayloadBytes + 1, 'x');
  EXPECT_EQ(code_of({.run_id = "../x", .bytes = "a"}), "invalid_argument");
  EXPECT_EQ(code_of({.run_id = long_run, .bytes = "a"}), "invalid_argument");
  EXPECT_EQ(code_of({.call_id = long_id, .bytes = "a"}), "invalid_argument");
  EXPECT_EQ(code_of({.bytes = huge}), "resource_exhausted");
  EXPECT_EQ(code_of({.bytes = "a"}, -1), "invalid_argument");
  EXPECT_EQ(code_of({.bytes = "a"}), "stored");  // and it stays usable
}

TEST_F(VaultTest, RefusesReferencesThatAreNone) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, "a");
  for (const char* text :
       {"", "results", "results/1", "results/1/", "results/01/0", "results/1/0/2", "results/-1/0",
        "Results/1/0", "../1/0", "results/1/x", "results/99999999999999999999/0"}) {
    EXPECT_THAT(GetText(vault, text), StartsWith("invalid_argument: ")) << text;
  }
  EXPECT_THAT(GetText(vault, "results/2/0"), StartsWith("not_found: "));
  EXPECT_THAT(GetText(vault, "answers/1/0"), StartsWith("not_found: "));
}

TEST_F(VaultTest, GivesBackWhatWasPutAfterOpeningAnew) {
  std::vector<std::pair<Stored, std::string>> put;
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::string call_id("call \0 1", 8);
  {
    Vault vault = OpenVault();
    for (const DataClass data_class : kDataClasses) {
      if (retention_.of(data_class).kind == Retention::Kind::kMemory) continue;
      for (const std::string& bytes : {std::string(), all_bytes, std::string(300'000, 'z')}) {
        const Result<Stored> stored = vault.Put(
            {.data_class = data_class, .run_id = "r-1", .call_id = call_id, .bytes = bytes}, kNow);
        ASSERT_OK(stored);
        put.emplace_back(*stored, bytes);
      }
    }
  }
  const Vault vault = OpenVault();
  for (const auto& [stored, bytes] : put) {
    const Result<Payload> payload = vault.Get(stored.reference);
    ASSERT_OK(payload);
    EXPECT_EQ(payload->bytes, bytes);
    EXPECT_EQ(payload->call_id, call_id);
    EXPECT_EQ(payload->run_id, "r-1");
    EXPECT_EQ(payload->time_us, kNow);
    EXPECT_THAT(stored.reference,
                StartsWith(std::string(DataClassName(payload->data_class)) + "/"));
    EXPECT_OK(vault.Check(stored.reference, stored.commitment));
  }
}

TEST_F(VaultTest, ABatchKeepsItsOrderAcrossClasses) {
  Vault vault = OpenVault();
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) texts.push_back("payload " + std::to_string(i));
  std::vector<NewPayload> batch;
  for (size_t i = 0; i < texts.size(); ++i) {
    batch.push_back(
        {.data_class = i % 3 == 0 ? DataClass::kResults : DataClass::kAnswer, .bytes = texts[i]});
  }
  const Result<std::vector<Stored>> stored = vault.PutAll(batch, kNow);
  ASSERT_OK(stored);
  ASSERT_EQ(stored->size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(GetText(vault, (*stored)[i].reference), texts[i]);
    EXPECT_OK(vault.Check((*stored)[i].reference, (*stored)[i].commitment));
  }
  EXPECT_OK(vault.PutAll({}, kNow));
}

TEST_F(VaultTest, NothingReadableIsOnTheDisk) {
  Vault vault = OpenVault();
  const std::string text = "a sentence that nobody else writes";
  Put(vault, DataClass::kUserText, text);
  EXPECT_FALSE(StateHolds(text));
  EXPECT_FALSE(StateHolds("call-1"));
}

TEST_F(VaultTest, EqualPayloadsHaveDifferentCommitmentsAndBytes) {
  Vault vault = OpenVault();
  const Stored a = Put(vault, DataClass::kResults, "1234");
  const Stored b = Put(vault, DataClass::kResults, "1234");
  EXPECT_NE(a.commitment, b.commitment);
  EXPECT_EQ(a.commitment.size(), 64u);
  EXPECT_THAT(std::string(ErrorCodeName(vault.Check(a.reference, b.commitment).error().code)),
              "corrupt_data");
  const std::string data = ReadAll(VaultPath("results/000001.data"));
  EXPECT_NE(data.substr(0, data.size() / 2), data.substr(data.size() / 2));
}

TEST_F(VaultTest, FilesAndFoldersArePrivate) {
  Vault vault = OpenVault();
  Put(vault, DataClass::kResults, "a");
  HoldRun("run-1");
  size_t n_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(State())) {
    struct stat info{};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, entry.is_directory() ? 0700u : 0600u) << entry.path();
    ++n_files;
  }
  EXPECT_GE(n_files, 7u);
}

TEST_F(VaultTest, TakesOneWriterAndAnyNumberOfReaders) {
  Vault vault = OpenVault();
  const Stored stored = Put(vault, DataClass::kResults, "shared");
  const Result<Vault> second = Vault::Open(State(), retention_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("in use by another weir (this process)"));
  const VaultReader reader = Reader();
  const VaultReader other = Reader();
  EXPECT_EQ(reader.Get(stored.reference)->bytes, "shared");
  EXPECT_EQ(other.Get(stored.reference)->bytes, "shared");
  EXPECT_EQ(reader.Get(Put(vault, DataClass::kResults, "later").reference)->bytes, "later");
}

TEST_F(VaultTest, AReaderOfNothingSaysSo) {
  const Result<VaultReader> reader = VaultReader::Open(State());
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(State() + "/vault"));
}

TEST_F(VaultTest, RefusesARetentionThatContradictsItself) {
  retention_.Set(DataClass::kAudit, KeepDays(10));
  const Result<Vault> vault = Vault::Open(State(), retention_);
  ASSERT_FALSE(vault.has_value());
  EXPECT_EQ(vault.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(VaultTest, ATornSlotIsCutAndItsNameIsGivenToTheNext) {
  Stored first;
  {
    Vault vault = OpenVault();
    first = Put(vault, DataClass::kResults, "whole");
  }
  for (const size_t n_torn : {size_t{1}, size_t{95}, kSlotBytes - 1}) {
    const std::string keys = ReadAll(VaultPath("results/000001.keys"));
    WriteAll(VaultPath("results/000001.keys"), keys + std::string(n_torn, '\x5a'));
    const std::string data = ReadAll(VaultPath("results/000001.data"));
    WriteAll(VaultPath("results/000001.data"), data + "sealed and never told");
    Vault vault = OpenVault();
    const Stored next = Put(vault, DataClass::kResults, "after");
    EXPECT_EQ(GetText(vault, next.reference), "after");
    EXPECT_EQ(GetText(vault, first.reference), "whole");
    EXPECT_OK(vault.Check(first.reference, first.commitment));
  }
  EXPECT_EQ(ReadAll(VaultPath("results/000001.keys")).size(), kKeyHeaderBytes + 4 * kSlotBytes);
}

TEST_F(VaultTest, ASlotThatNeverReachedTheDiskIsSteppedOver) {
  {
    Vault vault = OpenVault();
    Put(vault, DataClass::kResults, "whole");
  }
  const std::string keys = ReadAll(VaultPath("results/000001.keys"));
  WriteAll(VaultPath("results/000001.keys"), keys + std::string(kSlotBytes, '\0'));
  Vault vault = OpenVault();
  EXPECT_EQ(Put(vault, DataClass::kResults, "after").reference, "results/1/2");
  EXPECT_EQ(GetText(vault, "results/1/2"), "after");
  EXPECT_EQ(GetText(vault, "results/1/0"), "whole");
  EXPECT_THAT(GetText(vault, "results/1/1"), StartsWith("corrupt_data: "));
}

TEST_F(VaultTest, EveryDayHasItsBucketAlsoWhenTheClockGoesBack) {
  Vault vault = OpenVault();
  std::set<std::string> references;
  for (const int64_t day : {0, 0, 1, 0, -3, 1, 400}) {
    const std::string text = "day " + std::to_string(day);
    const Stored stored = Put(vault, DataClass::kResults, text, kNow + day * kDayUs);
    EXPECT_TRUE(references.insert(stored.reference).second) << stored.reference;
    EXPECT_EQ(GetText(vault, stored.reference), text);
  }
  EXPECT_TRUE(references.contains("results/6/0"));
}

// ---- what the system refuses ----

TEST_F(VaultTest, WhateverOperationFailsNothingThatWasPutIsLost) {
  using Fault = FaultyFileOps::Fault;
  std::vector<Stored> known;
  {
    Vault vault = OpenVault();
    known.push_back(Put(vault, DataClass::kResults, "payload 0"));
  }
  int n_put = 1;
  int n_errors = 0;
  for (const Fault fault : {Fault::kFails, Fault::kFailsOnce, Fault::kHalfThenFails}) {
    for (int n = 1;; ++n) {
      FaultyFileOps ops(fault, n);
      bool failed = false;
      {
        Result<Vault> vault = Vault::Open(State(), retention_, {.ops = &ops});
        const std::string text = "payload " + std::to_string(known.size());
        // Of another day each time, so that a new bucket is begun as well.
        const int64_t now_us = kNow + n_put++ * kDayUs;
        const NewPayload payload{.data_class = DataClass::kResults, .bytes = text};
        const Result<Stored> stored =
            vault ? vault->Put(payload, now_us) : Result<Stored>(MakeError(vault.error()));
        failed = !stored;
        if (stored) known.push_back(*stored);
        if (failed) ++n_errors;
        if (vault && failed && ops.fired()) {
          EXPECT_THAT(vault->Put(payload, now_us).error().message, HasSubstr("takes no more"));
        }
      }
      if (!ops.fired()) break;
      const VaultReader reader = Reader();
      for (size_t i = 0; i < known.size(); ++i) {
        const Result<Payload> payload = reader.Get(known[i].reference);
        ASSERT_OK(payload);
        ASSERT_EQ(payload->bytes, "payload " + std::to_string(i)) << "operation " << n;
      }
    }
  }
  EXPECT_GT(n_errors, 40);
  Vault vault = OpenVault();
  EXPECT_EQ(GetText(vault, Put(vault, DataClass::kResults, "at last").reference), "at last");
}

// No file of this process may grow beyond a limit while this lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t n_bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit now{n_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(VaultTest, AFullDiskIsAnErrorAndWhatWasPutBeforeIsThere) {
  Stored first;
  Result<Stored> second;
  {
    Vault vault = OpenVault();
    first = Put(vault, DataClass::kResults, std::string(1000, 'a'));
    const FileLimit limit(100'000);
    second =
        vault.Put({.data_class = DataClass::kResults, .bytes = std::string(200'000, 'b')}, kNow);
  }
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(second.error().message, HasSubstr("results/000001.data"));
  Vault vault = OpenVault();
  EXPECT_EQ(GetText(vault, first.reference), std::string(1000, 'a'));
  EXPECT_EQ(Put(vault, DataClass::kResults, "c").reference, "results/1/1");
  EXPECT_EQ(GetText(vault, "results/1/1"), "c");
}

}  // namespace
}  // namespace weir::vault
