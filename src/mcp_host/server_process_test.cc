// A stranger's server as a process: its box, its end, and that nothing of it stays.

#include "mcp_host/server_process.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "mcp_host/testing/temp_folder.h"

namespace weir::mcp_host {
namespace {

using ::testing::HasSubstr;

class ServerProcessTest : public ::testing::Test {
 protected:
  catalog::ServerConfig Config(const std::string& mode) const {
    catalog::ServerConfig config;
    config.name = "notes";
    config.command = WEIR_HOSTILE_SERVER;
    config.args = {mode};
    return config;
  }
  Result<std::unique_ptr<ServerProcess>> Start(const catalog::ServerConfig& config) {
    ASSIGN_OR_RETURN(ServerPlan plan,
                     PlanServer(config, folder_.path(), sandbox::SandboxLevel::kFull));
#ifdef WEIR_SANITIZED
    plan.profile.limits.data_bytes.reset();  // the sanitizer's shadow memory counts as data
#endif
    return ServerProcess::Start(plan);
  }
  // Empty when this machine lets servers have their box; else why not.
  std::string Missing() {
    const auto process = Start(Config("friendly"));
    return process ? "" : process.error().message;
  }
  static int NumberOfOpenFiles() {
    DIR* folder = ::opendir("/proc/self/fd");
    int n = 0;
    while (::readdir(folder) != nullptr) ++n;
    ::closedir(folder);
    return n;
  }
  static bool HasNoChildren() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

  testing::TempFolder folder_;
};

TEST_F(ServerProcessTest, AProgramThatIsNotThereStartsNothing) {
  catalog::ServerConfig config = Config("friendly");
  config.command = "/no/such/server";
  const auto process = Start(config);
  ASSERT_FALSE(process.has_value());
  EXPECT_THAT(process.error().message, HasSubstr("/no/such/server"));
  EXPECT_TRUE(HasNoChildren());
}

TEST_F(ServerProcessTest, ItsLastWordsAreKeptBoundedAndPrintable) {
  if (const std::string missing = Missing(); !missing.empty()) GTEST_SKIP() << missing;
  auto process = Start(Config("crash-start"));
  ASSERT_TRUE(process.has_value()) << process.error().message;
  EXPECT_TRUE((*process)->HasEnded(10'000'000));
  (*process)->Stop();
  EXPECT_EQ((*process)->HowItEnded(), "ended by itself (exit code 3)");
  EXPECT_EQ((*process)->LastWords(), "; its last words: can not find my configuration");
}

TEST_F(ServerProcessTest, AFloodOnStderrNeitherStallsItNorFillsMemory) {
  if (const std::string missing = Missing(); !missing.empty()) GTEST_SKIP() << missing;
  auto process = Start(Config("stderr-flood"));
  ASSERT_TRUE(process.has_value()) << process.error().message;
  const UniqueFd to = (*process)->TakeInput();
  const UniqueFd from = (*process)->TakeOutput();
  const std::string ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
  ASSERT_EQ(::write(to.get(), ping.data(), ping.size()), static_cast<ssize_t>(ping.size()));
  struct pollfd readable = {from.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 30'000), 1) << "it writes 4.8 MB of noise before it answers";
  EXPECT_EQ((*process)->LastWords(), "; its last words: noise noise noise noise");
}

TEST_F(ServerProcessTest, AServerThatReadsItsEndOfInputIsGoneAtOnce) {
  if (const std::string missing = Missing(); !missing.empty()) GTEST_SKIP() << missing;
  auto process = Start(Config("friendly"));
  ASSERT_TRUE(process.has_value()) << process.error().message;
  (*process)->Stop();
  EXPECT_EQ((*process)->HowItEnded(), "ended by itself (exit code 0)");
}

// Descendants that leave group and session and ignore SIGTERM hold the stdout pipe: it hangs up
// only when the last one is gone.
TEST_F(ServerProcessTest, AHundredStartsAndStopsLeaveNobodyBehind) {
  if (const std::string missing = Missing(); !missing.empty()) GTEST_SKIP() << missing;
  const int before = NumberOfOpenFiles();
  for (int cycle = 0; cycle < 100; ++cycle) {
    auto process = Start(Config(cycle % 25 == 0 ? "stay" : "friendly"));
    ASSERT_TRUE(process.has_value()) << process.error().message;
    UniqueFd to = (*process)->TakeInput();
    const UniqueFd from = (*process)->TakeOutput();
    const std::string ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    ASSERT_EQ(::write(to.get(), ping.data(), ping.size()), static_cast<ssize_t>(ping.size()));
    struct pollfd pipe = {from.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&pipe, 1, 20'000), 1);
    char answer[256];
    ASSERT_GT(::read(from.get(), answer, sizeof(answer)), 0) << "its descendants are there now";
    to.reset();
    (*process)->Stop();
    ASSERT_EQ(::poll(&pipe, 1, 0), 1) << "cycle " << cycle;
    ASSERT_NE(pipe.revents & POLLHUP, 0) << "cycle " << cycle;
  }
  EXPECT_TRUE(HasNoChildren());
  EXPECT_EQ(NumberOfOpenFiles(), before);
}

}  // namespace
}  // namespace weir::mcp_host
