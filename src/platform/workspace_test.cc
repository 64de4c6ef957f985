#include "platform/workspace.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace weir::platform {
namespace {

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() : root_(MakeRoot()) {
    std::filesystem::create_directories(root_ + "/inside/folder");
    std::filesystem::create_directory(root_ + "/outside");
    Put("inside/file", "inside");
    Put("inside/folder/file", "nested");
    Put("outside/file", "secret");
    Result<Workspace> opened = Workspace::Open(root_ + "/inside");
    EXPECT_TRUE(opened.has_value());
    workspace_.emplace(std::move(*opened));
  }
  ~WorkspaceTest() override { std::filesystem::remove_all(root_); }

  static std::string MakeRoot() {
    std::string name = testing::TempDir() + "weir_workspace_XXXXXX";
    return ::mkdtemp(name.data());
  }
  void Put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ + "/" + name) << text;
  }
  void Link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(::symlink(target.c_str(), (root_ + "/inside/" + name).c_str()), 0);
  }
  // What the file says, or the name of the error's code.
  std::string Read(std::string_view relative) const {
    const Result<UniqueFd> fd = workspace_->OpenBeneath(relative, O_RDONLY);
    return fd ? TextOf(*fd) : std::string(ErrorCodeName(fd.error().code));
  }
  static std::string TextOf(const UniqueFd& fd) {
    std::array<char, 100> bytes;
    const ssize_t n = ::read(fd.get(), bytes.data(), bytes.size());
    return n < 0 ? "unreadable" : std::string(bytes.data(), static_cast<size_t>(n));
  }

  const std::string root_;
  std::optional<Workspace> workspace_;
};

TEST_F(WorkspaceTest, WithoutLinksNotEvenOneThatStaysInsideIsFollowed) {
  Link("folder", "alias");
  Link("file", "other-name");
  for (const char* path : {"alias/file", "other-name", "alias"}) {
    const Result<UniqueFd> fd = workspace_->OpenWithoutLinks(path, O_RDONLY);
    ASSERT_FALSE(fd.has_value()) << path;
    EXPECT_EQ(fd.error().code, ErrorCode::kPermissionDenied) << path;
  }
  EXPECT_EQ(workspace_->OpenWithoutLinks("gone/file", O_RDONLY).error().code, ErrorCode::kNotFound);
  const Result<UniqueFd> file = workspace_->OpenWithoutLinks("folder/file", O_RDONLY);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(TextOf(*file), "nested");
}

TEST_F(WorkspaceTest, FilesInsideAreOpenedHoweverTheyAreSpelt) {
  EXPECT_EQ(Read("file"), "inside");
  EXPECT_EQ(Read("./file"), "inside");
  EXPECT_EQ(Read("folder//file"), "nested");
  EXPECT_EQ(Read("folder/../file"), "inside");
  EXPECT_EQ(Read("folder/./../folder/file"), "nested");
}

TEST_F(WorkspaceTest, DotDotDoesNotClimbOut) {
  EXPECT_EQ(Read("../outside/file"), "permission_denied");
  EXPECT_EQ(Read("folder/../../outside/file"), "permission_denied");
  EXPECT_EQ(Read("../inside/file"), "permission_denied");  // even if it comes back
  EXPECT_EQ(Read(".."), "permission_denied");
  EXPECT_EQ(Read("no/../../outside/file"), "not_found");
}

TEST_F(WorkspaceTest, AbsolutePathsAreRefused) {
  EXPECT_EQ(Read("/etc/passwd"), "permission_denied");
  EXPECT_EQ(Read(root_ + "/inside/file"), "permission_denied");
  EXPECT_EQ(Read("//file"), "permission_denied");
}

TEST_F(WorkspaceTest, LinksInsideAreFollowedAndLinksOutAreNot) {
  Link("folder/file", "good");
  Link("../outside/file", "out");
  Link("/etc/passwd", "absolute");
  Link("../outside", "out_folder");
  Link("out", "chain");
  Link("loop", "loop");
  EXPECT_EQ(Read("good"), "nested");
  EXPECT_EQ(Read("out"), "permission_denied");
  EXPECT_EQ(Read("absolute"), "permission_denied");
  EXPECT_EQ(Read("out_folder/file"), "permission_denied");
  EXPECT_EQ(Read("chain"), "permission_denied");
  EXPECT_EQ(Read("loop"), "permission_denied");
}

TEST_F(WorkspaceTest, NothingIsCreatedThroughALinkOut) {
  Link("../outside", "out_folder");
  Link("../outside/new", "dangling");
  EXPECT_FALSE(workspace_->OpenBeneath("out_folder/new", O_CREAT | O_WRONLY));
  EXPECT_FALSE(workspace_->OpenBeneath("dangling", O_CREAT | O_WRONLY));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/outside/new"));
}

TEST_F(WorkspaceTest, MagicLinksAreRefused) {
  const Result<Workspace> proc = Workspace::Open("/proc/self");
  ASSERT_TRUE(proc.has_value());
  for (const char* name : {"root/etc/passwd", "cwd", "exe", "fd/0"}) {
    EXPECT_EQ(proc->OpenBeneath(name, O_RDONLY).error().code, ErrorCode::kPermissionDenied) << name;
  }
  EXPECT_TRUE(proc->OpenBeneath("status", O_RDONLY));
}

