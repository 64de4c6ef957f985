#include "tools/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/change_tools.h"
#include "tools/read_tools.h"

namespace weir::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Registry, HoldsTheBuiltInToolsAndEachHasARunner) {
  const auto registry = Registry::Builtin();
  ASSERT_TRUE(registry.has_value()) << registry.error().message;
  EXPECT_EQ(registry->tools().size(), 17u);
  for (const ToolEntry& entry : registry->tools()) {
    const std::string& name = entry.definition.name;
    EXPECT_EQ(entry.server, "builtin");
    EXPECT_EQ(entry.definition_hash.size(), 64u);
    const bool changes = entry.effect == "write" || entry.effect == "delete";
    EXPECT_EQ(IsChangeTool(name), changes) << name;
    EXPECT_EQ(IsReadTool(name), !changes && name != "ask_user") << name;
  }
}

TEST(Registry, KnowsArgumentsAndPaths) {
  const auto registry = Registry::Builtin();
  const ToolEntry* move = registry->Find("move_file");
  ASSERT_NE(move, nullptr);
  EXPECT_THAT(move->path_arguments, ElementsAre("source", "destination"));
  EXPECT_THAT(registry->Find("query_csv")->arguments,
              ElementsAre("path", "calculation", "column", "group_by"));
  EXPECT_EQ(registry->Find("nothing"), nullptr);
}

TEST(Registry, ChecksArgumentsAgainstTheSchema) {
  const auto registry = Registry::Builtin();
  const ToolEntry& csv = *registry->Find("query_csv");
  EXPECT_TRUE(registry->CheckArguments(csv, {{"path", "a"}, {"calculation", "sum"}}).has_value());
  for (const json::Json& bad :
       {json::Json{{"path", "a"}}, json::Json{{"path", 1}, {"calculation", "sum"}},
        json::Json{{"path", "a"}, {"calculation", "explode"}},
        json::Json{{"path", "a"}, {"calculation", "sum"}, {"extra", 1}}, json::Json::array()}) {
    const Status checked = registry->CheckArguments(csv, bad);
    ASSERT_FALSE(checked.has_value()) << bad;
    EXPECT_THAT(checked.error().message, HasSubstr("the arguments of query_csv do not fit"));
  }
}

TEST(Registry, TheHashFollowsTheDefinition) {
  const char* kTool =
      R"([{"name":"a","description":"d","effect":"read","parameters":{"type":"object"}}])";
  const char* kReordered =
      R"([{"effect":"read","parameters":{"type":"object"},"name":"a","description":"d"}])";
  const char* kOther =
      R"([{"name":"a","description":"D","effect":"read","parameters":{"type":"object"}}])";
  const auto hash = [](const char* text) {
    return Registry::Parse(text, "s")->tools()[0].definition_hash;
  };
  EXPECT_EQ(hash(kTool), hash(kReordered));
  EXPECT_NE(hash(kTool), hash(kOther));
  EXPECT_NE(hash(kTool), Registry::Parse(kTool, "t")->tools()[0].definition_hash);
}

TEST(Registry, RefusesBadDefinitions) {
  for (
      const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
          {"{}", "a list is expected"},
          {"[1]", "'name' is missing"},
          {R"([{"name":"","effect":"read","parameters":{}}])", "without a name"},
          {R"([{"name":"a","effect":"magic","parameters":{}}])", "the effect 'magic'"},
          {R"([{"name":"a","effect":"read"}])", "no parameters object"},
          {R"([{"name":"a","effect":"read","parameters":{"type":"wombat"}}])", "tool 'a'"},
          {R"([{"name":"a","effect":"read","parameters":{}},{"name":"a","effect":"read","parameters":{}}])",
           "defined twice"}}) {
    const auto registry = Registry::Parse(text, "s");
    ASSERT_FALSE(registry.has_value()) << text;
    EXPECT_THAT(registry.error().message, HasSubstr(part)) << text;
  }
}

catalog::CatalogTool StrangersTool(const std::string& tool, const std::string& display) {
  catalog::CatalogTool entry;
  entry.id = {"files", tool};
  entry.definition.name = display;
  entry.definition.description = "does it";
  entry.input_schema = *json::Parse(R"({"type":"object","properties":{"path":{"type":"string"}},
                                        "required":["path"]})");
  entry.definition.parameters = entry.input_schema;
  entry.effect = "network";
  entry.arguments = entry.path_arguments = {"path"};
  entry.pin_digest = std::string(64, 'a');
  return entry;
}

TEST(Registry, HoldsStrangersToolsBesideItsOwnByIdentityAndByDisplayName) {
  auto registry = Registry::Builtin();
  const size_t n_builtin = registry->tools().size();
  ASSERT_TRUE(registry->Add(StrangersTool("read_file", "files__read_file")).has_value());
  EXPECT_EQ(registry->tools().size(), n_builtin + 1);
  const ToolEntry* entry = registry->Find("files", "read_file");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(registry->Find("files__read_file"), entry);
  EXPECT_EQ(registry->Find("files", "files__read_file"), nullptr);
  EXPECT_EQ(registry->Find("read_file")->server, "builtin");
  EXPECT_EQ(registry->Find("builtin", "read_file"), registry->Find("read_file"));
  EXPECT_TRUE(entry->definition.declared.is_null());
  EXPECT_TRUE(registry->CheckArguments(*entry, {{"path", "a"}}).has_value());
  EXPECT_FALSE(registry->CheckArguments(*entry, json::Json::object()).has_value());
}

TEST(Registry, RefusesAStrangersToolThatIsThereAlreadyOrDoesNotCompile) {
  auto registry = Registry::Builtin();
  EXPECT_THAT(registry->Add(StrangersTool("x", "read_file")).error().message,
              HasSubstr("'x' of MCP server 'files' would be shown as 'read_file', which is the "
                        "built-in 'read_file'"));
  ASSERT_TRUE(registry->Add(StrangersTool("x", "x")).has_value());
  EXPECT_FALSE(registry->Add(StrangersTool("x", "y")).has_value());
  catalog::CatalogTool bad = StrangersTool("z", "z");
  bad.definition.parameters = {{"type", "wombat"}};
  EXPECT_THAT(registry->Add(bad).error().message, HasSubstr("'z' of MCP server 'files'"));
  EXPECT_EQ(registry->Find("z"), nullptr);
}

TEST(Registry, TheHashOfAStrangersToolFollowsItsPinAndWhatAPersonSaid) {
  const auto hash = [](const catalog::CatalogTool& tool) {
    auto registry = Registry::Builtin();
    EXPECT_TRUE(registry->Add(tool).has_value());
    return registry->Find("files", "x")->definition_hash;
  };
  catalog::CatalogTool tool = StrangersTool("x", "x");
  const std::string before = hash(tool);
  tool.definition.name = "files__x";  // only the display name
  EXPECT_EQ(hash(tool), before);
  tool.pin_digest[0] = 'b';
  EXPECT_NE(hash(tool), before);
  tool = StrangersTool("x", "x");
  tool.effect = "read";
  EXPECT_NE(hash(tool), before);
  tool = StrangersTool("x", "x");
  tool.path_arguments.clear();
  EXPECT_NE(hash(tool), before);
}

}  // namespace
}  // namespace weir::tools
