// What hostile servers do to their session: every way ends as one honest error within its time, in
// bounded memory, and no other server notices.

#include "mcp_host/server_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <fstream>
#include <thread>

#include "mcp_host/testing/temp_folder.h"

namespace weir::mcp_host {
namespace {

using ::testing::HasSubstr;

// Resident memory of this process now, in bytes.
int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

class ServerSessionTest : public ::testing::Test {
 protected:
  SessionOptions Options(const std::string& name, const std::string& mode) {
    SessionOptions options;
    options.config.name = name;
    options.config.command = WEIR_HOSTILE_SERVER;
    options.config.args = {mode};
    options.config.start_timeout_s = 20;
    options.config.call_timeout_s = 1;
    options.clock = &SystemClock();
    Result<ServerPlan> plan =
        PlanServer(options.config, folder_.path(), sandbox::SandboxLevel::kFull);
    EXPECT_TRUE(plan.has_value()) << plan.error().message;
    if (plan) options.plan = std::move(*plan);
#ifdef WEIR_SANITIZED
    options.plan.profile.limits.data_bytes.reset();  // shadow memory counts as data
#endif
    return options;
  }
  Status StartIt(ServerSession& session) {
    return session.Start(
        [this](std::string_view subject) {
          started_.emplace_back(subject);
          return Status();
        },
        {});
  }
  // Empty when this machine lets servers have their box; else why not.
  std::string Missing() {
    ServerSession session(Options("probe", "friendly"));
    const Status started = StartIt(session);
    return started ? "" : started.error().message;
  }
  Result<mcp_client::CallToolResult> AskWeather(ServerSession& session) {
    return session.Call("get_weather", {{"city", "Oslo"}}, {});
  }
  static bool HasNoChildren() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

  testing::TempFolder folder_;
  std::vector<std::string> started_;
};

#define SKIP_WITHOUT_BOX() \
  if (const std::string missing = Missing(); !missing.empty()) GTEST_SKIP() << missing

TEST_F(ServerSessionTest, AFriendlyServerListsAndAnswers) {
  SKIP_WITHOUT_BOX();
  started_.clear();
  ServerSession session(Options("notes", "friendly"));
  EXPECT_FALSE(session.Tools({}).has_value()) << "not started";
  ASSERT_TRUE(StartIt(session).has_value());
  ASSERT_EQ(started_.size(), 1u);
  EXPECT_THAT(started_[0], HasSubstr("mcp-notes"));
  EXPECT_THAT(started_[0], HasSubstr("program sha256 "));
  const auto tools = session.Tools({});
  ASSERT_TRUE(tools.has_value()) << tools.error().message;
  EXPECT_EQ((*tools)->size(), 3u);
  const auto answer = AskWeather(session);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->structured_content["degrees"], 21);
  ASSERT_TRUE(StartIt(session).has_value());
  EXPECT_EQ(started_.size(), 1u) << "it runs already";
  session.Stop();
  EXPECT_TRUE(HasNoChildren());
}

TEST_F(ServerSessionTest, AStartThatCanNotBeRecordedIsNoStart) {
  SKIP_WITHOUT_BOX();
  ServerSession session(Options("notes", "friendly"));
  const Status started = session.Start(
      [](std::string_view) -> Status { return MakeError(ErrorCode::kUnavailable, "disk full"); },
      {});
  ASSERT_FALSE(started.has_value());
  EXPECT_FALSE(session.is_running());
  EXPECT_TRUE(HasNoChildren());
}

TEST_F(ServerSessionTest, AServerThatDoesNotComeUpSaysItsLastWordsAndWaitsLonger) {
  SKIP_WITHOUT_BOX();
  SessionOptions options = Options("notes", "crash-start");
  options.restarts.max_starts = 3;
  ServerSession session(std::move(options));
  for (int i = 0; i < 3; ++i) {
    const Status started = StartIt(session);
    ASSERT_FALSE(started.has_value());
    EXPECT_THAT(started.error().message, HasSubstr("MCP server 'notes'"));
    EXPECT_THAT(started.error().message, HasSubstr("ended by itself (exit code 3)"));
    EXPECT_THAT(started.error().message, HasSubstr("can not find my configuration"));
  }
  EXPECT_THAT(StartIt(session).error().message, HasSubstr("started 3 times within a minute"));
  EXPECT_TRUE(HasNoChildren());
}

struct Hostility {
  const char* mode;
  bool is_stopped;  // the server is stopped for it
};

class HostileServers : public ServerSessionTest, public ::testing::WithParamInterface<Hostility> {};

// A second server answers while the first one misbehaves, in another thread.
TEST_P(HostileServers, EndAsOneErrorInBoundedTimeAndMemoryWhileOthersAnswer) {
  SKIP_WITHOUT_BOX();
  ServerSession hostile(Options("hostile", GetParam().mode));
  ASSERT_TRUE(StartIt(hostile).has_value());
  const int64_t before = ResidentBytes();
  std::jthread neighbour([this] {
    ServerSession friendly(Options("friendly", "friendly"));
    const Status started = friendly.Start([](std::string_view) { return Status(); }, {});
    ASSERT_TRUE(started.has_value()) << started.error().message;
    for (int i = 0; i < 20; ++i) {
      const auto answer = AskWeather(friendly);
      ASSERT_TRUE(answer.has_value()) << answer.error().message;
    }
  });
  const int64_t began_us = SystemClock().MonotonicMicros();
  const auto answer = AskWeather(hostile);
  const int64_t took_us = SystemClock().MonotonicMicros() - began_us;
  ASSERT_FALSE(answer.has_value());
  EXPECT_THAT(answer.error().message, HasSubstr("MCP server 'hostile'"));
  EXPECT_LT(took_us, 20'000'000) << "one second for the call, and the end of the process";
  EXPECT_LT(ResidentBytes() - before, 64 << 20);
  EXPECT_EQ(hostile.is_running(), !GetParam().is_stopped);
  neighbour.join();
  hostile.Stop();
  EXPECT_TRUE(HasNoChildren());
}

INSTANTIATE_TEST_SUITE_P(Modes, HostileServers,
                         ::testing::Values(Hostility{"crash", true}, Hostility{"silence", true},
                                           Hostility{"flood", true},
                                           Hostility{"endless-line", true},
                                           Hostility{"long-line", true},
                                           Hostility{"bad-utf8", true},
                                           Hostility{"wrong-ids", true}),
                         [](const auto& info) {
                           std::string name = info.param.mode;
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(ServerSessionTest, AfterACrashTheNextCallStartsItAgain) {
  SKIP_WITHOUT_BOX();
  started_.clear();
  ServerSession session(Options("notes", "crash"));
  ASSERT_TRUE(StartIt(session).has_value());
  const auto crashed = AskWeather(session);
  ASSERT_FALSE(crashed.has_value());
  EXPECT_THAT(crashed.error().message, HasSubstr("signal 6"));
  ASSERT_TRUE(StartIt(session).has_value());
  EXPECT_EQ(started_.size(), 2u);
}

TEST_F(ServerSessionTest, AStopEndsACallAtOnce) {
  SKIP_WITHOUT_BOX();
  SessionOptions options = Options("notes", "silence");
  options.config.call_timeout_s = 60;
  ServerSession session(std::move(options));
  ASSERT_TRUE(StartIt(session).has_value());
  std::stop_source stop;
  std::jthread person([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const auto answer = session.Call("get_weather", {{"city", "Oslo"}}, stop.get_token());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(HasNoChildren()) << "and nothing is left";
}

}  // namespace
}  // namespace weir::mcp_host
