// SIGKILL at every operation on the disk, and at random moments: the vault opens, has lost nothing
// that was acknowledged or not due, and finishes an expiry that had begun.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "vault/testing/faulty_file_ops.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using Fault = FaultyFileOps::Fault;

// Runs `work` in a process of its own; false when that was killed.
bool SurvivesInChild(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
  return !WIFSIGNALED(status);
}

class KillTest : public VaultFixture {
 protected:
  std::string Saved() const { return root_ + "/saved"; }
  void SaveState() const {
    std::filesystem::copy(State(), Saved(), std::filesystem::copy_options::recursive);
  }
  void RestoreState() const {
    std::filesystem::remove_all(State());
    std::filesystem::copy(Saved(), State(), std::filesystem::copy_options::recursive);
  }
  // Opens the vault and expires in a child that dies at operation `n`; false when it died.
  bool ExpireInChild(Fault fault, int n, int64_t now_us) const {
    return SurvivesInChild([&] {
      FaultyFileOps ops(fault, n);
      Result<Vault> vault = Vault::Open(State(), retention_, {.ops = &ops});
      if (!vault) ::_exit(1);
      if (!vault->Expire(now_us)) ::_exit(2);
    });
  }
};

TEST_F(KillTest, AtEveryOperationOfAPutNothingThatWasPutIsLost) {
  Stored first, second;
  {
    Vault vault = OpenVault();
    first = Put(vault, DataClass::kResults, "first");
    second = Put(vault, DataClass::kAnswer, "second");
  }
  SaveState();
  int n_killed = 0;
  for (const Fault fault : {Fault::kDies, Fault::kHalfThenDies}) {
    bool survived = false;
    for (int n = 1; !survived; ++n) {
      RestoreState();
      survived = SurvivesInChild([&] {
        FaultyFileOps ops(fault, n);
        Result<Vault> vault = Vault::Open(State(), retention_, {.ops = &ops});
        if (!vault) ::_exit(1);
        const NewPayload batch[] = {{.data_class = DataClass::kResults, .bytes = "third"},
                                    {.data_class = DataClass::kArguments, .bytes = "fourth"}};
        if (!vault->PutAll(batch, kNow)) ::_exit(2);
      });
      n_killed += survived ? 0 : 1;
      Vault vault = OpenVault();
      ASSERT_EQ(GetText(vault, first.reference), "first") << n;
      ASSERT_EQ(GetText(vault, second.reference), "second") << n;
      const Stored next = Put(vault, DataClass::kResults, "next");
      ASSERT_EQ(GetText(vault, next.reference), "next") << n;
      ASSERT_OK(vault.Check(next.reference, next.commitment));
      ASSERT_FALSE(Expire(vault, kNow + kDayUs).has_problems()) << n;
    }
    Vault vault = OpenVault();
    EXPECT_EQ(GetText(vault, "results/1/1"), "third");
    EXPECT_EQ(GetText(vault, "arguments/1/0"), "fourth");
  }
  EXPECT_GT(n_killed, 50);
}

// A bucket that goes as a whole, one that goes in part, one that is held in part, one that stays.
class ExpiryKillTest : public KillTest {
 protected:
  static constexpr int64_t kExpiry = kNow + 7 * kDayUs + kHourUs;

  ExpiryKillTest() {
    {
      Vault vault = OpenVault();
      due_.push_back(Put(vault, DataClass::kResults, "yesterday", kNow - kDayUs).reference);
      due_.push_back(Put(vault, DataClass::kResults, "morning", kNow).reference);
      kept_.push_back(Put(vault, DataClass::kResults, "evening", kNow + 6 * kHourUs).reference);
      due_.push_back(Put(vault, DataClass::kCaches, "due", kNow).reference);
      kept_.push_back(Put(vault, DataClass::kCaches, "held", kNow, "run-held").reference);
      kept_.push_back(Put(vault, DataClass::kAnswer, "young", kNow).reference);
    }
    HoldRun("run-held");
    SaveState();
  }

  size_t CountExpired(const Vault& vault) const {
    size_t n = 0;
    for (const std::string& reference : due_) {
      const std::string text = GetText(vault, reference);
      if (text.find("expired on") != std::string::npos) ++n;
    }
    return n;
  }
  void ExpectKept(const Vault& vault, int n) const {
    for (size_t i = 0; i < kept_.size(); ++i) {
      const char* const texts[] = {"evening", "held", "young"};
      ASSERT_EQ(GetText(vault, kept_[i]), texts[i]) << "operation " << n;
    }
  }

  std::vector<std::string> due_, kept_;
};

