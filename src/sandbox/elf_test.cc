#include "sandbox/elf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/testing/sandbox_fixture.h"

namespace weir::sandbox {
namespace {

using ElfTest = testing::SandboxTest;
using ::testing::HasSubstr;

TEST_F(ElfTest, WhatIsNoProgramIsRefusedWithAWayOut) {
  EXPECT_EQ(LoaderOf("/no/such/program").error().code, ErrorCode::kNotFound);
  const std::string script = workspace() + "/script";
  std::ofstream(script) << "#!/bin/sh\nexit 0\n";
  const Result<std::string> loader = LoaderOf(script);
  ASSERT_FALSE(loader.has_value());
  EXPECT_EQ(loader.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(loader.error().message, HasSubstr("name its interpreter"));
  EXPECT_FALSE(LoaderOf(workspace()).has_value());
}

TEST_F(ElfTest, AHeaderThatLiesIsAnError) {
  std::ifstream in(WEIR_SANDBOX_PROBE, std::ios::binary);
  std::string bytes(64, '\0');
  ASSERT_TRUE(in.read(bytes.data(), 64));
  for (const auto& [offset, value] : std::vector<std::pair<size_t, char>>{
           {32, 127},  // where the table of segments begins: past the end
           {39, 127},  // far past the end
           {54, 1},    // the size of an entry
           {57, 127},  // thousands of segments
       }) {
    std::string bad = bytes;
    bad[offset] = value;
    const std::string path = workspace() + "/bad";
    std::ofstream(path, std::ios::binary) << bad;
    EXPECT_FALSE(LoaderOf(path).has_value()) << offset;
  }
  std::ofstream(workspace() + "/short", std::ios::binary) << bytes.substr(0, 40);
  EXPECT_FALSE(LoaderOf(workspace() + "/short").has_value());
}

TEST_F(ElfTest, AProgramNamesItsLoader) {
  EXPECT_THAT(LoaderOf(WEIR_SANDBOX_PROBE).value(), HasSubstr("/ld-"));
  EXPECT_THAT(LoaderOf("/proc/self/exe").value(), HasSubstr("/ld-"));
}

}  // namespace
}  // namespace weir::sandbox
