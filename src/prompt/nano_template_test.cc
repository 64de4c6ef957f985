#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "prompt/conversation_json.h"
#include "prompt/prompt.h"
#include "tokenizer/testing/random_vocab.h"

namespace weir::prompt {
namespace {

using chat::Conversation;
using chat::Message;
using chat::Role;
using chat::ToolDefinition;
using json::Json;
using testing::HasSubstr;

Message NanoSaid(Role role, std::string text) {
  Message message;
  message.role = role;
  message.content = std::move(text);
  return message;
}

std::string RenderText(const Conversation& conversation, bool generate = true) {
  const auto rendered =
      Render(Family::kNano, conversation, {.add_generation_prompt = generate}, nullptr);
  EXPECT_TRUE(rendered.has_value()) << rendered.error().message;
  return rendered ? rendered->text : "";
}

// The line of a tool, as it stands in a prompt.
std::string ToolLine(std::string name, std::string description,
                     std::string_view parameters = "null") {
  Conversation conversation;
  conversation.tools = {{std::move(name), std::move(description), *json::Parse(parameters), {}}};
  const std::string text = RenderText(conversation, false);
  constexpr std::string_view kHead = "<|startoftext|><|im_start|>system\n";
  constexpr std::string_view kTail = "<|im_end|>\n";
  EXPECT_TRUE(text.starts_with(kHead) && text.ends_with(kTail)) << text;
  return text.substr(kHead.size(), text.size() - kHead.size() - kTail.size());
}

// The text of a call with one argument, without the markers.
std::string CallOf(std::string_view arguments) {
  Conversation conversation;
  Message said = NanoSaid(Role::kAssistant, "");
  said.tool_calls = {{"", "f", *json::Parse(arguments)}};
  conversation.messages = {said};
  const std::string text = RenderText(conversation, false);
  const size_t begin = text.find("start|>[f(") + 7;
  return text.substr(begin, text.find("<|tool_call_end|>") - begin);
}

TEST(NanoTemplate, RendersTheExampleOfItsPage) {
  Conversation conversation;
  conversation.tools = {
      {"list_files",
       "List the files in a folder. Hidden ones too.",
       *json::Parse(R"({"type": "object", "properties": {"folder": {"type": "string"},
                        "extension": {"type": "string"}}})"),
       {}},
      {"query_csv",
       "Calculate over a column of a CSV table.",
       *json::Parse(R"({"type": "object", "properties": {"path": {"type": "string"},
                        "calculation": {"enum": ["sum", "average", "minimum", "maximum", "count"]},
                        "column": {}, "group_by": {}}, "required": ["path", "calculation"]})"),
       {}}};
  Message call = NanoSaid(Role::kAssistant, "");
  call.thinking = "never shown";
  call.tool_calls = {{"", "list_files", {{"folder", "reports"}, {"extension", "pdf"}}}};
  conversation.messages = {
      NanoSaid(Role::kUser, "list the PDF files in reports"), call,
      NanoSaid(Role::kTool, "2 files in reports: a.pdf, b.pdf"),
      NanoSaid(Role::kAssistant, "There are 2 files in reports: a.pdf, b.pdf")};
  EXPECT_EQ(RenderText(conversation, false),
            "<|startoftext|><|im_start|>system\n"
            "list the files in a folder: list_files(folder?, extension?)\n"
            "calculate over a column of a CSV table: query_csv(path, "
            "calculation=sum|average|minimum|maximum|count, column?, group_by?)<|im_end|>\n"
            "<|im_start|>user\nlist the PDF files in reports<|im_end|>\n"
            "<|im_start|>assistant\n<|tool_call_start|>[list_files(folder='reports', "
            "extension='pdf')]<|tool_call_end|><|im_end|>\n"
            "<|im_start|>tool\n2 files in reports: a.pdf, b.pdf<|im_end|>\n"
            "<|im_start|>assistant\nThere are 2 files in reports: a.pdf, b.pdf<|im_end|>\n");
}

// A vector of training/make_prompt_vectors.py, whose messages hold "calls" without ids.
Conversation ConversationOf(const Json& test) {
  Conversation conversation =
      *ConversationFromJson({{"messages", Json::array()}, {"tools", test["tools"]}});
  const auto system = test["system"].get<std::string>();
  if (!system.empty()) conversation.messages.push_back(NanoSaid(Role::kSystem, system));
  for (const Json& message : test["messages"]) {
    Json as_sent = message;
    if (message.contains("calls")) as_sent["tool_calls"] = message["calls"];
    const Json request = {{"messages", Json::array({as_sent})}};
    conversation.messages.push_back(ConversationFromJson(request)->messages[0]);
  }
  return conversation;
}

TEST(NanoTemplate, RendersWhatTheTrainingSideRenders) {
  std::ifstream file(WEIR_SOURCE_DIR "/training/testdata/nano_prompts.json", std::ios::binary);
  ASSERT_TRUE(file.is_open());
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto vectors = json::Parse(text);
  ASSERT_TRUE(vectors.has_value()) << vectors.error().message;
  const auto made = tokenizer::RandomVocab(1, 300);
  const auto tokenizer = *tokenizer::Tokenizer::FromParts(made.parts, made.merges);
  ASSERT_GE((*vectors)["cases"].size(), 24u);
  for (const Json& test : (*vectors)["cases"]) {
    SCOPED_TRACE(test["name"].get<std::string>());
    const Conversation conversation = ConversationOf(test);
    EXPECT_EQ(RenderText(conversation, test["generate"].get<bool>()),
              test["text"].get<std::string>());
    const auto rendered = Render(Family::kNano, conversation, {}, &tokenizer);
    EXPECT_EQ(tokenizer.Decode(rendered->ids, true), rendered->text);
  }
}

