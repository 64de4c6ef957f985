#include "changes/cow_view.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "changes/render.h"
#include "changes/testing/in_child.h"
#include "changes/testing/view_fixture.h"
#include "platform/files.h"

namespace weir::changes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Outcome;
using testing::RunIn;
using ::testing::StartsWith;
using testing::ViewCommand;

class CowViewTest : public testing::ViewFixture {
 protected:
  CowViewTest() {
    tree_.Write("workspace/notes.txt", "one\n");
    tree_.Write("workspace/folder/inner.txt", "inner\n");
  }

  void SetUp() override {
    if (const std::string why = WhyNoView(); !why.empty()) GTEST_SKIP() << why;
  }

  static std::vector<std::string> LinesOf(const CowView& view) {
    const Result<ChangeSet> set = view.ReadChanges();
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return RenderLines(set.value_or(ChangeSet{}));
  }

  std::vector<std::string> PreviewFolders() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(tree_.state() + "/preview")) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with('.')) names.push_back(name);
    }
    return names;
  }
};

// ---- what is refused ----

TEST_F(CowViewTest, StateAndWorkspaceInOneAnotherAreRefused) {
  for (const std::string& state : {tree_.workspace() + "/state", tree_.workspace()}) {
    const Result<CowView> view = CowView::Open(state, tree_.workspace());
    ASSERT_FALSE(view.has_value()) << state;
    EXPECT_EQ(view.error().code, ErrorCode::kInvalidArgument);
  }
  const Result<CowView> inside = CowView::Open(tree_.state(), tree_.state() + "/preview");
  ASSERT_FALSE(inside.has_value());
  EXPECT_EQ(inside.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(CowViewTest, AWorkspaceThatIsNotThereIsNamed) {
  const Result<CowView> view = CowView::Open(tree_.state(), tree_.At("gone"));
  ASSERT_FALSE(view.has_value());
  EXPECT_EQ(view.error().code, ErrorCode::kNotFound);
}

TEST_F(CowViewTest, AWorkspaceOfSomebodyElseIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::chown(tree_.workspace().c_str(), 4321, 4321), 0);
  const Result<CowView> view = CowView::Open(tree_.state(), tree_.workspace());
  ASSERT_FALSE(view.has_value());
  EXPECT_EQ(view.error().code, ErrorCode::kUnsupported);
}

TEST_F(CowViewTest, AMountInTheWorkspaceIsRefused) {
  // In a child with a mount namespace of its own; the folder is a file system in memory there.
  const std::string said =
      testing::WithSmallDisk(tree_.At("workspace/folder"), 1 << 20, [this]() -> std::string {
        const Result<CowView> view = CowView::Open(tree_.state(), tree_.workspace());
        return view ? "opened" : view.error().message;
      });
  if (said.starts_with("skip")) GTEST_SKIP() << said;
  EXPECT_THAT(said, HasSubstr("a file system is mounted at"));
  EXPECT_THAT(said, HasSubstr("workspace/folder"));
}

TEST_F(CowViewTest, AWorkspaceThatWasReplacedIsRefused) {
  const CowView view = OpenView();
  std::filesystem::rename(tree_.workspace(), tree_.At("aside"));
  tree_.MakeFolder("workspace");
  const Outcome outcome = RunIn(view, ViewCommand({"write", "x", "x"}));
  EXPECT_FALSE(outcome.could_start);
  EXPECT_THAT(outcome.why_not, HasSubstr("replaced by another folder"));
}

TEST_F(CowViewTest, WhereTheKernelSaysNoTheReasonIsTold) {
  // A user namespace that may have no others in it: as on a machine that forbids them.
  const std::string said = testing::InChild([this]() -> std::string {
    const CowView view = OpenView();
    ViewPlan plan = view.plan();
    plan.uid_map = "no map\n";
    const ViewStep step = EnterView(plan);
    return std::string(ViewStepText(step)) + ": " + std::to_string(errno);
  });
  EXPECT_THAT(said, HasSubstr("the user and group of the view: " + std::to_string(EINVAL)));
}

TEST_F(CowViewTest, WhatCouldNotBePutBackIsAProblem) {
  const CowView view = OpenView();
  EXPECT_TRUE(RunIn(view, ViewCommand({"mkfifo", "pipe"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"socket", "socket"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"hard-link", "notes.txt", "twin"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"chmod", "folder/inner.txt", "4755"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "secret", "x"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"chmod", "secret", "0"})).ok);
  EXPECT_THAT(
      LinesOf(view),
      ElementsAre(StartsWith("NOT POSSIBLE folder/inner.txt"), StartsWith("NOT POSSIBLE notes.txt"),
                  StartsWith("NOT POSSIBLE pipe"), StartsWith("NOT POSSIBLE secret"),
                  StartsWith("NOT POSSIBLE socket"), StartsWith("NOT POSSIBLE twin")));
}

TEST_F(CowViewTest, FilesOfOthersCanNotBeChangedInAView) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(tree_.At("workspace/notes.txt").c_str(), 4321, 4321), 0);
  const CowView view = OpenView();
  EXPECT_FALSE(RunIn(view, ViewCommand({"write", "notes.txt", "x"})).ok);
  EXPECT_THAT(LinesOf(view), IsEmpty());
}