TEST_F(WorkspaceTest, OddNamesAreErrorsOrNames) {
  EXPECT_EQ(Read(""), "invalid_argument");
  EXPECT_EQ(Read(std::string_view("file\0x", 6)), "invalid_argument");
  EXPECT_EQ(Read(std::string_view("\0", 1)), "invalid_argument");
  EXPECT_EQ(Read(std::string(255, 'x')), "not_found");
  EXPECT_EQ(Read(std::string(256, 'x')), "invalid_argument");
  EXPECT_EQ(Read(std::string(1 << 20, '/').insert(0, "x")), "invalid_argument");
  EXPECT_EQ(Read("file/"), "invalid_argument");
  EXPECT_EQ(Read("~"), "not_found");
  const std::string latin1 = "caf\xe9 \n\x1b[2J \xff";
  ASSERT_TRUE(workspace_->OpenBeneath(latin1, O_CREAT | O_WRONLY));
  EXPECT_EQ(Read(latin1), "");
  EXPECT_TRUE(std::filesystem::exists(root_ + "/inside/" + latin1));
}

TEST_F(WorkspaceTest, TheWorkspaceItselfIsDot) {
  for (const char* name : {".", "./", "folder/..", "./."}) {
    const Result<UniqueFd> fd = workspace_->OpenBeneath(name, O_RDONLY | O_DIRECTORY);
    ASSERT_TRUE(fd.has_value()) << name;
    EXPECT_TRUE(S_ISDIR(workspace_->Stat(name).value().st_mode));
  }
  std::string leaf;
  EXPECT_EQ(workspace_->OpenParent(".", &leaf).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(workspace_->OpenParent("folder/..", &leaf).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(WorkspaceTest, DescriptorsAreNotInherited) {
  const UniqueFd fd = workspace_->OpenBeneath("file", O_RDONLY).value();
  EXPECT_EQ(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(::fcntl(workspace_->fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(WorkspaceTest, TheParentIsBeneathAndTheLeafIsNotFollowed) {
  std::string leaf;
  const Result<UniqueFd> parent = workspace_->OpenParent("folder/file//", &leaf);
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(leaf, "file");
  Link("../outside/file", "out");
  const Result<UniqueFd> root = workspace_->OpenParent("out", &leaf);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(::unlinkat(root->get(), leaf.c_str(), 0), 0);
  EXPECT_TRUE(std::filesystem::exists(root_ + "/outside/file"));
  Link("../outside", "out_folder");
  EXPECT_EQ(workspace_->OpenParent("out_folder/file", &leaf).error().code,
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(workspace_->OpenParent("../x", &leaf).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(workspace_->OpenParent("file/x", &leaf).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(WorkspaceTest, StatSeesALinkAndNotItsTarget) {
  Link("../outside/file", "out");
  EXPECT_TRUE(S_ISLNK(workspace_->Stat("out").value().st_mode));
  EXPECT_EQ(workspace_->Stat("file").value().st_size, 6);
  EXPECT_EQ(workspace_->Stat("absent").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(workspace_->Stat("../outside").error().code, ErrorCode::kPermissionDenied);
}

TEST_F(WorkspaceTest, RegularFilesOnlyAndAFifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root_ + "/inside/fifo").c_str(), 0600), 0);
  EXPECT_EQ(workspace_->OpenRegularFile("fifo", O_RDONLY).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(workspace_->OpenRegularFile("folder", O_RDONLY).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(workspace_->OpenRegularFile("file", O_WRONLY | O_TRUNC));
  EXPECT_EQ(Read("file"), "");
}

TEST_F(WorkspaceTest, AnythingButAFolderIsNoWorkspace) {
  EXPECT_EQ(Workspace::Open(root_ + "/absent").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Workspace::Open(root_ + "/outside/file").error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(Workspace::FromFd(UniqueFd(::open("/dev/null", O_RDONLY))));
  EXPECT_FALSE(Workspace::FromFd(UniqueFd()));
  const Result<Workspace> adopted = Workspace::FromFd(UniqueFd(::dup(workspace_->fd())));
  EXPECT_TRUE(adopted.value().OpenBeneath("file", O_RDONLY));
}

TEST_F(WorkspaceTest, AFolderSwappedForALinkWhileOpeningNeverLeadsOut) {
  std::filesystem::create_directory(root_ + "/inside/swapped");
  Put("inside/swapped/file", "inside");
  Link("../outside", "other");
  const std::string a = root_ + "/inside/swapped";
  const std::string b = root_ + "/inside/other";
  std::atomic<bool> stop = false;
  int64_t n_swaps = 0;
  std::thread swapper([&] {
    for (; !stop.load(); ++n_swaps) {
      ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
    }
  });
  int n_inside = 0;
  int n_refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = Read(i % 2 == 0 ? "swapped/file" : "folder/../swapped/file");
    ASSERT_NE(text, "secret");
    (text == "inside" ? n_inside : n_refused) += 1;
  }
  stop.store(true);
  swapper.join();
  EXPECT_GT(n_swaps, 100);
  EXPECT_GT(n_inside, 0);
  EXPECT_GT(n_refused, 0);
}

}  // namespace
}  // namespace weir::platform
