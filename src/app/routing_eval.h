#pragma once
// Measures how well requests find their tool: the model alone, the scorer alone, and both as the
// product uses them.
//
// A suite is a JSONL file, one request a line with what is expected of it; eval/routing/README.md
// has the format. The verdicts are mechanical: right tool, right tool with every argument, a
// question, a refusal.

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model_client.h"
#include "base/result.h"
#include "chat/message.h"
#include "tools/shortlist.h"

namespace weir::app {

struct ExpectedCall {
  std::string tool;
  json::Json arguments;
};

struct RoutingItem {
  enum class Kind { kCall, kAsk, kNone };
  std::string id;
  std::string request;
  Kind kind = Kind::kCall;
  std::vector<ExpectedCall> calls;  // acceptable ones, the first is the best; empty unless kCall
  std::vector<chat::ToolDefinition>
      tools;          // the item's own list; empty: drawn from the built-in tools
  std::string needs;  // kAsk only: the tool that the request is for; always on the list
  std::vector<std::string> tags;
};

// Errors name the line.
Result<std::vector<RoutingItem>> ReadSuite(const std::string& path);

enum class RoutingMode { kModel, kScorer, kBoth };

struct RoutingCounts {
  int n_call = 0, n_tool_right = 0, n_exact = 0, n_asked_instead = 0, n_refused = 0;
  int n_ask = 0, n_ask_right = 0;
  int n_none = 0, n_none_right = 0;
  int n_wrong_effect = 0;  // calls that would write or delete and are not what was meant
  int64_t total_us = 0;
};

struct RoutingMiss {
  std::string request;
  std::string expected;
  std::string got;
};

struct RoutingRun {
  RoutingCounts counts;
  std::map<std::string, RoutingCounts> by_tag;
  std::vector<RoutingMiss> misses;
};

struct RoutingSetup {
  agent::ModelClient& model;
  const tools::Shortlist& shortlist;
  std::vector<chat::ToolDefinition> tools{};        // built-in ones
  std::vector<chat::ToolDefinition> distractors{};  // fill lists longer than that
  std::map<std::string, std::string> effects{};     // of the built-in tools
  int list_size = 12;
  uint64_t seed = 1;
};

// Runs every item once; `progress` is called with the number done. Stops early with kCancelled.
Result<RoutingRun> RunRouting(const std::vector<RoutingItem>& items, RoutingMode mode,
                              const RoutingSetup& setup, const std::function<void(int)>& progress,
                              const std::stop_token& stop);

}  // namespace weir::app