// ---- the workspace can not be reached ----

TEST_F(CowViewTest, NothingReachesTheWorkspaceByAnyName) {
  const testing::Snapshot before = tree_.Workspace(true);
  const CowView view = OpenView();
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "relative.txt", "x"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", tree_.At("workspace/absolute.txt"), "x"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "../workspace/up.txt", "x"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "/proc/self/cwd/proc.txt", "x"})).ok);
  EXPECT_EQ(testing::Difference(before, tree_.Workspace(true)), "");
  EXPECT_THAT(LinesOf(view),
              ElementsAre(StartsWith("created absolute.txt"), StartsWith("created proc.txt"),
                          StartsWith("created relative.txt"), StartsWith("created up.txt")));
}

TEST_F(CowViewTest, TheOpenFolderLeadsIntoTheViewToo) {
  const CowView view = OpenView();
  platform::ChildOptions options = ViewCommand({"write-in-3", "through.txt", "x"});
  const UniqueFd real(::open(tree_.workspace().c_str(), O_RDONLY | O_DIRECTORY));
  options.cwd_fd = real.get();
  options.pass_fds = {{real.get(), 3}};
  EXPECT_TRUE(RunIn(view, options, 3).ok);
  EXPECT_FALSE(tree_.Exists("workspace/through.txt"));
  EXPECT_THAT(LinesOf(view), ElementsAre(StartsWith("created through.txt")));
}

TEST_F(CowViewTest, TheViewCanNotBeUnmountedByTheCommand) {
  const CowView view = OpenView();
  const Outcome outcome = RunIn(view, ViewCommand({"unmount", tree_.workspace()}));
  EXPECT_TRUE(outcome.could_start);
  EXPECT_FALSE(outcome.ok) << outcome.line;
}

TEST_F(CowViewTest, TheCommandHasNoCapabilities) {
  const CowView view = OpenView();
  EXPECT_EQ(RunIn(view, ViewCommand({"capabilities"})).line,
            "CapEff:\t0000000000000000 CapBnd:\t0000000000000000 ");
}

TEST_F(CowViewTest, ThisProcessMountsNothing) {
  const CowView view = OpenView();
  ASSERT_TRUE(RunIn(view, ViewCommand({"write", "x", "x"})).ok);
  const std::string mounts = *platform::ReadFile("/proc/self/mountinfo", 16 << 20);
  EXPECT_EQ(mounts.find(tree_.root()), std::string::npos);
}

// ---- what it is for ----

TEST_F(CowViewTest, CommandsSeeWhatTheOnesBeforeThemDid) {
  const CowView view = OpenView();
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "a.txt", "text"})).ok);
  EXPECT_TRUE(RunIn(view, ViewCommand({"rename", "a.txt", "folder/b.txt"})).ok);
  EXPECT_THAT(LinesOf(view), ElementsAre(StartsWith("created folder/b.txt")));
}

TEST_F(CowViewTest, ARenameIsSeenAsOne) {
  const CowView view = OpenView();
  EXPECT_TRUE(RunIn(view, ViewCommand({"rename", "notes.txt", "folder/notes.txt"})).ok);
  EXPECT_THAT(LinesOf(view), ElementsAre("renamed notes.txt -> folder/notes.txt"));
}

