#include "catalog/narrowing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>

namespace weir::catalog {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::string& name) {
  std::ifstream in(std::string(WEIR_TESTDATA "/narrowing/") + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The 75 tools, under the names that their servers use: without the prefix.
std::vector<CandidateTool> SampleCatalog() {
  const auto file = json::Parse(ReadAll("tools.json"));
  EXPECT_TRUE(file.has_value());
  std::vector<CandidateTool> tools;
  for (const json::Json& item : (*file)["tools"]) {
    CandidateTool tool;
    tool.server = item["server"];
    const std::string name = item["tool"];
    tool.definition.name = name.substr(name.find('.') + 1);
    tool.definition.description = item["description"];
    tool.definition.parameters = item["parameters"];
    tools.push_back(std::move(tool));
  }
  return tools;
}

struct Request {
  std::string text;
  std::string tool;  // the name behind the prefix
};

std::vector<Request> Requests() {
  std::vector<Request> requests;
  std::istringstream lines(ReadAll("requests.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const auto item = json::Parse(line);
    EXPECT_TRUE(item.has_value()) << line;
    const std::string tool = (*item)["tool"];
    requests.push_back({(*item)["request"], tool.substr(tool.find('.') + 1)});
  }
  return requests;
}

// ---- recall ----

constexpr auto kDepths = std::to_array<size_t>({10, 15, 20});

// Of the requests whose index is `first` plus a multiple of `step`: the share whose tool is among
// the best K, for each depth.
std::array<double, 3> Recall(const ToolIndex& index, const std::vector<CandidateTool>& tools,
                             const std::vector<Request>& requests, size_t first, size_t step) {
  std::array<int, 3> found = {};
  int n = 0;
  for (size_t r = first; r < requests.size(); r += step) {
    ++n;
    const std::vector<ScoredTool> ranked = index.Rank(requests[r].text);
    size_t place = 0;
    while (place < ranked.size()) {
      if (tools[ranked[place].index].definition.name == requests[r].tool) break;
      ++place;
    }
    EXPECT_LT(place, ranked.size()) << requests[r].text;
    for (size_t d = 0; d < kDepths.size(); ++d) found[d] += place < kDepths[d] ? 1 : 0;
  }
  std::array<double, 3> shares = {};
  for (size_t d = 0; d < kDepths.size(); ++d) shares[d] = static_cast<double>(found[d]) / n;
  return shares;
}

// Weights were chosen with every other request in sight (the first of each tool); the second of
// each tool was held out. Floors lie a request or two below what is reached.
TEST(Narrowing, FindsTheRightToolAmong75) {
  const std::vector<CandidateTool> tools = SampleCatalog();
  const std::vector<Request> requests = Requests();
  ASSERT_EQ(tools.size(), 75u);
  ASSERT_GE(requests.size(), 120u);
  std::set<std::string> asked;
  for (const Request& request : requests) asked.insert(request.tool);
  EXPECT_EQ(asked.size(), tools.size());
  const ToolIndex index(tools);
  const auto seen = Recall(index, tools, requests, 0, 2);
  const auto held_out = Recall(index, tools, requests, 1, 2);
  const auto all = Recall(index, tools, requests, 0, 1);
  std::printf("narrowing: recall of %zu requests among %zu tools\n", requests.size(), tools.size());
  std::printf("  K          seen  held out  all\n");
  for (size_t d = 0; d < kDepths.size(); ++d) {
    std::printf("  %2zu        %.3f     %.3f  %.3f\n", kDepths[d], seen[d], held_out[d], all[d]);
  }
  EXPECT_GE(all[0], 0.85);
  EXPECT_GE(all[1], 0.87);
  EXPECT_GE(all[2], 0.89);
  EXPECT_GE(held_out[1], 0.89);
}

TEST(ToolIndexes, RankNothingAndOddRequests) {
  EXPECT_TRUE(ToolIndex({}).Rank("anything").empty());
  const std::vector<CandidateTool> tools = SampleCatalog();
  const ToolIndex index(tools);
  for (const std::string& odd : {std::string(), std::string("\xFF\xFE"), std::string(1 << 20, 'x'),
                                 std::string("the of and"), std::string("\0\0", 2)}) {
    const auto ranked = index.Rank(odd);
    ASSERT_EQ(ranked.size(), tools.size());
  }
  // Nothing to go by: the order of the list.
  EXPECT_EQ(index.Rank("")[0].index, 0u);
}

// ---- the list that a model sees ----

std::vector<CandidateTool> WithCore() {
  std::vector<CandidateTool> tools = SampleCatalog();
  for (size_t i = 0; i < 5; ++i) tools[i].is_core = true;
  return tools;
}

std::vector<std::string> NamesOf(const std::vector<chat::ToolDefinition>& tools) {
  std::vector<std::string> names;
  for (const chat::ToolDefinition& tool : tools) names.push_back(tool.name);
  return names;
}

TEST(OfferedTools, AreAllWhileTheyFit) {
  OfferedTools offered(WithCore(), {.share = 0.05, .context_tokens = 1'000'000});
  EXPECT_FALSE(offered.is_narrowed());
  EXPECT_EQ(offered.ForRequest("anything").size(), 75u);
  EXPECT_EQ(offered.ForRequest("something else").size(), 75u);
}

TEST(OfferedTools, AreTheCoreAndTheBestFewInTheOrderOfTheRegistry) {
  const std::vector<CandidateTool> tools = WithCore();
  OfferedTools offered(tools, {.k = 15, .context_tokens = 8192});
  EXPECT_TRUE(offered.is_narrowed());
  const std::vector<std::string> names = NamesOf(offered.ForRequest("send the draft to Anna"));
  EXPECT_EQ(names.size(), 20u);
  EXPECT_THAT(names, ::testing::Contains("send_draft"));
  size_t at = 0;
  for (const CandidateTool& tool : tools) {
    if (at < names.size() && names[at] == tool.definition.name) ++at;
  }
  EXPECT_EQ(at, names.size()) << "not in the order of the registry";
}

TEST(OfferedTools, OnlyGrowAtTheEndWithinARun) {
  OfferedTools offered(WithCore(), {.k = 6, .context_tokens = 4096});
  std::vector<std::string> before;
  for (const Request& request : Requests()) {
    const std::vector<std::string> now = NamesOf(offered.ForRequest(request.text));
    ASSERT_GE(now.size(), before.size());
    ASSERT_TRUE(std::equal(before.begin(), before.end(), now.begin())) << request.text;
    ASSERT_LE(now.size(), before.size() + 11);
    before = now;
  }
  EXPECT_EQ(std::set<std::string>(before.begin(), before.end()).size(), before.size());
}

TEST(OfferedTools, TakeOneByName) {
  OfferedTools offered(WithCore(), {.k = 1, .context_tokens = 4096});
  const size_t before = offered.ForRequest("what time is it").size();
  EXPECT_TRUE(offered.Add("kill_process").has_value());
  EXPECT_TRUE(offered.Add("kill_process").has_value());
  const auto& names = offered.ForRequest("what time is it");
  EXPECT_EQ(names.size(), before + 1);
  EXPECT_EQ(names.back().name, "kill_process");
  EXPECT_THAT(offered.Add("nothing").error().message, HasSubstr("weir tools list"));
}

TEST(OfferedTools, AreCountedByTheCallerWhereItCan) {
  const auto one_each = [](const chat::ToolDefinition&) -> int64_t { return 1; };
  OfferedTools few(WithCore(), {.share = 0.05, .context_tokens = 1500, .count_tokens = one_each});
  EXPECT_FALSE(few.is_narrowed());
  EXPECT_EQ(few.all_tokens(), 75);
  OfferedTools more(WithCore(), {.share = 0.05, .context_tokens = 1499, .count_tokens = one_each});
  EXPECT_TRUE(more.is_narrowed());
  chat::ToolDefinition tool;
  tool.name = "ab";
  tool.description = "cdef";
  tool.parameters = json::Json::object();
  EXPECT_EQ(EstimateTokens(tool), 2);
}

}  // namespace
}  // namespace weir::catalog
