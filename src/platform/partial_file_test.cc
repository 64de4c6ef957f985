#include "platform/partial_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "platform/files.h"

namespace weir::platform {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

class PartialFileTest : public ::testing::Test {
 protected:
  PartialFileTest() {
    std::string name = ::testing::TempDir() + "weir_partial_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/model";
  }
  ~PartialFileTest() override { fs::remove_all(folder_); }
  bool OnlyOldFileIsThere() const {
    return !fs::exists(path_ + ".partial") && ReadFile(path_, 100).value() == "old";
  }

  std::string folder_;
  std::string path_;
};

TEST_F(PartialFileTest, AppearsUnderItsNameOnlyWhenCommitted) {
  ASSERT_TRUE(WriteFileDurably(path_, "old"));
  Result<PartialFile> file = PartialFile::Create(path_, 6);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->Append(AsBytes("abc")));
  ASSERT_TRUE(file->Append(AsBytes("def")));
  EXPECT_EQ(file->size(), 6U);
  EXPECT_EQ(ReadFile(path_, 100).value(), "old");
  ASSERT_TRUE(file->Commit());
  EXPECT_EQ(ReadFile(path_, 100).value(), "abcdef");
  EXPECT_FALSE(fs::exists(path_ + ".partial"));
}

TEST_F(PartialFileTest, IsRemovedWhenNotCommittedAndTheOldFileStays) {
  ASSERT_TRUE(WriteFileDurably(path_, "old"));
  {
    Result<PartialFile> file = PartialFile::Create(path_, 3);
    ASSERT_TRUE(file && file->Append(AsBytes("abc")));
    const PartialFile moved = std::move(*file);
    EXPECT_TRUE(fs::exists(path_ + ".partial"));
  }
  EXPECT_TRUE(OnlyOldFileIsThere());
}

TEST_F(PartialFileTest, OverwritesWhatAnInterruptedAttemptLeft) {
  ASSERT_TRUE(WriteFileDurably(path_ + ".partial", "much longer than the new one"));
  Result<PartialFile> file = PartialFile::Create(path_, 3);
  ASSERT_TRUE(file && file->Append(AsBytes("abc")) && file->Commit());
  EXPECT_EQ(ReadFile(path_, 100).value(), "abc");
}

TEST_F(PartialFileTest, SaysWhatIsNeededAndFreeWhenTheDiskCannotHoldIt) {
  ASSERT_TRUE(WriteFileDurably(path_, "old"));
  for (const uint64_t n_bytes : {uint64_t{1} << 55U, ~uint64_t{0}}) {
    const Result<PartialFile> file = PartialFile::Create(path_, n_bytes);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(file.error().message,
                HasSubstr("needs " + std::to_string(n_bytes) + " bytes, the disk has "));
    EXPECT_TRUE(OnlyOldFileIsThere());
  }
}

TEST_F(PartialFileTest, RefusesASecondWriterAndLeavesTheFirstAlone) {
  Result<PartialFile> first = PartialFile::Create(path_, 3);
  ASSERT_TRUE(first && first->Append(AsBytes("abc")));
  const Result<PartialFile> second = PartialFile::Create(path_, 3);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another process"));
  ASSERT_TRUE(first->Commit());
  EXPECT_EQ(ReadFile(path_, 100).value(), "abc");
}

TEST_F(PartialFileTest, NeedsAFolderAndANameThatIsFree) {
  EXPECT_EQ(PartialFile::Create(folder_ + "/none/model", 1).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(PartialFile::Create(folder_, 1).error().message, HasSubstr("no regular file"));
  ASSERT_EQ(::symlink("elsewhere", (path_ + ".partial").c_str()), 0);
  EXPECT_FALSE(PartialFile::Create(path_, 1));
  EXPECT_FALSE(fs::exists(folder_ + "/elsewhere"));
}

// A limit on the size of files stands in for a disk that fails while it is written.
TEST_F(PartialFileTest, IsRemovedAfterAnErrorHalfWay) {
  ASSERT_TRUE(WriteFileDurably(path_, "old"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  {
    Result<PartialFile> file = PartialFile::Create(path_, 8);
    ASSERT_TRUE(file);
    const rlimit small = {4, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Status written = file->Append(AsBytes("12345678"));
    EXPECT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_TRUE(OnlyOldFileIsThere());
}

TEST_F(PartialFileTest, IsRemovedWhenItCannotTakeItsName) {
  {
    Result<PartialFile> file = PartialFile::Create(path_, 3);
    ASSERT_TRUE(file && file->Append(AsBytes("abc")));
    ASSERT_TRUE(fs::create_directory(path_));  // a folder cannot be replaced by a file
    EXPECT_FALSE(file->Commit());
  }
  EXPECT_FALSE(fs::exists(path_ + ".partial"));
  EXPECT_TRUE(fs::is_directory(path_));
}

}  // namespace
}  // namespace weir::platform
