// Nothing that a tool started is left once it has been stopped, whatever it did to stay.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/unique_fd.h"
#include "sandbox/testing/sandbox_fixture.h"

namespace weir::sandbox {
namespace {

using testing::In;

class StopTest : public testing::SandboxTest {
 protected:
  // A pipe whose write end every process of the tool holds: it hangs up when the last is gone.
  struct Held {
    UniqueFd read, write;
  };
  static Held MakePipe() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
  }
  static bool HangsUp(const UniqueFd& read, int timeout_ms) {
    struct pollfd pipe = {read.get(), POLLIN, 0};
    return ::poll(&pipe, 1, timeout_ms) == 1 && (pipe.revents & POLLHUP) != 0;
  }
  Result<SandboxedChild> SpawnDescendants(int n, const UniqueFd& held) const {
    SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE, "descendants", std::to_string(n)};
    request.pass_fds = {{held.get(), 3}};
    return SpawnSandboxed(Profile(), request);
  }
  static bool HasNoChildren() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }
};

TEST_F(StopTest, DescendantsThatLeftGroupAndSessionAndIgnoreSignalsAreGone) {
  SKIP_WITHOUT(Profile());
  for (int cycle = 0; cycle < 100; ++cycle) {
    Held held = MakePipe();
    Result<SandboxedChild> child = SpawnDescendants(3, held.write);
    held.write.reset();
    ASSERT_TRUE(child.has_value()) << child.error().message;
    ASSERT_EQ(child->process.ReadLine(100, In(10'000)).value_or("nothing said"), "ready");
    ASSERT_FALSE(HangsUp(held.read, 0)) << "they are there";
    // Half of them get their time to end well, which they do not use.
    ASSERT_TRUE(child->process.Kill(cycle % 2 == 0 ? 0 : 5'000).has_value());
    ASSERT_TRUE(HangsUp(held.read, 0)) << "cycle " << cycle;
  }
  EXPECT_TRUE(HasNoChildren());
}

TEST_F(StopTest, DescendantsAreGoneWhenTheToolEndsByItself) {
  SKIP_WITHOUT(Profile());
  Held held = MakePipe();
  Result<SandboxedChild> child = SpawnDescendants(3, held.write);
  held.write.reset();
  ASSERT_TRUE(child.has_value()) << child.error().message;
  ASSERT_EQ(child->process.ReadLine(100, In(10'000)).value(), "ready");
  // Init is the direct child; the tool is its first.
  std::ifstream children("/proc/" + std::to_string(child->process.pid()) + "/task/" +
                         std::to_string(child->process.pid()) + "/children");
  pid_t tool = 0;
  if (!(children >> tool)) GTEST_SKIP() << "this kernel does not list children in /proc";
  ::kill(tool, SIGKILL);
  EXPECT_EQ(child->process.Wait(In(10'000)).value().code, SIGKILL);
  EXPECT_TRUE(HangsUp(held.read, 0));
  EXPECT_TRUE(HasNoChildren());
}

TEST_F(StopTest, DescendantsDieWithTheProcessThatStartedTheTool) {
  SKIP_WITHOUT(Profile());
  Held held = MakePipe();
  Held ready = MakePipe();
  const pid_t parent = ::fork();
  if (parent == 0) {
    Result<SandboxedChild> child = SpawnDescendants(3, held.write);
    const bool started = child && child->process.ReadLine(100, In(10'000)).has_value();
    [[maybe_unused]] const ssize_t n = ::write(ready.write.get(), started ? "y" : "n", 1);
    for (;;) ::pause();
  }
  held.write.reset();
  char started = 0;
  ASSERT_EQ(::read(ready.read.get(), &started, 1), 1);
  EXPECT_EQ(started, 'y');
  ::kill(parent, SIGKILL);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  EXPECT_TRUE(HangsUp(held.read, 10'000));
}

}  // namespace
}  // namespace weir::sandbox
