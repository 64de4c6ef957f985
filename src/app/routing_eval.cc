#include "app/routing_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <random>

#include "agent/answer.h"
#include "agent/context.h"
#include "agent/tool_choice.h"
#include "json/json.h"

namespace weir::app {
namespace {

using Kind = RoutingItem::Kind;

Result<chat::ToolDefinition> ReadTool(const json::Json& from) {
  if (!from.is_object() || !from.contains("name")) {
    return MakeError(ErrorCode::kCorruptData, "a tool is an object with a name");
  }
  chat::ToolDefinition tool;
  tool.name = from["name"].get<std::string>();
  tool.description = from.value("description", "");
  tool.parameters = from.value("parameters", json::Json());
  return tool;
}

Result<RoutingItem> ReadItem(const json::Json& line) {
  RoutingItem item;
  if (!line.is_object() || !line.contains("request") || !line.contains("expect")) {
    return MakeError(ErrorCode::kCorruptData, "expected an object with request and expect");
  }
  item.id = line.value("id", "");
  item.request = line["request"].get<std::string>();
  const json::Json& expect = line["expect"];
  const std::string kind = expect.value("kind", "");
  if (kind == "ask") {
    item.kind = Kind::kAsk;
  } else if (kind == "none") {
    item.kind = Kind::kNone;
  } else if (kind == "call") {
    item.calls.push_back(
        {expect.value("tool", ""), expect.value("arguments", json::Json::object())});
  } else {
    return MakeError(ErrorCode::kCorruptData, "expect.kind is '{}', expected call, ask or none",
                     kind);
  }
  item.needs = line.value("needs", expect.value("needs", ""));
  for (const json::Json& also : expect.value("also", json::Json::array())) {
    const std::string tool = also.value("tool", expect.value("tool", ""));
    item.calls.push_back({tool, also.value("arguments", json::Json::object())});
  }
  for (const json::Json& tool : line.value("tools", json::Json::array())) {
    ASSIGN_OR_RETURN(chat::ToolDefinition definition, ReadTool(tool));
    item.tools.push_back(std::move(definition));
  }
  for (const json::Json& tag : line.value("tags", json::Json::array()))
    item.tags.push_back(tag.get<std::string>());
  return item;
}

// What came out of one request.
struct Got {
  Kind kind = Kind::kNone;
  bool asked_which_tool = false;
  std::string tool;
  json::Json arguments;
  std::string text;
  int64_t us = 0;

