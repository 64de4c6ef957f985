// A file system of the tool's own over one folder. Here it is one in memory; that a copy-on-write
// view does the same is tested in tools/, where both are known.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"
#include "sandbox/level.h"
#include "sandbox/testing/sandbox_fixture.h"

namespace weir::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::In;

class MemoryView : public platform::MountHook {
 public:
  explicit MemoryView(std::string path) : path_(std::move(path)) {}

  const std::string& path() const override { return path_; }
  int Mount() const noexcept override {
    return ::mount("view", path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") == 0 ? 0 : 7;
  }
  Error Explain(int step, int error_number) const override {
    return {ErrorCode::kUnsupported, fmt::format("the view: step {}, {}", step, error_number)};
  }

 private:
  std::string path_;
};

class SandboxViewTest : public testing::SandboxTest {
 protected:
  std::string view_path() const { return std::filesystem::canonical(workspace()).string(); }

  // The first line the probe writes where the workspace is a view, or the error.
  static std::string InView(const SandboxProfile& profile, const platform::MountHook& view,
                            std::vector<std::string> arguments) {
    SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    request.view = &view;
    Result<SandboxedChild> child = SpawnSandboxed(profile, request);
    if (!child) return child.error().message;
    const Result<std::string> line = child->process.ReadLine(10'000, In(10'000));
    return line ? *line : line.error().message;
  }

  void SkipWithoutView() const {
    const std::string said = InView(Profile(), MemoryView(view_path()), {"state"});
    if (!said.starts_with("pid=")) GTEST_SKIP() << said;
  }
};

TEST_F(SandboxViewTest, AViewThatCanNotBeMountedIsNamedAndNothingIsStarted) {
  SKIP_WITHOUT(Profile());
  const MemoryView view(workspace() + "/missing");
  EXPECT_THAT(InView(Profile(), view, {"work", workspace()}),
              AllOf(HasSubstr("sandbox 'probe' can not be had: the view: step 7"),
                    HasSubstr("nothing was started")));
  EXPECT_TRUE(std::filesystem::is_empty(workspace()));
}

TEST_F(SandboxViewTest, AViewNeedsAProcessIdNamespace) {
  SandboxProfile profile = AtLevel(Profile(), SandboxLevel::kBasic);
  EXPECT_THAT(InView(profile, MemoryView(view_path()), {"work", workspace()}),
              HasSubstr("needs pid_namespace = true"));
}

TEST_F(SandboxViewTest, AnOpenFolderThatLeadsAroundTheViewIsRefused) {
  const MemoryView view(view_path());
  const UniqueFd folder(::open(workspace().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto child = SpawnSandboxed(Profile(), {.argv = {WEIR_SANDBOX_PROBE, "work", workspace()},
                                                .pass_fds = {{folder.get(), 3}},
                                                .view = &view});
  ASSERT_FALSE(child.has_value());
  EXPECT_THAT(child.error().message, HasSubstr("leads around the copy-on-write view"));
}

TEST_F(SandboxViewTest, APathThatIsNotInTheViewIsAnError) {
  SkipWithoutView();
  std::filesystem::create_directory(workspace() + "/below-only");
  SandboxProfile profile = Profile();
  profile.readable.push_back({.path = workspace() + "/below-only"});
  EXPECT_THAT(InView(profile, MemoryView(view_path()), {"nothing"}),
              AllOf(HasSubstr("below-only' in the view"), HasSubstr("nothing was started")));
}

TEST_F(SandboxViewTest, WhatIsWrittenInTheViewIsNotWrittenBelowIt) {
  SkipWithoutView();
  SandboxProfile profile = Profile();
  EXPECT_EQ(InView(profile, MemoryView(view_path()), {"work", workspace()}), "done no-chmod");
  profile.read_only_mounts = true;
  SKIP_WITHOUT(profile);
  EXPECT_EQ(InView(profile, MemoryView(view_path()), {"work", workspace()}), "done chmod");
  EXPECT_TRUE(std::filesystem::is_empty(workspace()));
}

TEST_F(SandboxViewTest, WhatWasAchievedSaysThatThereIsAView) {
  SkipWithoutView();
  const MemoryView view(view_path());
  const auto child =
      SpawnSandboxed(Profile(), {.argv = {WEIR_SANDBOX_PROBE, "nothing"}, .view = &view});
  ASSERT_TRUE(child.has_value()) << child.error().message;
  EXPECT_TRUE(child->achieved.view);
  EXPECT_EQ(child->achieved.ToJson()["view"], true);
  EXPECT_THAT(child->achieved.ToString(),
              AllOf(HasSubstr("+mount namespaces"), HasSubstr("copy-on-write view")));
  EXPECT_FALSE(SpawnProbe(Profile(), {"nothing"})->achieved.view);
}

// What a view covers is seen by its tool alone.
TEST_F(SandboxViewTest, ThisProcessMountsNothing) {
  SkipWithoutView();
  ASSERT_EQ(InView(Profile(), MemoryView(view_path()), {"work", workspace()}), "done no-chmod");
  std::ifstream mounts("/proc/self/mountinfo");
  const std::string text((std::istreambuf_iterator<char>(mounts)), {});
  EXPECT_EQ(text.find(view_path()), std::string::npos);
}

}  // namespace
}  // namespace weir::sandbox
