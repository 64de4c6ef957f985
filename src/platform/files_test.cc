#include "platform/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace weir::platform {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = testing::TempDir() + "weir_files_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string At(const std::string& name) const { return folder_ + "/" + name; }
  static mode_t ModeOf(const std::string& path) {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }

  std::string folder_;
};

TEST_F(Files, WhatWasWrittenDurablyIsRead) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteFileDurably(At("x"), bytes));
  EXPECT_EQ(ReadFile(At("x"), 4).value(), bytes);
  EXPECT_EQ(ModeOf(At("x")), 0600u);
  ASSERT_TRUE(WriteFileDurably(At("x"), "", 0644));
  EXPECT_EQ(ReadFile(At("x"), 0).value(), "");
  EXPECT_EQ(ModeOf(At("x")), 0644u);
}

TEST_F(Files, NothingButTheFileIsLeftInTheFolder) {
  ASSERT_TRUE(WriteFileDurably(At("x"), "1"));
  std::filesystem::create_directory(At("taken"));
  EXPECT_FALSE(WriteFileDurably(At("taken"), "1"));
  int n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++n;
  EXPECT_EQ(n, 2);
}

TEST_F(Files, ALinkInTheWayIsReplacedAndItsTargetKept) {
  std::ofstream(At("target")) << "old";
  ASSERT_EQ(::symlink("target", At("link").c_str()), 0);
  ASSERT_TRUE(WriteFileDurably(At("link"), "new"));
  EXPECT_EQ(ReadFile(At("target"), 10).value(), "old");
  EXPECT_EQ(ReadFile(At("link"), 10).value(), "new");
}

TEST_F(Files, ReadingIsBounded) {
  ASSERT_TRUE(WriteFileDurably(At("x"), std::string(100'000, 'x')));
  EXPECT_EQ(ReadFile(At("x"), 100'000).value().size(), 100'000u);
  EXPECT_EQ(ReadFile(At("x"), 99'999).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(At("x"), SIZE_MAX).value().size(), 100'000u);
}

TEST_F(Files, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(At("fifo"), 10).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(folder_, 10).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(At("absent"), 10).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(ReadFile(At("absent"), 10).error().message, testing::HasSubstr("absent"));
  EXPECT_FALSE(ReadFile("/proc/self/status", 1 << 20).value().empty());
}

TEST_F(Files, PrivateFoldersAreMadeWithTheirParents) {
  ASSERT_TRUE(EnsurePrivateFolder(At("a/b//c/")));
  EXPECT_EQ(ModeOf(At("a")), 0700u);
  EXPECT_EQ(ModeOf(At("a/b/c")), 0700u);
  EXPECT_TRUE(EnsurePrivateFolder(At("a/b/c")));
}

TEST_F(Files, AFolderThatOthersMayWriteToIsNotPrivate) {
  std::filesystem::create_directory(At("open"));
  ASSERT_EQ(::chmod(At("open").c_str(), 0770), 0);
  EXPECT_EQ(EnsurePrivateFolder(At("open")).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(ModeOf(At("open")), 0770u);
  ASSERT_TRUE(WriteFileDurably(At("file"), ""));
  EXPECT_EQ(EnsurePrivateFolder(At("file")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EnsurePrivateFolder(At("file/x")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(EnsurePrivateFolder("").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::platform
