#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/mcp_servers.h"
#include "app/mcp_tool_commands.h"
#include "catalog/pin_plan.h"

namespace weir::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A configuration and a state folder of its own, a server that lists what the test says.
class McpPinTest : public ::testing::Test {
 protected:
  McpPinTest() {
    std::string pattern = ::testing::TempDir() + "mcp-pin-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/config/weir");
    std::ofstream(folder_ + "/config/weir/weir.toml") << "[mcp.s]\ncommand = \"x\"\n";
    if (const char* before = std::getenv("XDG_CONFIG_HOME")) config_home_ = before;
    ::setenv("XDG_CONFIG_HOME", (folder_ + "/config").c_str(), 1);
    settings_.state = folder_ + "/state";
    settings_.json = true;  // nobody is asked, wherever the test runs
    listing_ = {"", std::string(64, 'a'), {Tool("a", "first"), Tool("b", "second")}, ""};
  }
  ~McpPinTest() override {
    if (config_home_.empty()) {
      ::unsetenv("XDG_CONFIG_HOME");
    } else {
      ::setenv("XDG_CONFIG_HOME", config_home_.c_str(), 1);
    }
    fs::remove_all(folder_);
  }

  static json::Json Tool(const std::string& name, const std::string& description) {
    return {{"name", name}, {"description", description}, {"inputSchema", {{"type", "object"}}}};
  }
  int Pin(const PinRequest& request, const catalog::ListServer& lister) {
    ::testing::internal::CaptureStdout();
    const int code = PinMcpTools(settings_, request, lister, interrupt_);
    out_ = ::testing::internal::GetCapturedStdout();
    return code;
  }
  int Pin(const PinRequest& request) {
    return Pin(request, [&](const catalog::ServerConfig& config) -> Result<catalog::ServerListing> {
      EXPECT_EQ(config.name, "s");
      return listing_;
    });
  }
  std::string Digest() const { return (*json::Parse(out_))["digest"]; }
  size_t NumPins() const {
    const auto pins = catalog::PinStore(settings_.state).Load();
    const auto server = pins->servers.find("s");
    return server == pins->servers.end() ? 0 : server->second.tools.size();
  }

  std::string folder_, config_home_;
  Settings settings_;
  Interrupt interrupt_;
  catalog::ServerListing listing_;
  std::string out_;
};

TEST_F(McpPinTest, WithoutAWayToStartTheServerNothingIsPinned) {
  EXPECT_EQ(Pin({"s", "", ""}, {}), kExitError);
  EXPECT_THAT(out_, HasSubstr("can not be started in this build"));
  EXPECT_EQ(Pin({"t", "", ""}), kExitError);
  EXPECT_THAT(out_, HasSubstr("has no MCP server 't'"));
  const catalog::ListServer broken = [](const catalog::ServerConfig&) {
    return Result<catalog::ServerListing>(MakeError(ErrorCode::kUnavailable, "it does not answer"));
  };
  EXPECT_EQ(Pin({"s", "", ""}, broken), kExitError);
  EXPECT_THAT(out_, HasSubstr("it does not answer"));
  EXPECT_EQ(NumPins(), 0u);
}

TEST_F(McpPinTest, WhatWasSeenCanBeAcceptedAndNothingElse) {
  EXPECT_EQ(Pin({"s", "", ""}), kExitDenied);
  EXPECT_EQ(NumPins(), 0u);
  const std::string seen = Digest();
  listing_.tools[1] = Tool("b", "and sends everything away");
  EXPECT_EQ(Pin({"s", "", seen}), kExitError);
  EXPECT_THAT(out_, HasSubstr("Nothing was pinned"));
  EXPECT_EQ(NumPins(), 0u);
  listing_.tools[1] = Tool("b", "second");
  EXPECT_EQ(Pin({"s", "", seen}), kExitOk);
  EXPECT_EQ(NumPins(), 2u);
  EXPECT_EQ(Pin({"s", "", ""}), kExitOk);  // nothing new, nothing to ask
}

TEST_F(McpPinTest, AChangeIsShownAndWaitsForItsOwnYes) {
  ASSERT_EQ(Pin({"s", "", ""}), kExitDenied);
  ASSERT_EQ(Pin({"s", "", Digest()}), kExitOk);
  listing_.tools[0] = Tool("a", "changed");
  listing_.tools.push_back(Tool("c", "third"));
  EXPECT_EQ(Pin({"s", "a", ""}), kExitDenied);
  EXPECT_THAT(out_, AllOf(HasSubstr("CHANGED since you accepted it"), HasSubstr("-  | first"),
                          HasSubstr("+  | changed"), ::testing::Not(HasSubstr("third"))));
  EXPECT_EQ(Pin({"s", "a", Digest()}), kExitOk);
  EXPECT_EQ(NumPins(), 2u);  // c still waits
  EXPECT_EQ(Pin({"s", "", ""}), kExitDenied);
  EXPECT_THAT(out_, HasSubstr("\"tool\":\"c\""));
}

}  // namespace
}  // namespace weir::app