TEST_F(ExpiryKillTest, AtEveryOperationOfAnExpiryTheNextOpenFinishesIt) {
  int n_killed = 0;
  int n_begun = 0;
  for (const Fault fault : {Fault::kDies, Fault::kHalfThenDies}) {
    bool survived = false;
    for (int n = 1; !survived; ++n) {
      RestoreState();
      survived = ExpireInChild(fault, n, kExpiry);
      n_killed += survived ? 0 : 1;
      const bool had_begun = std::filesystem::exists(VaultPath("expiry.json"));
      n_begun += had_begun ? 1 : 0;
      Vault vault = OpenVault();
      ASSERT_EQ(vault.finished().has_value(), had_begun);
      const size_t n_expired = CountExpired(vault);
      // All or nothing, and all once it had begun.
      ASSERT_TRUE(n_expired == due_.size() || (n_expired == 0 && !had_begun && !survived)) << n;
      ASSERT_NO_FATAL_FAILURE(ExpectKept(vault, n));
      ASSERT_FALSE(Expire(vault, kExpiry).has_problems()) << n;
      ASSERT_EQ(CountExpired(vault), due_.size()) << n;
      ASSERT_NO_FATAL_FAILURE(ExpectKept(vault, n));
    }
  }
  EXPECT_GT(n_killed, 60);
  EXPECT_GT(n_begun, 20);
}

TEST_F(ExpiryKillTest, AlsoWhenTheFinishingIsKilledItself) {
  // Into the middle of the expiry: half of it lies behind the file that tells of it.
  int n_middle = 1;
  for (;; ++n_middle) {
    RestoreState();
    ASSERT_FALSE(ExpireInChild(Fault::kHalfThenDies, n_middle, kExpiry));
    if (std::filesystem::exists(VaultPath("expired.json"))) break;
  }
  n_middle += 4;
  bool survived = false;
  for (int n = 1; !survived; ++n) {
    RestoreState();
    ASSERT_FALSE(ExpireInChild(Fault::kHalfThenDies, n_middle, kExpiry));
    ASSERT_TRUE(std::filesystem::exists(VaultPath("expiry.json")));
    survived = ExpireInChild(Fault::kHalfThenDies, n, kExpiry);
    const Vault vault = OpenVault();
    ASSERT_EQ(CountExpired(vault), due_.size()) << n;
    ASSERT_NO_FATAL_FAILURE(ExpectKept(vault, n));
  }
}

TEST_F(ExpiryKillTest, AHoldThatCameAfterTheKillKeepsWhatIsStillWhole) {
  // Dies right after "expiry.json" is there.
  for (int n = 1;; ++n) {
    RestoreState();
    ASSERT_FALSE(ExpireInChild(Fault::kDies, n, kExpiry));
    if (std::filesystem::exists(VaultPath("expiry.json"))) break;
  }
  HoldRun("run-1");
  const Vault vault = OpenVault();
  ASSERT_TRUE(vault.finished().has_value());
  EXPECT_EQ(vault.finished()->n_destroyed(), 0u);
  EXPECT_EQ(GetText(vault, due_[0]), "yesterday");
}

TEST_F(KillTest, AtRandomMomentsEverythingThatWasAcknowledgedIsThere) {
  std::mt19937 random(7);
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 12; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Result<Vault> vault = Vault::Open(State(), retention_);
      for (int i = 0; vault; ++i) {
        const auto data_class = i % 2 == 0 ? DataClass::kResults : DataClass::kAnswer;
        const Result<Stored> stored = vault->Put(
            {.data_class = data_class, .run_id = "run-1", .bytes = "text"}, kNow + i * kHourUs);
        const std::string line = stored ? stored->reference + "\n" : "error\n";
        if (::write(pipe_fds[1], line.data(), line.size()) < 0) ::_exit(1);
      }
      ::_exit(2);
    }
    ::close(pipe_fds[1]);
    std::string told(1, '\0');
    ASSERT_EQ(::read(pipe_fds[0], told.data(), 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    for (char byte = 0; ::read(pipe_fds[0], &byte, 1) == 1;) told += byte;
    ::close(pipe_fds[0]);
    std::istringstream lines(told);
    for (std::string line; std::getline(lines, line);) {
      // A line without its end was never told.
      if (!lines.eof()) acknowledged.push_back(line);
    }
  }
  EXPECT_GT(acknowledged.size(), 20u);
  const Vault vault = OpenVault();
  for (const std::string& reference : acknowledged) {
    ASSERT_EQ(GetText(vault, reference), "text") << reference;
  }
}

}  // namespace
}  // namespace weir::vault
