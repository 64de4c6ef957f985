// Previews by doing: what a stranger's tool changes in a view is shown, committed as shown, and
// nothing else happens.

#include "tools/view_run.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "changes/testing/random_ops.h"
#include "changes/testing/temp_tree.h"
#include "json/json.h"

namespace weir::tools {
namespace {

using changes::testing::Difference;
using changes::testing::Snapshot;
using changes::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

#ifdef WEIR_SANITIZED
constexpr int kSequences = 40;
#else
constexpr int kSequences = 500;
#endif

class ViewRunTest : public ::testing::Test {
 protected:
  ViewRunTest() { tree_.Write("workspace/notes.txt", "one\ntwo\n"); }

  void SetUp() override {
    const Result<ViewRun> run = Start();
    if (!run) GTEST_SKIP() << run.error().message;
  }

  sandbox::SandboxProfile Profile() const {
    sandbox::SandboxProfile profile;
    profile.name = "stranger";
    profile.readable = sandbox::LoaderPaths();
    profile.writable = {{.path = tree_.workspace()}};
    profile.network = sandbox::Network::kInherit;
    profile.limits.open_files = 64;
    return profile;
  }

  Result<ViewRun> Start(const sandbox::SandboxProfile& profile) const {
    return ViewRun::Start({.state_folder = tree_.state(),
                           .workspace = tree_.workspace(),
                           .profile = profile,
                           .argv = {WEIR_LINE_TOOL}});
  }
  Result<ViewRun> Start() const { return Start(Profile()); }

  static int64_t In(int64_t ms) { return SystemClock().MonotonicMicros() + ms * 1000; }

