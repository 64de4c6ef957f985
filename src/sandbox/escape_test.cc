// Every probe of testing/probe_*.cc in the sandbox, where none may get out, and without it, where
// most must, or they would prove nothing. Prints "0 of N escapes".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sandbox/level.h"
#include "sandbox/testing/escape_fixture.h"

namespace weir::sandbox {
namespace {

using testing::Escapes;
using EscapeTest = testing::EscapeFixture;
using ::testing::IsSubsetOf;
using testing::Limited;
using testing::Names;
using testing::Report;

TEST_F(EscapeTest, NoneGetsOutOfTheSandbox) {
  const SandboxProfile profile = Limited(Profile());
  SKIP_WITHOUT(profile);
  const std::string before = Outside();
  const Escapes escapes = InSandbox(profile);
  Report("full", escapes);
  EXPECT_GE(escapes.size(), 50u);
  EXPECT_EQ(Names(escapes), std::set<std::string>());
  EXPECT_EQ(Outside(), before);
}

TEST_F(EscapeTest, NoneGetsOutWhereAllElseIsMountedReadOnly) {
  SandboxProfile profile = Limited(Profile());
  profile.read_only_mounts = true;
  SKIP_WITHOUT(profile);
  const std::string before = Outside();
  const Escapes escapes = InSandbox(profile);
  Report("full with read-only mounts", escapes);
  EXPECT_EQ(Names(escapes), std::set<std::string>());
  EXPECT_EQ(Outside(), before);
}

// Without namespaces nothing counts processes; everything else holds as well.
TEST_F(EscapeTest, WithoutNamespacesOnlyTheNumberOfProcessesIsOpen) {
  const SandboxProfile profile = AtLevel(Limited(Profile()), SandboxLevel::kBasic);
  SKIP_WITHOUT(profile);
  if (SpawnProbe(profile, {"nothing"})->achieved.landlock_abi < 6) {
    GTEST_SKIP() << "before Landlock ABI 6 signals and abstract sockets need namespaces";
  }
  const std::string before = Outside();
  const Escapes escapes = InSandbox(profile);
  Report("basic", escapes);
  EXPECT_THAT(Names(escapes), IsSubsetOf({"make_many_processes"}));
  EXPECT_EQ(Outside(), before);
}

TEST_F(EscapeTest, WithoutASandboxMostProbesGetOut) {
  const Escapes escapes = WithoutSandbox();
  Report("without a sandbox", escapes);
  EXPECT_GE(escapes.size(), 50u);
  // What is left depends on the kernel's settings and on who runs this.
  EXPECT_GE(Names(escapes).size() * 3, escapes.size() * 2);
}

}  // namespace
}  // namespace weir::sandbox
