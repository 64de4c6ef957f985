// The tools of a stranger's server behind the interface that ToolHost knows.

#include "mcp_host/mcp_tool_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/definition.h"
#include "mcp_host/testing/temp_folder.h"

namespace weir::mcp_host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class McpToolServerTest : public ::testing::Test {
 protected:
  // Lists the server in `mode`, pins what it says, and makes the tool server with these pins; it
  // runs in `mode` too.
  void Open(const std::string& mode, const std::string& description = {}) {
    workspace_ = folder_.MakeFolder("workspace");
    state_ = folder_.MakeFolder("state");
    ASSERT_EQ(::chmod(state_.c_str(), 0700), 0);
    McpToolServerOptions options;
    SessionOptions& session = options.session;
    session.config.name = "notes";
    session.config.command = WEIR_HOSTILE_SERVER;
    session.config.args = {mode};
    if (!description.empty()) session.config.args.push_back(description);
    session.config.call_timeout_s = 5;
    session.config.effects = {
        {"get_weather", "read"}, {"lookup_note", "read"}, {"save_note", "write"}};
    session.clock = &SystemClock();
    Result<ServerPlan> plan = PlanServer(session.config, workspace_, sandbox::SandboxLevel::kFull);
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    session.plan = std::move(*plan);
#ifdef WEIR_SANITIZED
    session.plan.profile.limits.data_bytes.reset();
#endif
    options.workspace = workspace_;
    options.state_folder = state_;
    Pin(session, &options.pins);
    if (HasFatalFailure() || !missing_.empty()) return;
    server_ = std::make_unique<McpToolServer>(options);
    for (const catalog::CatalogTool& tool : tools_) {
      ASSERT_TRUE(server_->AddTool(tool).has_value());
      ASSERT_TRUE(registry_->Add(tool).has_value());
    }
  }

  void Pin(const SessionOptions& options, catalog::ServerPins* pins) {
    ServerSession session(options);
    if (const Status started = session.Start([](std::string_view) { return Status(); }, {});
        !started) {
      missing_ = started.error().message;
      return;
    }
    catalog::ServerListing listing;
    listing.server = "notes";
    listing.program_hash = options.plan.program_hash;
    const auto listed = session.Tools({});
    ASSERT_TRUE(listed.has_value()) << listed.error().message;
    for (const mcp_client::ToolDescription& tool : **listed) {
      listing.tools.push_back(tool.raw);
      const Result<catalog::Definition> definition = catalog::ReadDefinition(tool.raw);
      ASSERT_TRUE(definition.has_value()) << definition.error().message;
      pins->tools[tool.name] = {.definition = catalog::CanonicalDefinition(*definition).value(),
                                .program = listing.program_hash,
                                .pinned_us = 1};
    }
    const catalog::Pins all{{{"notes", *pins}}};
    catalog::Catalog catalog(std::vector<std::string>{});
    for (const catalog::ToolReport& report :
         catalog.Add({{.config = &options.config, .listing = &listing}}, all)) {
      ASSERT_TRUE(report.tool.has_value()) << report.why;
      tools_.push_back(*report.tool);
    }
  }

  tools::ServerCall CallOf(const std::string& tool, const json::Json& arguments) {
    return {*registry_->Find("notes", tool), arguments, run_id_, record_};
  }
  tools::ToolResult Run(const std::string& tool, const json::Json& arguments) {
    const tools::ServerCall call = CallOf(tool, arguments);
    if (const Status ready = server_->Prepare(call, {}); !ready) {
      return tools::ErrorResult(ready.error());
    }
    return server_->Call(call, {});
  }

  testing::TempFolder folder_;
  std::string workspace_, state_;
  std::string missing_;  // why this machine lets no server have its box
  std::string run_id_ = "run-1";
  std::vector<std::string> started_;
  tools::RecordStart record_ = [this](std::string_view subject) {
    started_.emplace_back(subject);
    return Status();
  };
  Result<tools::Registry> registry_ = tools::Registry::Parse("[]", "builtin");
  std::vector<catalog::CatalogTool> tools_;
  std::unique_ptr<McpToolServer> server_;
};

#define OPEN_OR_SKIP(...)        \
  Open(__VA_ARGS__);             \
  if (HasFatalFailure()) return; \
  if (!missing_.empty()) GTEST_SKIP() << missing_

TEST_F(McpToolServerTest, AReadIsAnsweredMarkedWithTheServersName) {
  OPEN_OR_SKIP("friendly");
  const auto result = Run("get_weather", {{"city", "Oslo"}});
  EXPECT_FALSE(result.is_error) << result.summary;
  EXPECT_EQ(result.summary, "[notes] 21 degrees in Oslo");
  EXPECT_EQ(result.data["degrees"], 21);
  EXPECT_EQ(started_.size(), 1u);
}

TEST_F(McpToolServerTest, ArgumentsThatDoNotFitTheSchemaDoNotReachTheServer) {
  OPEN_OR_SKIP("friendly");
  const auto result = Run("get_weather", {{"town", "Oslo"}});
  EXPECT_TRUE(result.is_error);
  EXPECT_THAT(result.summary, HasSubstr("the arguments of get_weather do not fit"));
  EXPECT_TRUE(started_.empty());
}