  // "ok", or why not.
  static std::string Ask(ViewRun& run, const json::Json& request) {
    if (const Status sent = run.process().Write(json::Dump(request) + "\n", In(10'000)); !sent) {
      return sent.error().message;
    }
    const Result<std::string> line = run.process().ReadLine(10'000, In(10'000));
    if (!line) return line.error().message;
    const Result<json::Json> answer = json::Parse(*line);
    if (!answer) return answer.error().message;
    return answer->value("ok", false) ? "ok" : answer->value("why", "no reason");
  }

  changes::History OpenHistory() const {
    Result<changes::History> history = changes::History::Open(tree_.state(), clock_);
    EXPECT_TRUE(history.has_value()) << history.error().message;
    return std::move(*history);
  }

  TempTree tree_;
  FakeClock clock_{1'700'000'000'000'000};
};

// ---- the profile of a preview ----

TEST(PreviewProfileTest, WritesNothingButTheWorkspaceAndHasNoNetwork) {
  const TempTree tree;
  tree.MakeFolder("workspace/inner");
  tree.MakeFolder("state");
  sandbox::SandboxProfile profile;
  profile.name = "stranger";
  profile.network = sandbox::Network::kInherit;
  profile.seccomp = false;
  profile.pid_namespace = false;
  profile.writable = {{.path = tree.At("workspace/inner")}, {.path = tree.state()}};
  const sandbox::SandboxProfile preview = PreviewProfile(profile, tree.workspace());
  ASSERT_EQ(preview.writable.size(), 1u);
  EXPECT_EQ(preview.writable[0].path, tree.At("workspace/inner"));
  ASSERT_EQ(preview.readable.size(), 1u);
  EXPECT_EQ(preview.readable[0].path, tree.state());
  EXPECT_EQ(preview.network, sandbox::Network::kNone);
  EXPECT_TRUE(preview.landlock && preview.seccomp && preview.pid_namespace &&
              preview.network_namespace && preview.read_only_mounts);
}

TEST(PreviewProfileTest, AFolderAroundTheWorkspaceMakesTheWorkspaceWritable) {
  const TempTree tree;
  tree.MakeFolder("workspace");
  sandbox::SandboxProfile profile;
  profile.writable = {{.path = tree.root()}};
  const sandbox::SandboxProfile preview = PreviewProfile(profile, tree.workspace());
  ASSERT_EQ(preview.writable.size(), 1u);
  EXPECT_EQ(preview.writable[0].path, tree.workspace());
  ASSERT_EQ(preview.readable.size(), 1u);
  EXPECT_EQ(preview.readable[0].path, tree.root());
}

// ---- what is refused ----

TEST_F(ViewRunTest, NothingIsCommittedWhileTheCommandRuns) {
  Result<ViewRun> run = Start();
  ASSERT_TRUE(run.has_value()) << run.error().message;
  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", "0");
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ViewRunTest, WhatWasNotApprovedIsNotCommitted) {
  Result<ViewRun> run = Start();
  ASSERT_EQ(Ask(*run, {{"do", "write"}, {"path", "new.txt"}, {"text", "x"}}), "ok");
  ASSERT_TRUE(run->Finish().has_value());
  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", std::string(64, '0'));
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kPermissionDenied);
  EXPECT_FALSE(tree_.Exists("workspace/new.txt"));
}

TEST_F(ViewRunTest, ABaseThatChangedInBetweenRefusesAndNamesThePaths) {
  tree_.Write("workspace/other.txt", "other\n");
  Result<ViewRun> run = Start();
  ASSERT_EQ(Ask(*run, {{"do", "write"}, {"path", "notes.txt"}, {"text", "three\n"}}), "ok");
  ASSERT_EQ(Ask(*run, {{"do", "remove"}, {"path", "other.txt"}}), "ok");
  ASSERT_EQ(Ask(*run, {{"do", "write"}, {"path", "new.txt"}, {"text", "new\n"}}), "ok");
  const Result<ViewPreview> preview = run->Finish();
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  tree_.Write("workspace/notes.txt", "theirs\n");
  tree_.Write("workspace/new.txt", "theirs\n");
  const Snapshot before = tree_.Workspace(true);
  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", preview->digest);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_FALSE(report->committed);
  ASSERT_EQ(report->conflicts.size(), 2u);
  EXPECT_EQ(report->conflicts[0].path, "new.txt");
  EXPECT_EQ(report->conflicts[1].path, "notes.txt");
  EXPECT_EQ(Difference(before, tree_.Workspace(true)), "");
}

TEST_F(ViewRunTest, AProgramThatIsNotThereIsNamedAndTheViewGoes) {
  const Result<ViewRun> run = ViewRun::Start({.state_folder = tree_.state(),
                                              .workspace = tree_.workspace(),
                                              .profile = Profile(),
                                              .argv = {"/no/such/program"}});
  ASSERT_FALSE(run.has_value());
  EXPECT_THAT(run.error().message, HasSubstr("/no/such/program"));
  for (const auto& entry : std::filesystem::directory_iterator(tree_.state() + "/preview")) {
    EXPECT_TRUE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

TEST_F(ViewRunTest, WhatCanNotBePutBackIsShownAndNotCommitted) {
  Result<ViewRun> run = Start();
  ASSERT_EQ(Ask(*run, {{"do", "write"}, {"path", "locked"}, {"text", "x"}}), "ok");
  ASSERT_EQ(Ask(*run, {{"do", "chmod"}, {"path", "locked"}, {"mode", 0}}), "ok");
  const Result<ViewPreview> preview = run->Finish();
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  EXPECT_FALSE(preview->can_commit());
  EXPECT_THAT(preview->rendering.lines, ElementsAre(StartsWith("NOT POSSIBLE locked")));
  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", preview->digest);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kUnsupported);
}

// ---- it has no effect but in the view ----

TEST_F(ViewRunTest, TheNetworkIsNotReachedWhateverTheProfileSays) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  Result<ViewRun> run = Start();
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_EQ(Ask(*run, {{"do", "connect"}, {"port", ntohs(address.sin_port)}}), "Permission denied");
}

TEST_F(ViewRunTest, WhatItMayWriteElsewhereItCanOnlyRead) {
  tree_.MakeFolder("cache");
  sandbox::SandboxProfile profile = Profile();
  profile.writable.push_back({.path = tree_.At("cache")});
  Result<ViewRun> run = Start(profile);
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_NE(Ask(*run, {{"do", "write"}, {"path", tree_.At("cache/x")}, {"text", "x"}}), "ok");
  EXPECT_FALSE(tree_.Exists("cache/x"));
}

TEST_F(ViewRunTest, NothingGoesOnInTheViewOnceItIsFinished) {
  Result<ViewRun> run = Start();
  ASSERT_EQ(Ask(*run, {{"do", "linger"}, {"path", "counter"}}), "ok");
  ASSERT_EQ(Ask(*run, {{"do", "write"}, {"path", "new.txt"}, {"text", "x"}}), "ok");
  ASSERT_EQ(Ask(*run, {{"do", "deaf"}}), "ok");
  const Result<ViewPreview> preview = run->Finish(/*grace_us=*/20'000);
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  // Were it still writing, the content would no longer be what was previewed.
  ::usleep(20'000);
  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", preview->digest);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->committed);
  EXPECT_TRUE(tree_.Exists("workspace/counter"));
}

// ---- what it is for ----

TEST_F(ViewRunTest, ShowsWhatWouldChangeAndCommitsExactlyThat) {
  tree_.Write("workspace/draft.txt", "draft\n");
  tree_.Write("workspace/tool.sh", "#!/bin/sh\n");
  tree_.Write("workspace/old.txt", "old\n");
  const Snapshot before = tree_.Workspace(true);
  const Snapshot before_untimed = tree_.Workspace();
  Result<ViewRun> run = Start();
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_TRUE(run->achieved().view);
  EXPECT_THAT(run->achieved().ToString(), HasSubstr("copy-on-write view"));
  // By a relative path, as its current folder, and by the whole path.
  EXPECT_EQ(Ask(*run, {{"do", "write"}, {"path", "notes.txt"}, {"text", "one\n2\n"}}), "ok");
  EXPECT_EQ(Ask(*run, {{"do", "make-folder"}, {"path", tree_.At("workspace/archive")}}), "ok");
  EXPECT_EQ(
      Ask(*run,
          {{"do", "rename"}, {"from", tree_.At("workspace/draft.txt")}, {"to", "archive/d.txt"}}),
      "ok");
  EXPECT_EQ(Ask(*run, {{"do", "chmod"}, {"path", "tool.sh"}, {"mode", 0755}}), "ok");
  EXPECT_EQ(Ask(*run, {{"do", "remove"}, {"path", "old.txt"}}), "ok");
  const Result<ViewPreview> preview = run->Finish();
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  EXPECT_EQ(Difference(before, tree_.Workspace(true)), "");
  EXPECT_THAT(preview->rendering.lines,
              ElementsAre("made archive: a folder, mode 0755", "renamed draft.txt -> archive/d.txt",
                          StartsWith("modified notes.txt: +1 -1 lines"),
                          StartsWith("deleted old.txt"), StartsWith("modified tool.sh")));
  EXPECT_THAT(preview->rendering.diff, HasSubstr("-two\n+2\n"));
  EXPECT_EQ(run->Finish()->digest, preview->digest);

  changes::History history = OpenHistory();
  const auto report = run->Commit(history, "run-1", preview->digest);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->committed);
  EXPECT_EQ(tree_.Read("workspace/notes.txt"), "one\n2\n");
  EXPECT_EQ(tree_.Read("workspace/archive/d.txt"), "draft\n");
  EXPECT_FALSE(tree_.Exists("workspace/old.txt"));
  EXPECT_TRUE(history.Restore("run-1", "undo-1")->complete());
  EXPECT_EQ(Difference(before_untimed, tree_.Workspace()), "");
}

TEST_F(ViewRunTest, ACommandThatChangesNothingHasAnEmptyPreview) {
  Result<ViewRun> run = Start();
  ASSERT_TRUE(run.has_value()) << run.error().message;
  const Result<ViewPreview> preview = run->Finish();
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  EXPECT_TRUE(preview->changes.empty());
  EXPECT_THAT(preview->rendering.lines, IsEmpty());
  changes::History history = OpenHistory();
  EXPECT_TRUE(run->Commit(history, "run-1", preview->digest)->committed);
  EXPECT_THAT(*history.ListRuns(), IsEmpty());
}

// Random changes by the tool, previewed and committed, compared with the same on a plain folder.
TEST_F(ViewRunTest, WhatIsPreviewedIsWhatIsCommitted) {
  int n_equal = 0;
  for (int i = 0; i < kSequences; ++i) {
    SCOPED_TRACE("sequence " + std::to_string(i));
    if (i % 50 == 0) changes::testing::RemoveAll(tree_.state());
    if (i % 50 == 0) tree_.MakeFolder("state", 0700);
    const auto seed = static_cast<unsigned>(3'000'000 + i);
    for (const char* name : {"workspace", "expected"}) {
      changes::testing::RemoveAll(tree_.At(name));
      tree_.MakeFolder(name);
      changes::testing::RandomOps(tree_.At(name), seed).MakeTree();
    }
    const int n_ops = 1 + i % 25;
    const Snapshot before = tree_.Workspace(true);
    Result<ViewRun> run = Start();
    ASSERT_TRUE(run.has_value()) << run.error().message;
    ASSERT_EQ(Ask(*run, {{"do", "random"}, {"seed", seed + 1}, {"n", n_ops}}), "ok");
    changes::testing::RandomOps ops(tree_.At("expected"), seed + 1);
    ASSERT_TRUE(ops.Run(n_ops)) << ops.problem();
    const Result<ViewPreview> preview = run->Finish();
    ASSERT_TRUE(preview.has_value()) << preview.error().message;
    ASSERT_TRUE(preview->can_commit()) << preview->rendering.lines.back();
    ASSERT_EQ(Difference(before, tree_.Workspace(true)), "") << "changed by the preview";

    changes::History history = OpenHistory();
    const auto report = run->Commit(history, "run-" + std::to_string(i), preview->digest);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    ASSERT_TRUE(report->committed) << report->conflicts[0].path << report->conflicts[0].reason;
    ASSERT_EQ(Difference(changes::testing::SnapshotOf(tree_.At("expected")), tree_.Workspace()),
              "");
    ++n_equal;
  }
  printf("tools: preview by a sandboxed tool equals commit: %d of %d\n", n_equal, kSequences);
}

}  // namespace
}  // namespace weir::tools
