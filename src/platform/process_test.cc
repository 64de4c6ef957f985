#include "platform/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "platform/files.h"
#include "platform/pipe.h"

namespace weir::platform {
namespace {

int64_t In(int64_t ms) { return SystemClock().MonotonicMicros() + ms * 1000; }

ChildOptions BadChild(std::vector<std::string> arguments) {
  ChildOptions options;
  options.argv = {WEIR_BAD_CHILD};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  return options;
}

ChildProcess Start(const ChildOptions& options) {
  Result<ChildProcess> child = ChildProcess::Spawn(options);
  EXPECT_TRUE(child.has_value()) << child.error().message;
  return std::move(*child);
}

std::string FirstLine(const ChildOptions& options) {
  ChildProcess child = Start(options);
  const Result<std::string> line = child.ReadLine(10'000, In(5000));
  EXPECT_TRUE(line.has_value()) << line.error().message;
  return line.value_or("");
}

// The state letter of a process, or '-' when there is none. Z: dead and not reaped (by its new
// parent, which is not our business when that is not us).
char StateOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t end = text.rfind(')');
  return end == std::string::npos ? '-' : text[end + 2];
}

bool IsGone(pid_t pid) {
  for (int i = 0; i < 100; ++i) {
    const char state = StateOf(pid);
    if (state == '-' || state == 'Z') return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::vector<pid_t> Pids(const std::string& line) {
  std::istringstream in(line);
  std::vector<pid_t> pids;
  for (pid_t pid; in >> pid;) pids.push_back(pid);
  return pids;
}

bool HaveNoChildren() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

TEST(ChildProcess, AnswersLineByLineAndEndsWhenItsInputIsClosed) {
  ChildProcess child = Start(BadChild({"echo"}));
  for (int i = 0; i < 100; ++i) {
    const std::string line = "line " + std::to_string(i);
    ASSERT_TRUE(child.Write(line + "\n", In(5000)));
    EXPECT_EQ(child.ReadLine(100, In(5000)).value(), line);
  }
  child.CloseStdin();
  EXPECT_EQ(child.ReadLine(100, In(5000)).error().code, ErrorCode::kUnavailable);
  const Result<ExitStatus> status = child.Wait(In(5000));
  EXPECT_TRUE(status.value().ok());
  EXPECT_TRUE(child.ended());
  EXPECT_TRUE(HaveNoChildren());
}

TEST(ChildProcess, PipesThatWereTakenAreClosedHere) {
  ChildProcess child = Start(BadChild({"echo"}));
  const UniqueFd input = child.TakeStdin();
  const UniqueFd output = child.TakeStdout();
  EXPECT_TRUE(input.valid() && output.valid());
  EXPECT_EQ(child.Write("x\n", In(1000)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(child.ReadLine(100, In(1000)).error().code, ErrorCode::kUnavailable);
  child.CloseStdin();
  EXPECT_FALSE(child.TakeStdin().valid() || child.TakeStdout().valid());
  // They are ours still, and lead to the child.
  ASSERT_EQ(::write(input.get(), "hello\n", 6), 6);
  std::array<char, 16> buffer;
  const Result<size_t> n = ReadSome(output.get(), buffer, "the child", In(5000));
  ASSERT_TRUE(n);
  EXPECT_EQ(std::string(buffer.data(), *n).substr(0, 5), "hello");
}

TEST(ChildProcess, AHangingChildIsGivenUpAtTheDeadlineAndKilledInTime) {
  ChildProcess child = Start(BadChild({"hang"}));
  ASSERT_EQ(child.ReadLine(100, In(5000)).value(), "ready");
  const int64_t begin = SystemClock().MonotonicMicros();
  EXPECT_EQ(child.ReadLine(100, In(50)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(child.Wait(In(10)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(child.Kill(100'000).value().code, SIGKILL);
  EXPECT_LT(SystemClock().MonotonicMicros() - begin, 2'000'000);
  EXPECT_TRUE(HaveNoChildren());
}

TEST(ChildProcess, SigtermIsEnoughForAWillingChild) {
  ChildProcess child = Start(BadChild({"echo"}));
  const Result<ExitStatus> status = child.Kill(5'000'000);
  EXPECT_TRUE(status.value().signalled);
  EXPECT_EQ(status.value().code, SIGTERM);
  EXPECT_EQ(status.value().ToString(), "signal 15 (Terminated)");
}

TEST(ChildProcess, KillingTwiceGivesTheSameStatus) {
  ChildProcess child = Start(BadChild({"hang"}));
  ASSERT_EQ(child.ReadLine(100, In(5000)).value(), "ready");
  EXPECT_EQ(child.Kill(0).value().code, SIGKILL);
  EXPECT_EQ(child.Kill(0).value().code, SIGKILL);
  EXPECT_EQ(child.Wait(In(0)).value().code, SIGKILL);
}

TEST(ChildProcess, ACrashIsSeenAsTheSignalItWas) {
  ChildProcess child = Start(BadChild({"crash"}));
  EXPECT_EQ(child.ReadLine(100, In(5000)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(child.Wait(In(5000)).value().code, SIGABRT);
}

TEST(ChildProcess, WritingToOneThatIsGoneOrDeafIsAnErrorAndNoSignal) {
  ChildProcess gone = Start(BadChild({"exit"}));
  EXPECT_EQ(gone.Wait(In(5000)).value().code, 3);
  EXPECT_EQ(gone.Write("x\n", In(5000)).error().code, ErrorCode::kUnavailable);

  ChildProcess deaf = Start(BadChild({"pipe-closer"}));
  ASSERT_EQ(deaf.ReadLine(100, In(5000)).value(), "closed");
  EXPECT_EQ(deaf.Write("x\n", In(5000)).error().code, ErrorCode::kUnavailable);
}

TEST(ChildProcess, OneThatReadsNothingHitsTheWriteDeadline) {
  ChildProcess child = Start(BadChild({"hang"}));
  EXPECT_EQ(child.Write(std::string(1 << 20, 'x'), In(50)).error().code,
            ErrorCode::kDeadlineExceeded);
}

TEST(ChildProcess, AFloodIsReadInBoundedMemoryAndStopped) {
  ChildProcess child = Start(BadChild({"flood"}));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(child.ReadLine(1000, In(5000)).value().size(), 1000u);
  }
  EXPECT_TRUE(child.Kill(100'000).value().signalled);
}

TEST(ChildProcess, ALineOfTenMegabytesIsReadWhenAllowedAndRefusedWhenNot) {
  constexpr size_t kBytes = 10'000'000;
  ChildProcess allowed = Start(BadChild({"long-line", std::to_string(kBytes)}));
  EXPECT_EQ(allowed.ReadLine(kBytes, In(60'000)).value().size(), kBytes);

  ChildProcess refused = Start(BadChild({"long-line", std::to_string(kBytes)}));
  EXPECT_EQ(refused.ReadLine(kBytes - 1, In(60'000)).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.ReadLine(2 * kBytes, In(60'000)).error().code, ErrorCode::kResourceExhausted);
}

TEST(ChildProcess, HalfALineAtTheEndIsNoLine) {
  ChildProcess child = Start(BadChild({"half-line"}));
  EXPECT_EQ(child.ReadLine(100, In(5000)).error().code, ErrorCode::kUnavailable);
}

TEST(ChildProcess, GrandchildrenDieWithAHangingChild) {
  ChildProcess child = Start(BadChild({"grandchildren-hang", "3"}));
  const std::vector<pid_t> pids = Pids(child.ReadLine(100, In(5000)).value());
  ASSERT_EQ(pids.size(), 3u);
  const int64_t begin = SystemClock().MonotonicMicros();
  EXPECT_TRUE(child.Kill(100'000));
  for (const pid_t pid : pids) EXPECT_TRUE(IsGone(pid)) << pid << ' ' << StateOf(pid);
  EXPECT_LT(SystemClock().MonotonicMicros() - begin, 2'000'000);
}

TEST(ChildProcess, GrandchildrenLeftBehindDieWhenTheChildIsReaped) {
  ChildProcess child = Start(BadChild({"grandchildren-left", "3"}));
  const std::vector<pid_t> pids = Pids(child.ReadLine(100, In(5000)).value());
  ASSERT_EQ(pids.size(), 3u);
  EXPECT_TRUE(child.Wait(In(5000)).value().ok());
  for (const pid_t pid : pids) EXPECT_TRUE(IsGone(pid)) << pid << ' ' << StateOf(pid);
}

TEST(ChildProcess, NoZombiesAndNoDescriptorsAreLeftAfterManyStartsAndKills) {
  const auto n_fds = [] {
    int n = 0;
    for (int fd = 0; fd < 1000; ++fd) n += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return n;
  };
  const int before = n_fds();
  for (int i = 0; i < 30; ++i) {
    ChildProcess child = Start(BadChild({"echo"}));
    if (i % 3 == 0) {
      EXPECT_TRUE(child.Kill(0));
    }
    ChildProcess moved = std::move(child);
  }
  EXPECT_EQ(n_fds(), before);
  EXPECT_TRUE(HaveNoChildren());
}

TEST(ChildProcess, SeesOnlyTheDescriptorsItWasGiven) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, on purpose
  const UniqueFd far(::fcntl(leak.get(), F_DUPFD, 900));
  EXPECT_EQ(FirstLine(BadChild({"fds"})), "0 1 2 ");
  ChildOptions options = BadChild({"fds"});
  options.pass_fds = {{leak.get(), 9}, {far.get(), 3}};
  EXPECT_EQ(FirstLine(options), "0 1 2 3 9 ");
}

TEST(ChildProcess, PassedDescriptorsArriveAtTheirNumbersHoweverTheyCross) {
  const auto pipe_with = [](const std::string& text) {
    int fds[2];
    EXPECT_EQ(::pipe(fds), 0);
    EXPECT_EQ(::write(fds[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fds[1]);
    return UniqueFd(fds[0]);
  };
  // Low numbers of ours that are crossed over in the child.
  const UniqueFd a = pipe_with("from a");
  const UniqueFd b = pipe_with("from b");
  const UniqueFd low_a(::fcntl(a.get(), F_DUPFD, 3));
  const UniqueFd low_b(::fcntl(b.get(), F_DUPFD, 3));
  for (const auto& [number, text] : {std::pair(low_b.get(), "from a"), {low_a.get(), "from b"}}) {
    ChildOptions options = BadChild({"read-fd", std::to_string(number)});
    options.pass_fds = {{low_a.get(), low_b.get()}, {low_b.get(), low_a.get()}};
    EXPECT_EQ(FirstLine(options), text);
  }
}

TEST(ChildProcess, ImpossibleDescriptorsAreRefused) {
  for (const PassedFd bad : {PassedFd{0, 2}, PassedFd{0, -1}, PassedFd{-1, 3}}) {
    ChildOptions options = BadChild({"fds"});
    options.pass_fds = {bad};
    EXPECT_EQ(ChildProcess::Spawn(options).error().code, ErrorCode::kInvalidArgument);
  }
  ChildOptions twice = BadChild({"fds"});
  twice.pass_fds = {{0, 5}, {1, 5}};
  EXPECT_EQ(ChildProcess::Spawn(twice).error().code, ErrorCode::kInvalidArgument);
}

TEST(ChildProcess, TheEnvironmentIsExactlyWhatWasGiven) {
  EXPECT_EQ(FirstLine(BadChild({"env"})), "");
  ChildOptions options = BadChild({"env"});
  options.env = {"LANG=C", "A=b=c"};
  EXPECT_EQ(FirstLine(options), "LANG=C;A=b=c;");
}

TEST(ChildProcess, StartsInTheGivenFolderOrAtTheRoot) {
  EXPECT_EQ(FirstLine(BadChild({"folder"})), "/");
  const UniqueFd folder(::open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ChildOptions options = BadChild({"folder"});
  options.cwd_fd = folder.get();
  EXPECT_EQ(FirstLine(options), "/usr");
}

TEST(ChildProcess, HasItsOwnGroupNoNewPrivilegesLimitsAndDefaultSignals) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  ChildOptions options = BadChild({"state"});
  options.limits.open_files = 33;
  EXPECT_EQ(FirstLine(options), "1 1 0 33 11 0");
  ::signal(SIGPIPE, before);
}

TEST(ChildProcess, AProgramThatIsNotThereIsNamed) {
  ChildOptions options;
  options.argv = {"/no/such/program"};
  const Result<ChildProcess> child = ChildProcess::Spawn(options);
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(child.error().message, testing::HasSubstr("/no/such/program"));
  options.argv = {"/etc/passwd"};
  EXPECT_EQ(ChildProcess::Spawn(options).error().code, ErrorCode::kPermissionDenied);
  options.argv = {std::string("/bin/true\0x", 11)};
  EXPECT_EQ(ChildProcess::Spawn(options).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(HaveNoChildren());
}

// Fails with its own step unless it runs in a child of `parent`.
class ChildOfHook : public ChildHook {
 public:
  explicit ChildOfHook(pid_t parent) : parent_(parent) {}
  uint64_t namespaces() const override { return 0; }
  std::vector<int> fds() const override { return {}; }
  int Run(const int* /*fds*/, int /*error_fd*/) const noexcept override {
    errno = ECHILD;
    return ::getppid() == parent_ ? 0 : 7;
  }
  Error Explain(int step, int error_number) const override {
    return SystemError(error_number, "hook step " + std::to_string(step));
  }

 private:
  pid_t parent_;
};

TEST(ChildProcess, AHookThatFailsIsExplainedAndNothingIsExecuted) {
  ChildOptions options = BadChild({"echo"});
  const ChildOfHook hook(1 << 30);
  options.hook = &hook;
  const Result<ChildProcess> child = ChildProcess::Spawn(options);
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().message, "hook step 7: No child processes");
}

TEST(ChildProcess, AHookRunsInTheChild) {
  ChildOptions options = BadChild({"echo"});
  const ChildOfHook hook(::getpid());
  options.hook = &hook;
  ChildProcess child = Start(options);
  ASSERT_TRUE(child.Write("hello\n", In(5000)));
  EXPECT_EQ(child.ReadLine(100, In(5000)).value_or("nothing"), "hello");
}

TEST(ChildProcess, AStopEndsWaitingAtOnce) {
  ChildProcess child = Start(BadChild({"hang"}));
  ASSERT_TRUE(child.ReadLine(100, In(5000)));
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.request_stop();
  });
  const int64_t begin = SystemClock().MonotonicMicros();
  EXPECT_EQ(child.ReadLine(100, In(10'000), source.get_token()).error().code,
            ErrorCode::kCancelled);
  EXPECT_LT(SystemClock().MonotonicMicros() - begin, 2'000'000);
  EXPECT_EQ(child.Wait(In(10'000), source.get_token()).error().code, ErrorCode::kCancelled);
}

TEST(ChildProcess, DiesWithItsParent) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ChildProcess child = Start(BadChild({"hang"}));
    const pid_t pid = child.pid();
    [[maybe_unused]] const ssize_t n = ::write(fds[1], &pid, sizeof(pid));
    for (;;) ::pause();
  }
  pid_t child = 0;
  ASSERT_EQ(::read(fds[0], &child, sizeof(child)), static_cast<ssize_t>(sizeof(child)));
  EXPECT_NE(StateOf(child), '-');
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(IsGone(child));
  ::close(fds[0]);
  ::close(fds[1]);
}

}  // namespace
}  // namespace weir::platform
