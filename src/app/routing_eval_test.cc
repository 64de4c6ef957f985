#include "app/routing_eval.h"

#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "agent/context.h"
#include "tools/registry.h"

namespace weir::app {
namespace {

// A model that replies from a list.
class ScriptedModel : public agent::ModelClient {
 public:
  const agent::ModelProfile& profile() const override { return profile_; }
  Result<agent::ModelReply> Complete(const agent::ModelRequest&, const agent::StreamSink&,
                                     std::stop_token) override {
    agent::ModelReply reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }
  void Say(const std::string& text) {
    replies_.emplace_back();
    replies_.back().message.content = text;
  }
  void Call(const std::string& tool, json::Json arguments) {
    Say("");
    replies_.back().message.tool_calls.push_back(
        {.id = "", .name = tool, .arguments = std::move(arguments)});
  }

 private:
  agent::ModelProfile profile_;
  std::deque<agent::ModelReply> replies_;
};

RoutingItem CallItem(const std::string& request, const std::string& tool, json::Json arguments) {
  RoutingItem item;
  item.request = request;
  item.calls.push_back({tool, std::move(arguments)});
  return item;
}

TEST(Routing, CountsEveryKindOfVerdict) {
  const auto registry = *tools::Registry::Builtin();
  const auto shortlist = *tools::Shortlist::Builtin();
  ScriptedModel model;
  RoutingSetup setup{.model = model, .shortlist = shortlist, .tools = agent::Definitions(registry)};
  for (const tools::ToolEntry& tool : registry.tools())
    setup.effects[tool.definition.name] = tool.effect;

  std::vector<RoutingItem> items;
  for (const char* name : {"a.txt", "b.txt", "c.txt", "d.txt"}) {
    items.push_back(CallItem(std::string("read ") + name, "read_file", {{"path", name}}));
  }
  model.Call("read_file", {{"path", "a.txt"}});
  model.Call("read_file", {{"path", "wrong"}});
  model.Call("delete_file", {{"path", "c.txt"}});
  model.Say("Which file?");
  RoutingItem ask;
  ask.kind = RoutingItem::Kind::kAsk;
  ask.request = "delete it";
  items.push_back(ask);
  model.Say("Which file should I delete?");
  RoutingItem none;
  none.kind = RoutingItem::Kind::kNone;
  none.request = "book a table";
  items.push_back(none);
  model.Say("None of my tools can do that.");

  const auto run = RunRouting(items, RoutingMode::kModel, setup, {}, {});
  ASSERT_TRUE(run.has_value());
  const RoutingCounts& c = run->counts;
  EXPECT_EQ(c.n_call, 4);
  EXPECT_EQ(c.n_tool_right, 2);
  EXPECT_EQ(c.n_exact, 1);
  EXPECT_EQ(c.n_asked_instead, 1);
  EXPECT_EQ(c.n_wrong_effect, 1);
  EXPECT_EQ(c.n_ask_right, 1);
  EXPECT_EQ(c.n_none_right, 1);
  EXPECT_EQ(run->misses.size(), 3U);
}

TEST(Routing, ReadsASuiteAndNamesTheLineOfAnError) {
  const std::string path = ::testing::TempDir() + "/weir_suite.jsonl";
  std::ofstream(path)
      << R"({"request":"x","expect":{"kind":"call","tool":"t","arguments":{"a":1},"also":[{"tool":"u"}]}})"
      << "\n"
      << R"({"request":"y","expect":{"kind":"none"},"tags":["z"]})" << "\n";
  const auto items = ReadSuite(path);
  ASSERT_TRUE(items.has_value()) << items.error().message;
  ASSERT_EQ(items->size(), 2U);
  EXPECT_EQ((*items)[0].calls.size(), 2U);
  EXPECT_EQ((*items)[1].kind, RoutingItem::Kind::kNone);
  std::ofstream(path, std::ios::app) << "{}\n";
  EXPECT_NE(ReadSuite(path).error().message.find("line 3"), std::string::npos);
  EXPECT_FALSE(ReadSuite("/nonexistent").has_value());
}

}  // namespace
}  // namespace weir::app
