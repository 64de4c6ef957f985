#include "mcp_client/results.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::mcp_client {
namespace {

json::Json Parsed(const std::string& text) { return json::Parse(text).value(); }

TEST(Results, AToolThatIsMalformedSaysWhy) {
  for (const char* tool : {
           "7",
           R"({"inputSchema":{}})",
           R"({"name":"","inputSchema":{}})",
           R"({"name":"a b","inputSchema":{}})",
           R"({"name":"a\u0000","inputSchema":{}})",
           R"({"name":"a"})",
           R"({"name":"a","inputSchema":true})",
           R"({"name":"a","inputSchema":{},"outputSchema":[]})",
           R"({"name":"a","inputSchema":{},"description":7})",
       }) {
    EXPECT_FALSE(ParseTool(Parsed(tool))) << tool;
  }
  const json::Json long_name{{"name", std::string(129, 'a')}, {"inputSchema", json::Json::object()}};
  EXPECT_FALSE(ParseTool(long_name));
}

TEST(Results, AnnotationsAreClaimsAndWhatIsMalformedClaimsNothing) {
  const auto tool = ParseTool(Parsed(
      R"({"name":"a","inputSchema":{},"annotations":{"readOnlyHint":true,"destructiveHint":"no"}})"));
  ASSERT_TRUE(tool);
  EXPECT_EQ(tool->annotations.read_only, true);
  EXPECT_EQ(tool->annotations.destructive, std::nullopt);
  EXPECT_EQ(tool->annotations.open_world, std::nullopt);
}

TEST(Results, AToolKeepsItsSchemaAsItCame) {
  const json::Json schema = Parsed(
      R"({"$schema":"x","unknown":{"b":1,"a":[]},"properties":{},"additionalProperties":false})");
  const auto tool = ParseTool({{"name", "a"}, {"inputSchema", schema}});
  ASSERT_TRUE(tool);
  EXPECT_EQ(json::Dump(tool->input_schema), json::Dump(schema));
}

TEST(Results, AToolsResultNeedsContentOrStructuredContent) {
  for (const char* result : {"{}", R"({"content":"x"})", R"({"content":[7]})",
                             R"({"content":[{"text":"no type"}]})",
                             R"({"content":[],"isError":"yes"})"}) {
    EXPECT_FALSE(ParseCallToolResult(Parsed(result))) << result;
  }
  const auto structured = ParseCallToolResult(Parsed(R"({"structuredContent":[1,2]})"));
  ASSERT_TRUE(structured);
  EXPECT_EQ(structured->structured_content, Parsed("[1,2]"));
  EXPECT_FALSE(structured->is_error);
}

TEST(Results, AnEmptyCursorIsACursor) {
  EXPECT_EQ(ParseListPage(Parsed(R"({"tools":[],"nextCursor":""})"), "tools")->next_cursor, "");
  EXPECT_EQ(ParseListPage(Parsed(R"({"tools":[]})"), "tools")->next_cursor, std::nullopt);
  EXPECT_FALSE(ParseListPage(Parsed(R"({"tools":[],"nextCursor":7})"), "tools"));
  EXPECT_FALSE(ParseListPage(Parsed(R"({"tools":{}})"), "tools"));
  const json::Json endless{{"tools", json::Json::array()}, {"nextCursor", std::string(20000, 'c')}};
  EXPECT_FALSE(ParseListPage(endless, "tools"));
}

TEST(Results, ATimeToLiveIsBoundedAndNeverNegative) {
  EXPECT_EQ(ParseListPage(Parsed(R"({"t":[],"ttlMs":-5})"), "t")->ttl->count(), 0);
  EXPECT_EQ(ParseListPage(Parsed(R"({"t":[],"ttlMs":1e300})"), "t")->ttl->count(), 3'600'000);
  EXPECT_EQ(ParseListPage(Parsed(R"({"t":[],"ttlMs":"5"})"), "t")->ttl, std::nullopt);
}

TEST(Results, ResourcesAndPromptsAreChecked) {
  EXPECT_FALSE(ParseResource(Parsed(R"({"name":"x"})"), "uri"));
  EXPECT_TRUE(ParseResource(Parsed(R"({"name":"x","uriTemplate":"a{b}"})"), "uriTemplate"));
  EXPECT_FALSE(ParseReadResourceResult(Parsed(R"({"contents":[{"uri":"x"}]})")));
  EXPECT_TRUE(ParseReadResourceResult(Parsed(R"({"contents":[{"uri":"x","blob":""}]})")));
  EXPECT_FALSE(ParsePrompt(Parsed(R"({"name":"x","arguments":[{}]})")));
  EXPECT_TRUE(ParsePrompt(Parsed(R"({"name":"x","arguments":[{"name":"a","required":true}]})"))
                  ->arguments[0]
                  .required);
  EXPECT_FALSE(ParseGetPromptResult(Parsed(R"({"messages":[{"role":"user"}]})")));
  EXPECT_FALSE(ParseCompletionResult(Parsed(R"({"completion":{"values":[1]}})")));
  EXPECT_FALSE(ParseCompletionResult(Parsed("{}")));
  EXPECT_EQ(ParseCompletionResult(Parsed(R"({"completion":{"values":["a"]}})"))->values[0], "a");
}

TEST(Results, AServerIsNamedAtTheTopOrInMeta) {
  EXPECT_FALSE(ParseServerInfo(Parsed("{}")));
  EXPECT_EQ(ParseServerInfo(Parsed(R"({"capabilities":{},"serverInfo":{"name":"a"}})"))->name, "a");
  const auto server = ParseServerInfo(Parsed(
      R"({"capabilities":{"tools":{}},
          "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"b","version":"2"}}})"));
  ASSERT_TRUE(server);
  EXPECT_EQ(server->name, "b");
  EXPECT_TRUE(server->Has("tools"));
  EXPECT_FALSE(server->Has("prompts"));
}

}  // namespace
}  // namespace weir::mcp_client
