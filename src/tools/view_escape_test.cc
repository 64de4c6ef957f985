// The sandbox and a copy-on-write view together: every escape of the sandbox's tests, and some
// around the view, tried by a tool whose workspace is a view. Prints "0 of N escapes".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "changes/cow_view.h"
#include "changes/testing/temp_tree.h"
#include "sandbox/testing/escape_fixture.h"
#include "tools/view_run.h"

namespace weir::tools {
namespace {

using changes::CowView;
using changes::testing::Difference;
using changes::testing::Snapshot;
using changes::testing::SnapshotOf;
using sandbox::testing::Escapes;
using sandbox::testing::Names;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class ViewEscapeTest : public sandbox::testing::EscapeFixture {
 protected:
  void SetUp() override {
    Result<CowView> view = CowView::Open(tree_.state(), workspace());
    if (!view) GTEST_SKIP() << view.error().message;
    view_ = std::make_unique<CowView>(std::move(*view));
    std::ofstream(workspace() + "/notes.txt") << "one\n";
    sandbox::SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE, "nothing"};
    const auto mount = view_->PrepareMount();
    request.view = mount->get();
    const auto child = sandbox::SpawnSandboxed(Profile(), request);
    if (!child) GTEST_SKIP() << child.error().message;
  }

  // The first line of the probe in the view, or the error.
  std::string InView(const sandbox::SandboxProfile& profile, std::vector<std::string> arguments) {
    sandbox::SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    const auto mount = view_->PrepareMount();
    request.view = mount->get();
    auto child = sandbox::SpawnSandboxed(profile, request);
    if (!child) return child.error().message;
    const Result<std::string> line = child->process.ReadLine(1000, sandbox::testing::In(10'000));
    (void)child->process.Wait(sandbox::testing::In(10'000));
    return line ? *line : line.error().message;
  }

  std::vector<std::string> LinesOfView() const {
    const Result<changes::ChangeSet> set = view_->ReadChanges();
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return changes::RenderLines(set.value_or(changes::ChangeSet{}));
  }

  changes::testing::TempTree tree_;  // the state folder, where a view can be
  std::unique_ptr<CowView> view_;
};

TEST_F(ViewEscapeTest, NoneGetsOutOfTheSandboxOrToTheWorkspaceBelow) {
  for (const bool read_only_mounts : {false, true}) {
    sandbox::SandboxProfile profile = sandbox::testing::Limited(Profile());
    profile.read_only_mounts = read_only_mounts;
    const std::string outside_before = Outside();
    const Snapshot before = SnapshotOf(workspace(), true);
    const auto mount = view_->PrepareMount();
    ASSERT_TRUE(mount.has_value()) << mount.error().message;
    const Escapes escapes = InSandbox(profile, mount->get(), {"view=" + view_->plan().folder});
    sandbox::testing::Report(read_only_mounts ? "in a view with read-only mounts" : "in a view",
                             escapes);
    EXPECT_GE(escapes.size(), 60u);
    EXPECT_EQ(Names(escapes), std::set<std::string>());
    EXPECT_EQ(Outside(), outside_before);
    EXPECT_EQ(Difference(before, SnapshotOf(workspace(), true)), "");
  }
  // They did write in the view: the probes for links and names need files of their own.
  EXPECT_THAT(LinesOfView(), Contains(HasSubstr("rename-me")));
}

// Else the probes around the view would prove nothing.
TEST_F(ViewEscapeTest, WithoutTheSandboxTheUpperFolderAndTheWorkspaceAreInReach) {
  platform::ChildOptions options;
  options.argv = {WEIR_SANDBOX_PROBE,
                  "escapes",
                  "workspace=" + workspace(),
                  "outside=" + outside(),
                  "parent=" + std::to_string(::getpid()),
                  "view=" + view_->plan().folder};
  Result<platform::ChildProcess> child = view_->Start(options);
  ASSERT_TRUE(child.has_value()) << child.error().message;
  std::set<std::string> escaped;
  for (;;) {
    const Result<std::string> line = child->ReadLine(1000, sandbox::testing::In(20'000));
    if (!line) break;
    if (line->ends_with(" 1")) escaped.insert(line->substr(0, line->size() - 2));
  }
  EXPECT_THAT(escaped, IsSupersetOf({"write_upper_folder", "list_upper_folder"}));
}

TEST_F(ViewEscapeTest, OrdinaryWorkIsDoneInTheViewAlone) {
  const Snapshot before = SnapshotOf(workspace(), true);
  EXPECT_EQ(InView(Profile(), {"work", workspace()}), "done no-chmod");
  EXPECT_EQ(Difference(before, SnapshotOf(workspace(), true)), "");
  EXPECT_THAT(LinesOfView(), Contains(HasSubstr("below/link")));
}

TEST_F(ViewEscapeTest, ModesCanBeChangedInTheViewWhereAllElseIsReadOnly) {
  sandbox::SandboxProfile profile = Profile();
  profile.read_only_mounts = true;
  const Snapshot before = SnapshotOf(workspace(), true);
  EXPECT_EQ(InView(profile, {"work", workspace()}), "done chmod");
  EXPECT_EQ(Difference(before, SnapshotOf(workspace(), true)), "");
  EXPECT_THAT(LinesOfView(), Contains(HasSubstr("mode 0750")));
}

TEST_F(ViewEscapeTest, AFolderThatIsOnlyReadableCanNotBeWrittenInTheView) {
  sandbox::SandboxProfile profile = Profile();
  profile.readable.push_back({.path = workspace()});
  profile.writable.clear();
  EXPECT_THAT(InView(profile, {"work", workspace()}), HasSubstr("ended its output"));
  EXPECT_TRUE(LinesOfView().empty());
}

TEST_F(ViewEscapeTest, TheStateOfAToolIsAsWithoutAView) {
  const std::string without = FirstLine(Profile(), {"state"});
  EXPECT_EQ(InView(Profile(), {"state"}), without);
}

TEST_F(ViewEscapeTest, AWorkspaceThatWasReplacedIsRefused) {
  std::filesystem::rename(workspace(), outside() + "/aside");
  std::filesystem::create_directory(workspace());
  const std::string said = InView(Profile(), {"work", workspace()});
  EXPECT_THAT(said, HasSubstr("sandbox 'probe' can not be had"));
  EXPECT_THAT(said, HasSubstr("replaced by another folder"));
  EXPECT_THAT(said, HasSubstr("nothing was started"));
}

}  // namespace
}  // namespace weir::tools
