#include "platform/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::platform {
namespace {

namespace fs = std::filesystem;

class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() {
    std::string name = ::testing::TempDir() + "weir_memory_XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~MemoryTest() override { fs::remove_all(root_); }

  void Put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }

  std::string root_;
};

TEST_F(MemoryTest, IsAnErrorWhereTheSystemDoesNotSay) {
  const Result<uint64_t> none = AvailableMemory(root_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(none.error().message, ::testing::HasSubstr("has no MemAvailable"));
  Put("/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: many kB\n");
  EXPECT_FALSE(AvailableMemory(root_));
}

TEST_F(MemoryTest, IsWhatTheKernelCallsAvailable) {
  Put("/proc/meminfo", "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    500 kB\n");
  EXPECT_EQ(AvailableMemory(root_).value(), 500U * 1024);
}

TEST_F(MemoryTest, IsLessInsideALimitedCgroupAndItsFileCacheDoesNotCount) {
  Put("/proc/meminfo", "MemAvailable: 500 kB\n");
  Put("/proc/self/cgroup", "9:memory:/old\n0::/user/weir\n");
  Put("/sys/fs/cgroup/user/weir/memory.max", "max\n");
  EXPECT_EQ(AvailableMemory(root_).value(), 500U * 1024);
  Put("/sys/fs/cgroup/user/weir/memory.max", "200000\n");
  Put("/sys/fs/cgroup/user/weir/memory.current", "150000\n");
  Put("/sys/fs/cgroup/user/weir/memory.stat", "anon 40000\nfile 100000\n");
  EXPECT_EQ(AvailableMemory(root_).value(), 150000U);
  Put("/sys/fs/cgroup/user/memory.max", "70000\n");  // of the group above
  EXPECT_EQ(AvailableMemory(root_).value(), 70000U);
  Put("/sys/fs/cgroup/user/memory.current", "90000\n");  // over its limit
  EXPECT_EQ(AvailableMemory(root_).value(), 0U);
}

TEST_F(MemoryTest, IsSomethingOnThisMachine) {
  const Result<uint64_t> available = AvailableMemory();
  ASSERT_TRUE(available) << available.error().message;
  EXPECT_GT(*available, uint64_t{1} << 20U);
}

}  // namespace
}  // namespace weir::platform
