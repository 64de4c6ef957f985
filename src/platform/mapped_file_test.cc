#include "platform/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace weir::platform {
namespace {

class MappedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "weir_mapped_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }

  std::string folder_;
};

TEST_F(MappedFileTest, HoldsTheBytesOfTheFileAlsoAfterAMove) {
  Write("a", "hello");
  Result<MappedFile> opened = MappedFile::Open(Path("a"));
  ASSERT_TRUE(opened.has_value());
  MappedFile file = std::move(*opened);
  ASSERT_EQ(file.bytes().size(), 5U);
  EXPECT_EQ(file.bytes()[4], std::byte{'o'});
  EXPECT_EQ(file.path(), Path("a"));
  Write("b", "other");
  Result<MappedFile> other = MappedFile::Open(Path("b"));
  ASSERT_TRUE(other.has_value());
  file = std::move(*other);
  EXPECT_EQ(file.bytes()[0], std::byte{'o'});
}

TEST_F(MappedFileTest, APrefetchChangesNothing) {
  Write("a", std::string(10000, 'x'));
  const Result<MappedFile> file = MappedFile::Open(Path("a"));
  ASSERT_TRUE(file.has_value());
  Prefetch(file->bytes().subspan(5000));
  Prefetch({});
  EXPECT_EQ(file->bytes()[9999], std::byte{'x'});
}

TEST_F(MappedFileTest, HoldsTheSameBytesAfterTheirMemoryWasGivenBack) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i);
  Write("a", text);
  const Result<MappedFile> file = MappedFile::Open(Path("a"));
  ASSERT_TRUE(file.has_value());
  const std::span<const std::byte> bytes = file->bytes();
  const auto read = [&] {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  ASSERT_EQ(read(), text);
  for (const auto part : {bytes, bytes.subspan(1), bytes.subspan(3, 10000), bytes.last(1),
                          bytes.subspan(bytes.size())}) {
    file->Release(part);
    EXPECT_EQ(read(), text);
  }
}

TEST_F(MappedFileTest, RefusesWhatIsNoFileWithBytes) {
  EXPECT_EQ(MappedFile::Open(Path("nothing")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MappedFile::Open(folder_).error().message, folder_ + " is not a regular file");
  Write("empty", "");
  EXPECT_EQ(MappedFile::Open(Path("empty")).error().message, Path("empty") + " is empty");
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::Open(Path("pipe")).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::platform