  std::string Describe() const {
    if (asked_which_tool) return fmt::format("asked: {} or another tool", tool);
    if (kind == Kind::kCall) return fmt::format("{}({})", tool, json::Dump(arguments));
    return text;
  }
};

// The item's own list, or the right tool and others by a seeded shuffle.
std::vector<chat::ToolDefinition> DrawTools(const RoutingItem& item, const RoutingSetup& setup,
                                            uint64_t seed) {
  if (!item.tools.empty()) return item.tools;
  std::vector<chat::ToolDefinition> pool = setup.tools;
  std::mt19937_64 random(seed);
  std::shuffle(pool.begin(), pool.end(), random);
  std::vector<std::string> wanted;
  wanted.reserve(item.calls.size() + 1);
  for (const ExpectedCall& call : item.calls) wanted.push_back(call.tool);
  if (!item.needs.empty()) wanted.push_back(item.needs);
  std::stable_partition(pool.begin(), pool.end(), [&](const chat::ToolDefinition& tool) {
    return std::find(wanted.begin(), wanted.end(), tool.name) != wanted.end();
  });
  pool.insert(pool.end(), setup.distractors.begin(), setup.distractors.end());
  pool.resize(std::min(pool.size(), static_cast<size_t>(setup.list_size)));
  std::shuffle(pool.begin(), pool.end(), random);
  return pool;
}

Got ByScorer(const RoutingItem& item, const std::vector<chat::ToolDefinition>& tools,
             const RoutingSetup& setup) {
  Got got;
  const auto ranked = setup.shortlist.Rank(item.request, tools);
  if (ranked.empty()) return got;
  got.kind = Kind::kCall;
  got.tool = tools[static_cast<size_t>(ranked.front().index)].name;
  return got;
}

Result<Got> ByModel(const RoutingItem& item, const std::vector<chat::ToolDefinition>& tools,
                    const RoutingSetup& setup, bool with_scorer, const std::stop_token& stop) {
  agent::ModelProfile profile = setup.model.profile();
  if (!with_scorer) profile.shortlist = 0;
  agent::ModelRequest request;
  if (!profile.system_text.empty()) {
    request.conversation.messages.push_back(
        agent::TextMessage(chat::Role::kSystem, profile.system_text));
  }
  request.conversation.messages.push_back(agent::TextMessage(chat::Role::kUser, item.request));
  request.conversation.tools = agent::OfferedTools(tools, setup.shortlist, profile, item.request);
  if (profile.copies_spans) request.span_source = item.request;
  ASSIGN_OR_RETURN(agent::ModelReply reply, setup.model.Complete(request, {}, stop));
  Got got;
  got.us = reply.total_us;
  agent::ToolChoice choice;
  if (with_scorer) {
    choice = agent::ChooseTool(reply, request.conversation.tools, tools,
                               setup.shortlist.Rank(item.request, tools), profile);
  }
  if (choice.kind == agent::ToolChoice::Kind::kSwitch) {
    request.calls = agent::CallMode::kRequired;
    request.only_tool = choice.tool;
    ASSIGN_OR_RETURN(reply, setup.model.Complete(request, {}, stop));
    got.us += reply.total_us;
  }
  if (reply.message.tool_calls.empty()) {
    got.text = reply.message.content.is_string() ? reply.message.content.get<std::string>() : "";
    got.kind = agent::IsQuestion(got.text) ? Kind::kAsk : Kind::kNone;
    return got;
  }
  const chat::ToolCall& call = reply.message.tool_calls.front();
  got.tool = call.name;
  got.arguments = call.arguments;
  got.kind = call.name == "ask_user" ? Kind::kAsk : Kind::kCall;
  if (choice.kind == agent::ToolChoice::Kind::kAsk) {
    got.kind = Kind::kAsk;
    got.asked_which_tool = true;
  }
  return got;
}

bool IsExact(const RoutingItem& item, const Got& got) {
  return std::any_of(item.calls.begin(), item.calls.end(), [&](const ExpectedCall& call) {
    return call.tool == got.tool && nlohmann::json(call.arguments) == nlohmann::json(got.arguments);
  });
}

bool IsToolRight(const RoutingItem& item, const Got& got) {
  return std::any_of(item.calls.begin(), item.calls.end(),
                     [&](const ExpectedCall& call) { return call.tool == got.tool; });
}

// Adds one verdict; true when everything was as expected.
bool Count(const RoutingItem& item, const Got& got, const RoutingSetup& setup,
           RoutingCounts& counts) {
  counts.total_us += got.us;
  bool right = false;
  if (item.kind == Kind::kCall) {
    ++counts.n_call;
    const bool tool_right = got.kind == Kind::kCall && IsToolRight(item, got);
    right = tool_right && IsExact(item, got);
    counts.n_tool_right += tool_right ? 1 : 0;
    counts.n_exact += right ? 1 : 0;
    counts.n_asked_instead += got.kind == Kind::kAsk ? 1 : 0;
    counts.n_refused += got.kind == Kind::kNone ? 1 : 0;
  } else if (item.kind == Kind::kAsk) {
    ++counts.n_ask;
    right = got.kind == Kind::kAsk;
    counts.n_ask_right += right ? 1 : 0;
  } else {
    ++counts.n_none;
    right = got.kind == Kind::kNone;
    counts.n_none_right += right ? 1 : 0;
  }
  const auto effect = setup.effects.find(got.tool);
  const bool acts =
      effect != setup.effects.end() && (effect->second == "write" || effect->second == "delete");
  if (!right && got.kind == Kind::kCall && acts) ++counts.n_wrong_effect;
  return right;
}

std::string DescribeExpected(const RoutingItem& item) {
  if (item.kind == Kind::kAsk) return "a question";
  if (item.kind == Kind::kNone) return "no tool";
  return fmt::format("{}({})", item.calls.front().tool, json::Dump(item.calls.front().arguments));
}

}  // namespace

Result<std::vector<RoutingItem>> ReadSuite(const std::string& path) {
  std::ifstream file(path);
  if (!file) return MakeError(ErrorCode::kNotFound, "suite {} can not be opened", path);
  std::vector<RoutingItem> items;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const Result<json::Json> parsed = json::Parse(line);
    Result<RoutingItem> item =
        parsed ? ReadItem(*parsed) : Result<RoutingItem>(MakeError(parsed.error()));
    if (!item) return MakeError(item.error().WithContext(fmt::format("{}, line {}", path, number)));
    items.push_back(std::move(*item));
  }
  if (items.empty()) return MakeError(ErrorCode::kCorruptData, "suite {} has no requests", path);
  return items;
}

Result<RoutingRun> RunRouting(const std::vector<RoutingItem>& items, RoutingMode mode,
                              const RoutingSetup& setup, const std::function<void(int)>& progress,
                              const std::stop_token& stop) {
  RoutingRun run;
  for (size_t i = 0; i < items.size(); ++i) {
    const RoutingItem& item = items[i];
    const std::vector<chat::ToolDefinition> tools =
        DrawTools(item, setup, setup.seed * 1000003 + i);
    Got got;
    if (mode == RoutingMode::kScorer) {
      got = ByScorer(item, tools, setup);
    } else {
      ASSIGN_OR_RETURN(got, ByModel(item, tools, setup, mode == RoutingMode::kBoth, stop));
    }
    for (const std::string& tag : item.tags) Count(item, got, setup, run.by_tag[tag]);
    if (!Count(item, got, setup, run.counts)) {
      run.misses.push_back({item.request, DescribeExpected(item), got.Describe()});
    }
    if (progress) progress(static_cast<int>(i) + 1);
  }
  return run;
}

}  // namespace weir::app
