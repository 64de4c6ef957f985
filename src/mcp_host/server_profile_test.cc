#include "mcp_host/server_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mcp_host/testing/temp_folder.h"

namespace weir::mcp_host {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServerProfileTest : public ::testing::Test {
 protected:
  Result<sandbox::SandboxProfile> Profile(
      sandbox::SandboxLevel level = sandbox::SandboxLevel::kFull) {
    config_.name = "notes";
    return ServerProfile(config_, {.argv = {"/bin/sh"}, .readable = {}}, folder_.path(), level);
  }
  static std::vector<std::string> Paths(const std::vector<sandbox::PathGrant>& grants) {
    std::vector<std::string> paths;
    for (const sandbox::PathGrant& grant : grants) paths.push_back(grant.path);
    return paths;
  }

  testing::TempFolder folder_;
  catalog::ServerConfig config_;
};

TEST_F(ServerProfileTest, ByDefaultTheWorkspaceIsReadableAndNothingIsWritableOrReachable) {
  const auto profile = Profile();
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_EQ(profile->name, "mcp-notes");
  EXPECT_THAT(Paths(profile->readable), Contains(folder_.path()));
  EXPECT_THAT(Paths(profile->readable), Not(Contains("/etc/hosts")));
  EXPECT_THAT(profile->writable, IsEmpty());
  EXPECT_EQ(profile->network, sandbox::Network::kNone);
  EXPECT_FALSE(profile->allow_exec);
  EXPECT_TRUE(profile->read_only_mounts);
  EXPECT_EQ(profile->limits.data_bytes, uint64_t{1} << 30);
  EXPECT_TRUE(sandbox::CheckProfile(*profile).has_value());
}

TEST_F(ServerProfileTest, TheEnvironmentIsWhatIsNamedAndThreeValuesOfOurOwn) {
  ::setenv("WEIR_TEST_SECRET", "not for everybody", 1);
  ::setenv("WEIR_TEST_PASSED", "passed", 1);
  config_.env_pass = {"WEIR_TEST_PASSED"};
  config_.env_set = {{"MODE", "quiet"}, {"HOME", "/somewhere"}};
  const auto profile = Profile();
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_THAT(profile->env, ::testing::UnorderedElementsAre(
                                "HOME=/somewhere", "LANG=C.UTF-8", "MODE=quiet",
                                "PATH=/usr/local/bin:/usr/bin:/bin", "WEIR_TEST_PASSED=passed"));
  ::unsetenv("WEIR_TEST_PASSED");
  const auto missing = Profile();
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("WEIR_TEST_PASSED, which is not set"));
}

TEST_F(ServerProfileTest, WhatTheConfigurationGrantsIsThereOrAnError) {
  config_.sandbox.writable = {folder_.MakeFolder("data")};
  config_.sandbox.has_network = true;
  const auto profile = Profile();
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_THAT(Paths(profile->writable), Contains(folder_.path() + "/data"));
  EXPECT_EQ(profile->network, sandbox::Network::kInherit);
  config_.sandbox.readable = {"/no/such/folder"};
  const auto missing = Profile();
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("'/no/such/folder' of its readable paths"));
}

TEST_F(ServerProfileTest, TheLooserOfTheRunsLevelAndTheServersCounts) {
  config_.sandbox.level = "basic";
  EXPECT_FALSE(Profile()->pid_namespace);
  EXPECT_TRUE(Profile()->landlock);
  config_.sandbox.level = "full";
  EXPECT_FALSE(Profile(sandbox::SandboxLevel::kOff)->landlock);
}

}  // namespace
}  // namespace weir::mcp_host