TEST_F(McpToolServerTest, AResultThatBreaksItsOutputSchemaIsAToolError) {
  OPEN_OR_SKIP("bad-output");
  const auto result = Run("get_weather", {{"city", "Oslo"}});
  EXPECT_TRUE(result.is_error);
  EXPECT_THAT(result.summary, HasSubstr("the results of get_weather do not fit"));
}

TEST_F(McpToolServerTest, WhatNobodyCanSeeDoesNotReachTheModel) {
  OPEN_OR_SKIP("controls");
  const auto result = Run("get_weather", {{"city", "Oslo"}});
  EXPECT_THAT(result.summary, Not(HasSubstr("\x1b")));
  EXPECT_THAT(result.summary, HasSubstr("cold"));
}

TEST_F(McpToolServerTest, AToolThatChangedAfterItWasPinnedIsNotCalled) {
  OPEN_OR_SKIP("change");
  // Each start lists once, so that the pinned listing and the live one are the same ...
  EXPECT_FALSE(Run("get_weather", {{"city", "Oslo"}}).is_error);
  // ... until the server's program is told to say something else.
  server_.reset();
  tools_.clear();
  registry_ = tools::Registry::Parse("[]", "builtin");
  McpToolServerOptions options;
  options.session.config.name = "notes";
  options.session.config.command = WEIR_HOSTILE_SERVER;
  options.session.config.args = {"friendly"};
  options.session.clock = &SystemClock();
  options.session.plan =
      PlanServer(options.session.config, workspace_, sandbox::SandboxLevel::kFull).value();
#ifdef WEIR_SANITIZED
  options.session.plan.profile.limits.data_bytes.reset();
#endif
  options.workspace = workspace_;
  options.state_folder = state_;
  Pin(options.session, &options.pins);
  for (auto& [name, pin] : options.pins.tools) {
    json::Json definition = json::Parse(pin.definition).value();
    definition["description"] = "something else";
    pin.definition = json::Canonical(definition).value();
  }
  server_ = std::make_unique<McpToolServer>(options);
  for (const catalog::CatalogTool& tool : tools_) {
    ASSERT_TRUE(server_->AddTool(tool).has_value());
    ASSERT_TRUE(registry_->Add(tool).has_value());
  }
  const auto refused = Run("get_weather", {{"city", "Oslo"}});
  EXPECT_TRUE(refused.is_error);
  EXPECT_THAT(refused.summary, HasSubstr("get_weather"));
  EXPECT_EQ(server_->quarantined().count("get_weather"), 1u);
}

TEST_F(McpToolServerTest, AWriteHappensInAViewAndIsCommittedAsItWasPreviewed) {
  OPEN_OR_SKIP("friendly");
  const json::Json arguments = {{"title", "milk"}, {"text", "buy some"}};
  const tools::ServerCall call = CallOf("save_note", arguments);
  const auto preview = server_->PreviewCall(call, {});
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  ASSERT_FALSE(preview->is_error) << preview->body;
  if (!preview->is_exact) GTEST_SKIP() << preview->body;
  EXPECT_THAT(preview->body, HasSubstr("milk.note"));
  EXPECT_THAT(preview->body, HasSubstr("+buy some"));
  EXPECT_EQ(preview->preconditions, server_->Present(call.entry, arguments));
  EXPECT_EQ(folder_.Read("workspace/milk.note"), "<missing>") << "nothing has happened";

  ASSERT_TRUE(server_->Prepare(call, {}).has_value());
  const auto result = server_->Call(call, {});
  EXPECT_FALSE(result.is_error) << result.summary;
  EXPECT_EQ(result.undo_id, "run-1");
  EXPECT_EQ(folder_.Read("workspace/milk.note"), "buy some\n");
  EXPECT_TRUE(server_->Present(call.entry, arguments).empty()) << "spent";
}

TEST_F(McpToolServerTest, AFileThatChangedSinceThePreviewRefusesTheWhole) {
  OPEN_OR_SKIP("friendly");
  const json::Json arguments = {{"title", "milk"}, {"text", "buy some"}};
  const tools::ServerCall call = CallOf("save_note", arguments);
  const auto preview = server_->PreviewCall(call, {});
  ASSERT_TRUE(preview.has_value()) << preview.error().message;
  if (!preview->is_exact) GTEST_SKIP() << preview->body;
  folder_.Write("workspace/milk.note", "mine\n");
  const auto result = server_->Call(call, {});
  EXPECT_TRUE(result.is_error);
  EXPECT_THAT(result.summary, HasSubstr("no longer as they were previewed: milk.note"));
  EXPECT_EQ(folder_.Read("workspace/milk.note"), "mine\n");
}

// The instance that answers reads has no write access at all.
TEST_F(McpToolServerTest, AToolThatSaysItReadsAndWritesChangesNothing) {
  OPEN_OR_SKIP("lie");
  json::Json arguments = {{"title", "milk"}, {"text", "buy some"}};
  tools::ToolEntry entry = *registry_->Find("notes", "save_note");
  entry.effect = "read";
  const tools::ServerCall call{entry, arguments, run_id_, record_};
  ASSERT_TRUE(server_->Prepare(call, {}).has_value());
  const auto result = server_->Call(call, {});
  EXPECT_TRUE(result.is_error);
  EXPECT_THAT(result.summary, HasSubstr("can not be written"));
  EXPECT_EQ(folder_.Read("workspace/milk.note"), "<missing>");
}

}  // namespace
}  // namespace weir::mcp_host
