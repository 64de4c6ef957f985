// The worker as a process: its protocol, its crashes and hangs, and kill -9 in the middle of
// writing.

#include "tools/worker.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

#include "tools/json_fields.h"
#include "tools/testing/temp_workspace.h"
#include "tools/undo.h"
#include "tools/worker_host.h"

namespace weir::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class Worker : public ::testing::Test {
 protected:
  WorkerHost Host(const std::string& mode = "tool-worker",
                  std::chrono::milliseconds deadline = 20s) {
    (void)workspace_.Context();  // begins run-1
    WorkerHostOptions options;
    options.argv = {WEIR_FAKE_WORKER, mode};
    options.deadline = deadline;
    options.max_line_bytes = 8u << 20;
    options.sandbox = testing::AvailableSandbox();
    const std::string undo = workspace_.state() + "/undo";
    return WorkerHost(
        std::move(options),
        UniqueFd(::open(workspace_.folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        UniqueFd(::open(undo.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  }
  // The worker itself: the first child of its init, where it has one.
  static pid_t WorkerPid(const WorkerHost& host) {
    const std::string pid = std::to_string(host.pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    pid_t worker = 0;
    return children >> worker ? worker : host.pid();
  }
  static json::Json CallOf(const std::string& tool, const json::Json& arguments) {
    return {{"name", tool}, {"arguments", arguments}, {"_meta", {{"weir/run", "run-1"}}}};
  }
  static std::string TextOf(const Result<json::Json>& reply) {
    if (!reply) return "ERROR: " + reply.error().message;
    return StringFieldOr((*reply)["content"][0], "text", "").value_or("?");
  }
  testing::TempWorkspace workspace_;
};

TEST_F(Worker, ListsToolsInTheShapeOfMcp) {
  WorkerHost host = Host();
  const auto reply = host.Request("tools/list", json::Json::object());
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  ASSERT_EQ((*reply)["tools"].size(), 17u);
  const json::Json& tool = (*reply)["tools"][0];
  EXPECT_EQ(tool["name"], "list_files");
  EXPECT_EQ(tool["inputSchema"]["type"], "object");
  EXPECT_EQ(tool["annotations"]["readOnlyHint"], true);
}

TEST_F(Worker, CallsAndPreviewsTools) {
  workspace_.Write("notes.txt", "one\n");
  WorkerHost host = Host();
  const auto preview = host.Request(
      "weir/preview", CallOf("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}));
  ASSERT_TRUE(preview.has_value());
  EXPECT_EQ((*preview)["action"], "move notes.txt -> archive/notes.txt");
  EXPECT_TRUE(workspace_.Exists("notes.txt"));
  const auto reply = host.Request(
      "tools/call", CallOf("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ((*reply)["isError"], false);
  EXPECT_EQ((*reply)["_meta"]["weir/undo"], "run-1/000001");
  EXPECT_EQ((*reply)["structuredContent"]["destination"], "archive/notes.txt");
  EXPECT_EQ(TextOf(reply), "moved notes.txt to archive/notes.txt (made the folder archive)");
  EXPECT_TRUE(workspace_.Exists("archive/notes.txt"));
}

TEST_F(Worker, AnswersBadRequestsWithErrors) {
  WorkerHost host = Host();
  const auto bad = [&](const std::string& method, const json::Json& params) {
    return TextOf(host.Request(method, params));
  };
  EXPECT_THAT(bad("tools/fly", {}), HasSubstr("no method 'tools/fly'"));
  EXPECT_THAT(bad("tools/call", json::Json::object()), HasSubstr("'name' is missing"));
  EXPECT_THAT(bad("tools/call", CallOf("nothing", json::Json::object())), HasSubstr("no tool"));
  EXPECT_THAT(bad("tools/call", CallOf("read_file", json::Json::array())), HasSubstr("array"));
  EXPECT_THAT(bad("tools/call", CallOf("read_file", {{"path", 3}})), HasSubstr("do not fit"));
  EXPECT_THAT(bad("tools/call", CallOf("ask_user", {{"question", "why?"}})),
              HasSubstr("talks with the person"));
  EXPECT_THAT(bad("tools/call", {{"name", "write_file"},
                                 {"arguments", {{"path", "a"}, {"text", "b"}}},
                                 {"_meta", {{"weir/run", "../x"}}}}),
              HasSubstr("is not a run id"));
  EXPECT_FALSE(workspace_.Exists("a"));
  EXPECT_TRUE(host.running());
}

TEST_F(Worker, HasNoEnvironmentAndAGroupOfItsOwn) {
  ::setenv("WEIR_TEST_SECRET", "s", 1);
  WorkerHost host = Host();
  ASSERT_TRUE(host.Request("tools/list", json::Json::object()).has_value());
  EXPECT_EQ(::getpgid(host.pid()), host.pid());
  const std::string proc = "/proc/" + std::to_string(WorkerPid(host));
  const UniqueFd environment(::open((proc + "/environ").c_str(), O_RDONLY));
  EXPECT_EQ(*ReadAll(environment.get(), 1 << 20), "");
  std::vector<std::string> fds;
  const UniqueFd folder(::open((proc + "/fd").c_str(), O_RDONLY | O_DIRECTORY));
  size_t left_out = 0;
  const auto entries = ReadFolder(folder.get(), 100, &left_out);
  ASSERT_TRUE(entries.has_value());
  for (const FolderEntry& entry : *entries) {
    fds.push_back(entry.name);
  }
  EXPECT_THAT(fds, ::testing::ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(Worker, RunsInTheSandboxOfItsLevelAndSaysWhich) {
  WorkerHost host = Host();
  EXPECT_FALSE(host.achieved().has_value());
  ASSERT_TRUE(host.Start().has_value());
  ASSERT_TRUE(host.achieved().has_value());
  EXPECT_EQ(host.n_starts(), 1);
  const sandbox::AchievedSandbox& achieved = *host.achieved();
  EXPECT_TRUE(achieved.no_new_privs && achieved.no_capabilities);
  if (testing::AvailableSandbox() == sandbox::SandboxLevel::kOff) GTEST_SKIP() << "no sandbox here";
  EXPECT_GE(achieved.landlock_abi, 3);
  EXPECT_TRUE(achieved.seccomp);
  EXPECT_FALSE(achieved.allow_exec);
  EXPECT_EQ(achieved.network, sandbox::Network::kNone);
  // Two filters: that of every tool, and the list of what the worker calls.
  ASSERT_TRUE(host.Request("tools/list", json::Json::object()).has_value());
  std::ifstream status("/proc/" + std::to_string(WorkerPid(host)) + "/status");
  const std::string text(std::istreambuf_iterator<char>(status), {});
  EXPECT_THAT(text, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(text, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(text, HasSubstr("Seccomp_filters:\t2"));
}

TEST_F(Worker, KnowsTheTimeZoneThatItCanNoLongerRead) {
  WorkerHost host = Host();
  const auto reply = host.Request("tools/call", CallOf("current_time", json::Json::object()));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ((*reply)["isError"], false) << TextOf(reply);
  if (std::getenv("TZ") != nullptr) GTEST_SKIP() << "TZ is set here; a worker has no environment";
  std::array<char, 32> zone{};
  const std::time_t now = std::time(nullptr);
  std::strftime(zone.data(), zone.size(), "%z", std::localtime(&now));
  EXPECT_THAT(json::Dump(*reply), HasSubstr(zone.data()));
}

TEST_F(Worker, StartsLazilyAndAgainAfterACrash) {
  WorkerHost host = Host();
  EXPECT_FALSE(host.running());
  ASSERT_TRUE(host.Request("tools/list", json::Json::object()).has_value());
  const pid_t first = host.pid();
  ::kill(first, SIGKILL);
  std::this_thread::sleep_for(50ms);
  const auto reply = host.Request("tools/list", json::Json::object());
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message, HasSubstr("signal 9"));
  ASSERT_TRUE(host.Request("tools/list", json::Json::object()).has_value());
  EXPECT_NE(host.pid(), first);
}

TEST_F(Worker, AHangEndsAtTheDeadlineAndTheWorkerIsGone) {
  WorkerHost host = Host("hang", 300ms);
  const auto reply = host.Request("tools/list", json::Json::object());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(host.running());
}

TEST_F(Worker, AStopEndsACallThatIsRunning) {
  WorkerHost host = Host("hang");
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  const auto reply = host.Request("x", json::Json::object(), source.get_token());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(host.running());
}

TEST_F(Worker, ACrashAndNonsenseAreErrors) {
  EXPECT_THAT(Host("crash").Request("x", {}).error().message, HasSubstr("signal 6"));
  EXPECT_EQ(Host("garbage").Request("x", {}).error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(Host("wrong-id").Request("x", {}).error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(Host("no-result").Request("x", {}).error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(Host("flood").Request("x", {}).error().code, ErrorCode::kResourceExhausted);
  WorkerHostOptions options;
  options.argv = {"/nonexistent/weir"};
  WorkerHost missing(std::move(options), UniqueFd(::open("/tmp", O_RDONLY)),
                     UniqueFd(::open("/tmp", O_RDONLY)));
  EXPECT_FALSE(missing.Request("x", {}).has_value());
}

TEST_F(Worker, RefusesToRunWithoutItsFolders) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(3);
    ::execl(WEIR_FAKE_WORKER, WEIR_FAKE_WORKER, "tool-worker", nullptr);
    ::_exit(99);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

// The file always holds the old or the new content, never half, and undo brings the old one back.
TEST_F(Worker, KilledWhileWritingItLeavesOldOrNewNeverHalf) {
  const std::string old_text(1'500'000, 'o');
  const std::string new_text(1'500'000, 'n');
  int n_old = 0;
  int n_new = 0;
  for (int round = 0; round < 40; ++round) {
    workspace_.Write("big.txt", old_text);
    const std::string run = "kill-" + std::to_string(round);
    (void)workspace_.Context(run);
    WorkerHost host = Host();
    ASSERT_TRUE(host.Request("tools/list", json::Json::object()).has_value());
    const pid_t pid = host.pid();
    std::jthread killer([pid, round] {
      std::this_thread::sleep_for(std::chrono::microseconds(500 * round));
      ::kill(pid, SIGKILL);
    });
    json::Json call = CallOf("write_file", {{"path", "big.txt"}, {"text", new_text}});
    call["_meta"]["weir/run"] = run;
    (void)host.Request("tools/call", call).has_value();
    killer.join();
    const std::string now = workspace_.Read("big.txt");
    ASSERT_TRUE(now == old_text || now == new_text) << round << ": " << now.size();
    (now == old_text ? n_old : n_new) += 1;
    UndoOptions options;
    options.run_id = run;
    options.undo_run_id = "undo-" + run;
    const auto undone = UndoRun(workspace_.state(), options, SystemClock());
    if (undone) {
      EXPECT_THAT(undone->conflicts, IsEmpty());
    }
    ASSERT_EQ(workspace_.Read("big.txt"), old_text) << round;
  }
  EXPECT_GT(n_old, 0);
  RecordProperty("old", n_old);
  RecordProperty("new", n_new);
  EXPECT_TRUE(workspace_.Snapshot().size() == 1) << "a temporary file was left after undo";
}

}  // namespace
}  // namespace weir::tools