TEST_F(CowViewTest, ModesTheSystemGivesAreTheOnesOfAPlainFolder) {
  tree_.Chmod("workspace", 0750);
  const CowView view = OpenView();
  EXPECT_TRUE(RunIn(view, ViewCommand({"write", "x", "x"})).ok);
  const Result<ChangeSet> set = view.ReadChanges();
  ASSERT_TRUE(set.has_value());
  EXPECT_TRUE(set->problems.empty());
  EXPECT_EQ(set->changes.size(), 1u);
}

TEST_F(CowViewTest, ACommandIsKilledWithItsParent) {
  std::array<int, 2> fds;
  ASSERT_EQ(::pipe(fds.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const CowView view = OpenView();
    Result<platform::ChildProcess> child = view.Start(ViewCommand({"hang"}));
    const pid_t pid = child && child->ReadLine(100, testing::Deadline()) ? child->pid() : 0;
    if (::write(fds[1], &pid, sizeof(pid)) < 0) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t pid = 0;
  ASSERT_EQ(::read(fds[0], &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
  EXPECT_GT(pid, 0);
  EXPECT_EQ(PreviewFolders().size(), 2u);  // the view and its lock
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  // A zombie counts as gone: its new parent may take its time.
  char state = 'R';
  for (int i = 0; i < 200 && state != '-' && state != 'Z'; ++i) {
    ::usleep(10'000);
    const auto stat = platform::ReadFile("/proc/" + std::to_string(pid) + "/stat", 10'000);
    state = stat ? (*stat)[stat->rfind(')') + 2] : '-';
  }
  EXPECT_TRUE(state == '-' || state == 'Z') << state;
  // The view that was left behind goes with the next one; the next one's own goes at its end.
  {
    const CowView next = OpenView();
  }
  EXPECT_THAT(PreviewFolders(), IsEmpty());
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_F(CowViewTest, AViewInUseIsNotRemovedByAnother) {
  const CowView first = OpenView();
  ASSERT_TRUE(RunIn(first, ViewCommand({"write", "x", "x"})).ok);
  const CowView second = OpenView();
  EXPECT_THAT(LinesOf(first), ElementsAre(StartsWith("created x")));
  EXPECT_THAT(LinesOf(second), IsEmpty());
}

TEST_F(CowViewTest, NothingIsLeftAfterAViewWithFoldersNobodyMayEnter) {
  {
    const CowView view = OpenView();
    EXPECT_TRUE(RunIn(view, ViewCommand({"write", "folder/x", "x"})).ok);
    EXPECT_TRUE(RunIn(view, ViewCommand({"chmod", "folder", "0"})).ok);
  }
  EXPECT_THAT(PreviewFolders(), IsEmpty());
}

// The same from preview to undo as a user without any privilege.
TEST_F(CowViewTest, WorksForAnOrdinaryUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "every other test is run by an ordinary user already";
  const int user = 54'321;
  for (const char* path : {"", "workspace", "state", "workspace/notes.txt", "workspace/folder",
                           "workspace/folder/inner.txt"}) {
    ASSERT_EQ(::chown(tree_.At(path).c_str(), user, user), 0);
  }
  const testing::Snapshot before = tree_.Workspace();
  testing::RemoveAll(tree_.state() + "/preview");  // of SetUp
  const std::string said = testing::AsUser(user, [this]() -> std::string {
    if (::access(WEIR_VIEW_COMMAND, X_OK) != 0) return "skip: others may not run the command";
    Result<CowView> view = CowView::Open(tree_.state(), tree_.workspace());
    if (!view) return view.error().message;
    const Outcome outcome = RunIn(*view, ViewCommand({"random", "7", "30"}));
    if (!outcome.ok) return "the command: " + outcome.why_not + outcome.line;
    const Result<ChangeSet> set = view->ReadChanges();
    if (!set) return set.error().message;
    Result<History> history = History::Open(tree_.state(), clock_);
    if (!history) return history.error().message;
    const Result<CommitReport> report =
        history->Commit(view->workspace(), *set, view->upper(), {"run-1", *set->Digest()});
    if (!report) return report.error().message;
    if (!report->committed || set->changes.empty()) return "not committed";
    if (!view->ReadChanges()->empty()) return "the workspace is not what the view was";
    const Result<RestoreReport> undo = history->Restore("run-1", "undo-1");
    if (!undo) return undo.error().message;
    return undo->complete() ? "done" : "not complete";
  });
  if (said.starts_with("skip")) GTEST_SKIP() << said;
  EXPECT_EQ(said, "done");
  ExpectWorkspace(before);
}

}  // namespace
}  // namespace weir::changes
