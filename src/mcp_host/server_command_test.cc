// What is executed, and what it may read, for the commands that people write.

#include "mcp_host/server_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mcp_host/testing/temp_folder.h"

namespace weir::mcp_host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ServerCommandTest : public ::testing::Test {
 protected:
  Result<ServerCommand> Resolve(const std::string& command, std::vector<std::string> args = {}) {
    catalog::ServerConfig config;
    config.name = "notes";
    config.command = command;
    config.args = std::move(args);
    return ResolveCommand(config, folder_.path() + "/bin:/usr/bin:/bin");
  }
  std::string Message(const std::string& command) {
    const Result<ServerCommand> resolved = Resolve(command);
    return resolved ? "resolved" : resolved.error().message;
  }

  testing::TempFolder folder_;
};

TEST_F(ServerCommandTest, FetchersAreRefusedWithWhatToWriteInstead) {
  for (const char* name : {"npx", "uvx", "/usr/bin/npx", "pnpx", "docker"}) {
    EXPECT_THAT(Message(name), HasSubstr("fetches the program that it runs")) << name;
    EXPECT_THAT(Message(name), HasSubstr("node_modules/.bin/NAME")) << name;
  }
}

TEST_F(ServerCommandTest, AProgramThatIsNowhereIsNamed) {
  EXPECT_THAT(Message("no-such-server"), HasSubstr("no-such-server"));
  EXPECT_THAT(Message("/no/such/server"), HasSubstr("/no/such/server"));
}

TEST_F(ServerCommandTest, ScriptsAreStartedByTheInterpreterOfTheirFirstLine) {
  const std::string plain = folder_.Write("plain", "#!/bin/sh -u\nexit 0\n", 0755);
  const auto by_path = Resolve(plain, {"--fast"});
  ASSERT_TRUE(by_path.has_value()) << by_path.error().message;
  EXPECT_THAT(by_path->argv, ElementsAre("/bin/sh", "-u", plain, "--fast"));
  EXPECT_THAT(by_path->readable, ElementsAre(plain)) << "the file alone";

  const std::string by_env = folder_.Write("by-env", "#!/usr/bin/env sh\nexit 0\n", 0755);
  const auto found = Resolve(by_env);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_EQ(found->argv.size(), 2u);
  EXPECT_THAT(found->argv[0], ::testing::EndsWith("/sh"));

  EXPECT_THAT(Message(folder_.Write("odd", "#!/usr/bin/env -S sh -u\n", 0755)),
              HasSubstr("is not understood"));
  EXPECT_THAT(Message(folder_.Write("loop", "#!" + folder_.path() + "/loop\n", 0755)),
              HasSubstr("whose interpreters are scripts too"));
}

TEST_F(ServerCommandTest, APackageIsReadableUpToItsOutermostModulesFolder) {
  const std::string modules = folder_.MakeFolder("app/node_modules");
  const std::string script =
      folder_.Write("app/node_modules/@x/server/node_modules/y/index.js", "", 0644);
  const auto in_modules = Resolve("/bin/sh", {script});
  ASSERT_TRUE(in_modules.has_value());
  EXPECT_THAT(in_modules->readable, ElementsAre(modules));

  const std::string own = folder_.Write("own/dist/src/main.js", "", 0644);
  folder_.Write("own/package.json", "{}");
  EXPECT_THAT(Resolve("/bin/sh", {"--flag", own})->readable, ElementsAre(folder_.path() + "/own"));
  EXPECT_THAT(Resolve("/bin/sh", {"relative.js"})->readable, IsEmpty());
}

TEST_F(ServerCommandTest, TheHomeFolderIsNeverMadeReadableForAScriptInIt) {
  const std::string script = folder_.Write("server.js", "");
  folder_.Write("package.json", "{}");
  const char* home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  ::setenv("HOME", folder_.path().c_str(), 1);
  const auto resolved = Resolve("/bin/sh", {script});
  ::setenv("HOME", before.c_str(), 1);
  ASSERT_TRUE(resolved.has_value());
  EXPECT_THAT(resolved->readable, ElementsAre(script));
}

}  // namespace
}  // namespace weir::mcp_host
