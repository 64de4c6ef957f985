#include "prompt/conversation_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::prompt {
namespace {

using chat::Conversation;
using chat::Role;
using json::Json;
using testing::HasSubstr;

Result<Conversation> Read(std::string_view text) {
  return ConversationFromJson(*json::Parse(text));
}

void ExpectRefused(std::string_view text, std::string_view message) {
  const Result<Conversation> read = Read(text);
  ASSERT_FALSE(read.has_value()) << text;
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(read.error().message, HasSubstr(message));
}

TEST(ConversationJson, ArgumentsGivenAsTextAreParsed) {
  const auto read = Read(R"({"messages": [{"role": "assistant", "content": null, "tool_calls": [
      {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": [1]}"}},
      {"function": {"name": "g", "arguments": ""}}, {"name": "h"}]}]})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  const auto& calls = read->messages[0].tool_calls;
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].id, "1");
  EXPECT_EQ(calls[0].arguments, *json::Parse(R"({"a": [1]})"));
  EXPECT_EQ(calls[1].arguments, Json::object());
  EXPECT_EQ(calls[2].name, "h");
  EXPECT_TRUE(read->messages[0].content.is_null());
}

TEST(ConversationJson, EmptyCallsAndNullThinkingAreDropped) {
  const auto read = Read(R"({"messages": [{"role": "assistant", "content": "x", "tool_calls": [],
      "thinking": null}, {"role": "assistant", "tool_calls": null}], "tools": null})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_TRUE(read->messages[0].tool_calls.empty());
  EXPECT_FALSE(read->messages[0].thinking.has_value());
  EXPECT_TRUE(read->tools.empty());
}

TEST(ConversationJson, ReasoningContentBecomesThinkingOnlyWhenItIsText) {
  const auto read = Read(R"({"messages": [
      {"role": "assistant", "content": "x", "reasoning_content": "because"},
      {"role": "assistant", "content": "x", "reasoning_content": ["no"]},
      {"role": "assistant", "content": "x", "thinking": "own", "reasoning_content": "other"}]})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->messages[0].thinking, "because");
  EXPECT_FALSE(read->messages[1].thinking.has_value());
  EXPECT_EQ(read->messages[2].thinking, "own");
}

TEST(ConversationJson, AResultTakesTheNameOfTheCallItAnswers) {
  const auto read = Read(R"({"messages": [
      {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "list_files"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "[]"},
      {"role": "tool", "name": "own", "content": "[]"},
      {"role": "tool", "tool_call_id": "nobody", "content": "[]"}]})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->messages[1].tool_name, "list_files");
  EXPECT_EQ(read->messages[2].tool_name, "own");
  EXPECT_EQ(read->messages[3].tool_name, "");
}

TEST(ConversationJson, ToolsMayBeWrappedBareOrText) {
  const auto read = Read(R"({"messages": [], "tools": [
      {"type": "function", "function": {"name": "a", "description": "A", "parameters": {"x": 1}}},
      {"name": "b", "parameters": null}, "{\"name\": \"c\"}", "just words"]})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->tools.size(), 4u);
  EXPECT_EQ(read->tools[0].name, "a");
  EXPECT_EQ(read->tools[0].description, "A");
  EXPECT_EQ(read->tools[0].parameters, *json::Parse(R"({"x": 1})"));
  EXPECT_EQ(read->tools[1].name, "b");
  EXPECT_TRUE(read->tools[1].parameters.is_null());
  EXPECT_EQ(read->tools[2].name, "c");
  EXPECT_EQ(read->tools[3].name, "");
  EXPECT_EQ(read->tools[3].declared, Json("just words"));
}

TEST(ConversationJson, OtherRolesKeepTheirWord) {
  const auto read = Read(R"({"messages": [{"role": "developer", "content": "x"}]})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->messages[0].role, Role::kOther);
  EXPECT_EQ(read->messages[0].role_name, "developer");
}

TEST(ConversationJson, MistakesAreNamedWithTheirPlace) {
  ExpectRefused("[]", "conversation is array, expected an object with messages");
  ExpectRefused("{}", "messages is missing, expected a list");
  ExpectRefused(R"({"messages": ["x"]})", "messages[0] is string, expected an object");
  ExpectRefused(R"({"messages": [{}]})", "messages[0].role is missing, expected a string");
  ExpectRefused(R"({"messages": [{"role": "assistant", "tool_calls": {}}]})",
                "messages[0].tool_calls is object, expected a list");
  ExpectRefused(R"({"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]})",
                "messages[0].tool_calls[0].function.name is missing, expected a string");
  ExpectRefused(
      R"({"messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "[1]"}]}]})",
      "messages[0].tool_calls[0].function.arguments is array, expected the JSON text of an object");
  ExpectRefused(
      R"({"messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{"}]}]})",
      "messages[0].tool_calls[0].function.arguments is no JSON text");
  ExpectRefused(R"({"messages": [{"role": "assistant", "thinking": 1}]})",
                "messages[0].thinking is number, expected a string");
  ExpectRefused(R"({"messages": [], "tools": [1]})", "tools[0] is number, expected an object");
}

TEST(ConversationJson, OptionsAreReadFromAnyOfTheirPlaces) {
  const auto options = RenderOptionsFromJson(*json::Parse(
      R"({"add_generation_prompt": false, "kwargs": {"preserve_thinking": true},
          "options": {"keep_past_thinking": true}})"));
  ASSERT_TRUE(options.has_value());
  EXPECT_FALSE(options->add_generation_prompt);
  EXPECT_TRUE(options->preserve_thinking);
  EXPECT_TRUE(options->keep_past_thinking);
  EXPECT_FALSE(RenderOptionsFromJson(*json::Parse(R"({"preserve_thinking": "yes"})")).has_value());
}

}  // namespace
}  // namespace weir::prompt