TEST(NanoTemplate, ShortensDescriptions) {
  EXPECT_EQ(ToolLine("f", "Do it. Then more."), "do it: f()");
  EXPECT_EQ(ToolLine("f", "  Do it.\nMore"), "do it: f()");
  EXPECT_EQ(ToolLine("f", "Do v1.2 things ."), "do v1.2 things: f()");
  EXPECT_EQ(ToolLine("f", "PDF to text"), "PDF to text: f()");
  EXPECT_EQ(ToolLine("f", "Übersetzen"), "Übersetzen: f()");
  EXPECT_EQ(ToolLine("ns.get_a-b", ""), "ns get a b: ns.get_a-b()");
  EXPECT_EQ(ToolLine("Get_it", "."), "get it: Get_it()");
  EXPECT_EQ(ToolLine("f", "A"), "a: f()");
  EXPECT_EQ(ToolLine("f", "Wait.."), "wait.: f()");
}

TEST(NanoTemplate, ShowsFewPlainEnumValuesOnly) {
  const auto with_enum = [](std::string_view values) {
    return ToolLine("f", "x", R"({"properties": {"a": {"enum": )" + std::string(values) + "}}}");
  };
  EXPECT_EQ(with_enum(R"(["m", "ü"])"), "x: f(a?=m|ü)");
  EXPECT_EQ(with_enum(R"(["1","2","3","4","5","6","7","8"])"), "x: f(a?=1|2|3|4|5|6|7|8)");
  EXPECT_EQ(with_enum(R"(["1","2","3","4","5","6","7","8","9"])"), "x: f(a?)");
  EXPECT_EQ(with_enum(R"(["a b"])"), "x: f(a?)");
  EXPECT_EQ(with_enum(R"(["a\u00a0b"])"), "x: f(a?)");
  EXPECT_EQ(with_enum(R"(["a", ""])"), "x: f(a?)");
  EXPECT_EQ(with_enum(R"(["a", 1])"), "x: f(a?)");
  EXPECT_EQ(with_enum(R"(["a|b"])"), "x: f(a?)");
  EXPECT_EQ(with_enum("[]"), "x: f(a?)");
}

TEST(NanoTemplate, WritesValues) {
  EXPECT_EQ(CallOf(R"({"a": "it's \\ \n\r\t \"q\" \u0001ü"})"),
            "[f(a='it\\'s \\\\ \\n\\r\\t \"q\" \x01ü')]");
  EXPECT_EQ(CallOf(R"({"a": 3, "b": -2.5, "c": 1e16, "d": 3.0})"),
            "[f(a=3, b=-2.5, c=1e+16, d=3.0)]");
  EXPECT_EQ(CallOf(R"({"a": true, "b": false, "c": null})"), "[f(a=True, b=False, c=None)]");
  EXPECT_EQ(CallOf(R"({"a": ["x", 1, []], "b": {"k": {"n": null}}})"),
            "[f(a=['x', 1, []], b={'k': {'n': None}})]");
  EXPECT_EQ(CallOf("{}"), "[f()]");
}

TEST(NanoTemplate, ASystemTextStandsBeforeTheTools) {
  Conversation conversation;
  conversation.messages = {NanoSaid(Role::kSystem, "Be brief."), NanoSaid(Role::kUser, "hi")};
  EXPECT_THAT(RenderText(conversation), HasSubstr("system\nBe brief.<|im_end|>\n"));
  conversation.tools = {{"f", "x", {}, {}}};
  EXPECT_THAT(RenderText(conversation), HasSubstr("system\nBe brief.\nx: f()<|im_end|>\n"));
  conversation.messages[0] = NanoSaid(Role::kSystem, "");
  conversation.tools.clear();
  EXPECT_EQ(RenderText(conversation),
            "<|startoftext|><|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(NanoTemplate, SeveralCallsStandInOneBlockAfterTheText) {
  Conversation conversation;
  Message said = NanoSaid(Role::kAssistant, "Both:");
  said.tool_calls = {{"", "f", {{"a", 1}}}, {"", "g", Json::object()}};
  conversation.messages = {said};
  EXPECT_THAT(
      RenderText(conversation),
      HasSubstr("assistant\nBoth:<|tool_call_start|>[f(a=1), g()]<|tool_call_end|><|im_end|>"));
}

TEST(NanoTemplate, AToolWithoutANameIsRefused) {
  Conversation conversation;
  conversation.tools = {{"", "x", {}, "raw"}};
  const auto rendered = Render(Family::kNano, conversation, {}, nullptr);
  ASSERT_FALSE(rendered.has_value());
  EXPECT_THAT(rendered.error().message, HasSubstr("tools[0] has no name"));
}

}  // namespace
}  // namespace weir::prompt
