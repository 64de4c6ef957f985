#include "grammar/tool_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grammar/testing/vocabs.h"
#include "grammar/testing/walks.h"

namespace weir::grammar {
namespace {

using ::testing::HasSubstr;
using testing::kCallEnd;
using testing::kCallStart;
using testing::kEndThink;
using testing::kFirstByte;
using testing::kImEnd;
using testing::kThink;
using testing::MakeTool;

using Tools = std::vector<chat::ToolDefinition>;

const std::shared_ptr<const VocabIndex>& ByteIndex() {
  static const auto* const kIndex = new std::shared_ptr<const VocabIndex>(testing::MakeIndex({}));
  return *kIndex;
}

std::shared_ptr<const ToolGrammar> CompiledTools(const Tools& tools,
                                                 ToolGrammarOptions options = {}) {
  auto grammar = ToolGrammar::Compile(ByteIndex(), tools, std::move(options));
  EXPECT_TRUE(grammar.has_value()) << (grammar ? "" : grammar.error().message);
  return *grammar;
}

// How far a body between the markers gets: "ok", "open" (fits, but is not complete), or "refused
// at" the first byte that is not permitted, with what follows.
std::string Try(const std::shared_ptr<const ToolGrammar>& grammar, const std::string& body) {
  GrammarState state(grammar);
  if (!state.Accept(kCallStart)) return "no calls";
  for (size_t i = 0; i < body.size(); ++i) {
    if (!state.Accept(kFirstByte + static_cast<uint8_t>(body[i])))
      return "refused at " + body.substr(i);
  }
  return state.Accept(kCallEnd) && state.Accept(kImEnd) && state.CanStop() ? "ok" : "open";
}

std::string TryOne(const std::string& schema, const std::string& body,
                   ToolGrammarOptions options = {}) {
  return Try(CompiledTools({MakeTool("f", schema)}, std::move(options)), body);
}

void ExpectCompileError(const Tools& tools, const std::string& part,
                        ToolGrammarOptions options = {}) {
  const auto grammar = ToolGrammar::Compile(ByteIndex(), tools, std::move(options));
  ASSERT_FALSE(grammar.has_value()) << part;
  EXPECT_THAT(grammar.error().message, HasSubstr(part));
}

constexpr const char* kTwoArguments =
    R"({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
  "required": ["a"], "additionalProperties": false})";

TEST(ToolGrammarTest, ACallNamesAnOfferedTool) {
  const auto grammar = CompiledTools(
      {MakeTool("list", "null"), MakeTool("list_files", "null"), MakeTool("ns.get-it", "null")});
  EXPECT_EQ(Try(grammar, "[list()]"), "ok");
  EXPECT_EQ(Try(grammar, "[list_files()]"), "ok");
  EXPECT_EQ(Try(grammar, "[ns.get-it()]"), "ok");
  EXPECT_EQ(Try(grammar, "[lisp()]"), "refused at p()]");
  EXPECT_EQ(Try(grammar, "[list_()]"), "refused at ()]");
  EXPECT_EQ(Try(grammar, "[]"), "refused at ]");
  EXPECT_EQ(Try(grammar, "list()"), "refused at list()");
}

TEST(ToolGrammarTest, ArgumentsAreKnownOnceAndRequiredOnesPresent) {
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x')]"), "ok");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', b=3)]"), "ok");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(b=3, a='x')]"), "ok");
  EXPECT_EQ(TryOne(kTwoArguments, "[f()]"), "refused at )]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(b=3)]"), "refused at )]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', a='y')]"), "refused at a='y')]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', c=1)]"), "refused at c=1)]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', )]"), "refused at )]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f('x')]"), "refused at 'x')]");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', b=3, "), "refused at , ");
}

TEST(ToolGrammarTest, SchemaOrderHoldsWhenAsked) {
  const ToolGrammarOptions ordered{.schema_order = true};
  EXPECT_EQ(TryOne(kTwoArguments, "[f(a='x', b=3)]", ordered), "ok");
  EXPECT_EQ(TryOne(kTwoArguments, "[f(b=3, a='x')]", ordered), "refused at b=3, a='x')]");
  const char* three =
      R"({"properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}, "required": ["b"]})";
  EXPECT_EQ(TryOne(three, "[f(b=2, c=3)]", ordered), "ok");
  EXPECT_EQ(TryOne(three, "[f(a=1, b=2)]", ordered), "ok");
  EXPECT_EQ(TryOne(three, "[f(a=1, c=3)]", ordered), "refused at c=3)]");
  EXPECT_EQ(TryOne(three, "[f(b=2, a=1)]", ordered), "refused at a=1)]");
}

TEST(ToolGrammarTest, ValuesHaveTheirTypes) {
  const auto value = [](const std::string& schema, const std::string& text) {
    return TryOne(
        R"({"type": "object", "properties": {"a": )" + schema + R"(}, "required": ["a"]})",
        "[f(a=" + text + ")]");
  };
  EXPECT_EQ(value(R"({"type": "boolean"})", "True"), "ok");
  EXPECT_EQ(value(R"({"type": "boolean"})", "true"), "refused at true)]");
  EXPECT_EQ(value(R"({"type": "null"})", "None"), "ok");
  EXPECT_EQ(value(R"({"type": "integer"})", "-12"), "ok");
  EXPECT_EQ(value(R"({"type": "integer"})", "1.5"), "refused at .5)]");
  EXPECT_EQ(value(R"({"type": "integer", "minimum": 3, "maximum": 25})", "26"), "refused at 6)]");
  EXPECT_EQ(value(R"({"type": "integer", "minimum": 3, "maximum": 25})", "2"), "refused at )]");
  EXPECT_EQ(value(R"({"type": "number"})", "-1.5e-3"), "ok");
  EXPECT_EQ(value(R"({"type": ["string", "null"]})", "None"), "ok");
  EXPECT_EQ(value(R"({"type": ["string", "null"]})", "'None'"), "ok");
  EXPECT_EQ(value(R"({"type": ["string", "null"]})", "3"), "refused at 3)]");
  EXPECT_EQ(value(R"({"enum": ["metre", "kilometre", 10, 1, null, "it's"]})", "'metre'"), "ok");
  EXPECT_EQ(value(R"({"enum": ["metre", "kilometre", 10, 1, null, "it's"]})", "10"), "ok");
  EXPECT_EQ(value(R"({"enum": ["metre", "kilometre", 10, 1, null, "it's"]})", "1"), "ok");
  EXPECT_EQ(value(R"({"enum": ["metre", "kilometre", 10, 1, null, "it's"]})", "'it\\'s'"), "ok");
  EXPECT_EQ(value(R"({"enum": ["metre", "kilometre", 10, 1, null, "it's"]})", "'mile'"),
            "refused at ile')]");
  EXPECT_EQ(value(R"({"const": {"k": [1, true]}})", "{'k': [1, True]}"), "ok");
  EXPECT_EQ(value("true", "{'k': [None, {'x': 'y'}]}"), "ok");
}

TEST(ToolGrammarTest, StringsAreEscapedAndCounted) {
  const auto value = [](const std::string& schema, const std::string& text) {
    return TryOne(R"({"properties": {"a": )" + schema + "}}", "[f(a=" + text + ")]");
  };
  const std::string any = R"({"type": "string"})";
  EXPECT_EQ(value(any, "''"), "ok");
  EXPECT_EQ(value(any, "'a\\n\\t\\r\\\\\\'z'"), "ok");
  EXPECT_EQ(value(any, "'\"'"), "ok");
  EXPECT_EQ(value(any, "'\n'"), "refused at \n')]");
  EXPECT_EQ(value(any, "'\\x41'"), "refused at x41')]");
  EXPECT_EQ(value(any, "'\\\"'"), "refused at \"')]");
  EXPECT_EQ(value(any, "\"a\""), "refused at \"a\")]");
  EXPECT_EQ(value(any, "'it's'"), "refused at s')]");
  EXPECT_EQ(value(any, "'äö€😀'"), "ok");
  EXPECT_EQ(value(any, "'\xC3'"), "refused at ')]");
  EXPECT_EQ(value(any, "'\xC3z'"), "refused at z')]");
  EXPECT_EQ(value(any, "'\xED\xA0\x80'"), "refused at \xA0\x80')]");
  EXPECT_EQ(value(any, "'\xFF'"), "refused at \xFF')]");
  const std::string two = R"({"type": "string", "minLength": 2, "maxLength": 3})";
  EXPECT_EQ(value(two, "'ä'"), "refused at ')]");
  EXPECT_EQ(value(two, "'äö'"), "ok");
  EXPECT_EQ(value(two, "'ä\\nö'"), "ok");
  EXPECT_EQ(value(two, "'äöüß'"), "refused at ß')]");
}

TEST(ToolGrammarTest, StringsEndAtTheByteLimit) {
  const ToolGrammarOptions short_strings{.max_string_bytes = 4};
  const char* schema = R"({"properties": {"a": {"type": "string"}}})";
  EXPECT_EQ(TryOne(schema, "[f(a='abcd')]", short_strings), "ok");
  EXPECT_EQ(TryOne(schema, "[f(a='abcde')]", short_strings), "refused at e')]");
  EXPECT_EQ(TryOne(schema, "[f(a='abc€')]", short_strings), "ok");
  EXPECT_EQ(TryOne(R"({"properties": {"a": {"type": "string", "minLength": 3}}})", "[f(a='€€€')]",
                   short_strings),
            "ok");
}

TEST(ToolGrammarTest, ListsAndDictsFollowTheirSchemas) {
  const auto value = [](const std::string& schema, const std::string& text) {
    return TryOne(R"({"properties": {"a": )" + schema + "}}", "[f(a=" + text + ")]");
  };
  const std::string list =
      R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2})";
  EXPECT_EQ(value(list, "[1]"), "ok");
  EXPECT_EQ(value(list, "[1, 2]"), "ok");
  EXPECT_EQ(value(list, "[]"), "refused at ])]");
  EXPECT_EQ(value(list, "[1,2]"), "refused at 2])]");
  EXPECT_EQ(value(list, "[1, 2, 3]"), "refused at , 3])]");
  const std::string pair =
      R"({"prefixItems": [{"type": "string"}, {"type": "null"}], "items": false, "type": "array"})";
  EXPECT_EQ(value(pair, "['x', None]"), "ok");
  EXPECT_EQ(value(pair, "['x', None, 1]"), "refused at , 1])]");
  const std::string dict =
      R"({"type": "object", "properties": {"x y": {"type": "integer"}, "z": {"type": "object"}}, "required": ["x y"]})";
  EXPECT_EQ(value(dict, "{'x y': 1}"), "ok");
  EXPECT_EQ(value(dict, "{'z': {}, 'x y': 1}"), "ok");
  EXPECT_EQ(value(dict, "{'z': {}}"), "refused at })]");
  EXPECT_EQ(value(dict, "{'x y': 1, 'x y': 2}"), "refused at x y': 2})]");
  EXPECT_EQ(value(dict, "{'w': 1}"), "refused at w': 1})]");
}

TEST(ToolGrammarTest, UndeclaredKeysComeOnlyWhereTheSchemaAsks) {
  const auto value = [](const std::string& schema, const std::string& text) {
    return TryOne(R"({"properties": {"a": )" + schema + "}}", "[f(a=" + text + ")]");
  };
  const std::string map = R"({"type": "object", "additionalProperties": {"type": "integer"}})";
  EXPECT_EQ(value(map, "{'k': 1, 'l': 2}"), "ok");
  EXPECT_EQ(value(map, "{'': 1}"), "ok");
  EXPECT_EQ(value(map, "{'k': 'x'}"), "refused at 'x'})]");
  EXPECT_EQ(value(map, "{'k': 1, 'k': 2}"), "refused at ': 2})]");
  EXPECT_EQ(value(map, "{'\\'': 1, '\\'': 2}"), "refused at ': 2})]");
  const std::string mixed =
      R"({"type": "object", "properties": {"k": {"type": "string"}}, "additionalProperties": {"type": "integer"}})";
  EXPECT_EQ(value(mixed, "{'k': 'x', 'kk': 1}"), "ok");
  EXPECT_EQ(value(mixed, "{'k': 1}"), "refused at 1})]");
  EXPECT_EQ(value(R"({"type": "object"})", "{'any': [1]}"), "ok");
  EXPECT_EQ(value(R"({"type": "object", "additionalProperties": false})", "{}"), "ok");
  EXPECT_EQ(value(R"({"type": "object", "additionalProperties": false})", "{'a': 1}"),
            "refused at 'a': 1})]");
  // Arguments themselves are never undeclared.
  EXPECT_EQ(TryOne(R"({"type": "object", "additionalProperties": true})", "[f(x=1)]"),
            "refused at x=1)]");
}

TEST(ToolGrammarTest, AlternativesStayOpenUntilTheyDiffer) {
  const char* schema = R"({"properties": {"a": {"anyOf": [
    {"type": "object", "properties": {"k": {"const": "one"}, "v": {"type": "integer"}}, "required": ["k", "v"]},
    {"type": "object", "properties": {"k": {"const": "other"}, "w": {"type": "null"}}, "required": ["k"]},
    {"type": "array", "items": {"type": "integer"}}]}}})";
  EXPECT_EQ(TryOne(schema, "[f(a={'k': 'one', 'v': 1})]"), "ok");
  EXPECT_EQ(TryOne(schema, "[f(a={'k': 'other'})]"), "ok");
  EXPECT_EQ(TryOne(schema, "[f(a={'k': 'other', 'w': None})]"), "ok");
  EXPECT_EQ(TryOne(schema, "[f(a={'k': 'one'})]"), "refused at })]");
  EXPECT_EQ(TryOne(schema, "[f(a={'k': 'other', 'v': 1})]"), "refused at v': 1})]");
  EXPECT_EQ(TryOne(schema, "[f(a=[1])]"), "ok");
}

TEST(ToolGrammarTest, ArgumentsMayBeAlternatives) {
  const char* schema = R"({"anyOf": [
    {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}]})";
  EXPECT_EQ(TryOne(schema, "[f(id=1)]"), "ok");
  EXPECT_EQ(TryOne(schema, "[f(name='x')]"), "ok");
  EXPECT_EQ(TryOne(schema, "[f(id=1, name='x')]"), "refused at , name='x')]");
}

TEST(ToolGrammarTest, RecursionEndsAtTheDepthLimit) {
  const char* schema =
      R"({"type": "object", "properties": {"t": {"$ref": "#/$defs/t"}}, "required": ["t"], "$defs": {"t":
    {"type": "object", "properties": {"v": {"type": "null"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "required": ["v"]}}})";
  const ToolGrammarOptions shallow{.max_depth = 4};
  EXPECT_EQ(TryOne(schema, "[f(t={'v': None, 'kids': [{'v': None}]})]", shallow), "ok");
  EXPECT_EQ(TryOne(schema, "[f(t={'v': None, 'kids': [{'v': None, 'kids': []}]})]", shallow),
            "refused at , 'kids': []}]})]");
  EXPECT_EQ(TryOne(schema, "[f(t={'v': None, 'kids': [{'v': None, 'kids': []}]})]"), "ok");
}

TEST(ToolGrammarTest, SeveralCallsAreSeparatedAndCounted) {
  const auto grammar =
      CompiledTools({MakeTool("f", "null"), MakeTool("g", kTwoArguments)}, {.max_calls = 2});
  EXPECT_EQ(Try(grammar, "[f(), g(a='x')]"), "ok");
  EXPECT_EQ(Try(grammar, "[f(), f(), f()]"), "refused at , f()]");
  EXPECT_EQ(Try(grammar, "[f(),f()]"), "refused at f()]");
  EXPECT_EQ(Try(CompiledTools({MakeTool("f", "null")}), "[f(), f()]"), "refused at , f()]");
}

TEST(ToolGrammarTest, SpansAreCopiedFromTheSource) {
  const char* schema =
      R"({"properties": {"path": {"type": "string"}, "mode": {"enum": ["fast", "slow"]}, "n": {"type": "integer"},
    "list": {"type": "array", "items": {"type": "string"}}}})";
  const ToolGrammarOptions options{.span_source = "delete 'it\\ems.txt' and \"don't\nstop\" now"};
  EXPECT_EQ(TryOne(schema, "[f(path='it\\\\ems.txt')]", options), "ok");
  EXPECT_EQ(TryOne(schema, "[f(path='don\\'t\\nstop')]", options), "ok");
  EXPECT_EQ(TryOne(schema, "[f(path='don\\'t', mode='slow', n=7)]", options), "ok");
  EXPECT_EQ(TryOne(schema, "[f(list=['delete', 'now'])]", options), "ok");
  EXPECT_EQ(TryOne(schema, "[f(path='other')]", options), "refused at other')]");
  EXPECT_EQ(TryOne(schema, "[f(path='del')]", options), "refused at ')]");
  EXPECT_EQ(TryOne(schema, "[f(path='')]", options), "refused at ')]");
}

TEST(ToolGrammarTest, WithoutALegalSpanStringsAreFree) {
  const char* schema =
      R"({"properties": {"a": {"type": "string"}, "b": {"type": "string", "minLength": 9}}})";
  EXPECT_EQ(TryOne(schema, "[f(a='anything')]", {.span_source = "  \n"}), "ok");
  EXPECT_EQ(TryOne(schema, "[f(b='long enough')]", {.span_source = "short"}), "ok");
  EXPECT_EQ(TryOne(schema, "[f(a='anything')]", {.span_source = "short"}),
            "refused at anything')]");
}

// ---- the turn around the calls ----

std::vector<TokenId> Controls(const GrammarState& state) {
  std::vector<TokenId> controls;
  for (const TokenId id : testing::TokensOf(testing::MaskOf(state, *ByteIndex()))) {
    if (id < kFirstByte) controls.push_back(id);
  }
  return controls;
}

bool TextAllowed(const GrammarState& state) {
  return testing::MaskOf(state, *ByteIndex()).Has(kFirstByte + 'x');
}

TEST(ToolGrammarTest, ATurnIsTextOrCalls) {
  GrammarState state(CompiledTools({MakeTool("f", "null")}));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kCallStart}));
  EXPECT_TRUE(TextAllowed(state));
  GrammarState text = state;
  EXPECT_TRUE(text.Accept(kFirstByte + '['));
  EXPECT_EQ(Controls(text), std::vector<TokenId>({kImEnd}));
  EXPECT_FALSE(text.Accept(kCallStart));
  EXPECT_FALSE(text.CanStop());
  EXPECT_TRUE(text.Accept(kImEnd));
  EXPECT_TRUE(text.CanStop());
  EXPECT_EQ(testing::MaskOf(text, *ByteIndex()).Count(), 0);
  EXPECT_FALSE(state.Accept(kImEnd));  // an answer is not empty
  EXPECT_FALSE(state.Accept(testing::kUnused));
  EXPECT_FALSE(state.Accept(-1));
  EXPECT_FALSE(state.Accept(1 << 20));
}

TEST(ToolGrammarTest, ARequiredCallLeavesNoChoice) {
  GrammarState state(CompiledTools({MakeTool("f", "null")}, {.require_call = true}));
  EXPECT_FALSE(TextAllowed(state));
  EXPECT_EQ(state.ForcedToken(), kCallStart);
  // With a vocabulary of bytes everything is forced.
  std::string text;
  while (!state.CanStop()) {
    const std::optional<TokenId> forced = state.ForcedToken();
    ASSERT_TRUE(forced.has_value());
    text += ByteIndex()->Bytes(*forced);
    ASSERT_TRUE(state.Accept(*forced));
  }
  EXPECT_EQ(text, "[f()]");
  EXPECT_EQ(state.ForcedToken(), std::nullopt);
}

TEST(ToolGrammarTest, WithoutToolsATurnIsText) {
  const GrammarState state(CompiledTools({}));
  EXPECT_TRUE(Controls(state).empty());
  EXPECT_TRUE(TextAllowed(state));
}

TEST(ToolGrammarTest, ReasoningComesFirstAndOnce) {
  GrammarState state(CompiledTools({MakeTool("f", "null")}, {.allow_reasoning = true}));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kCallStart, kThink}));
  EXPECT_TRUE(state.Accept(kThink));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kEndThink}));
  EXPECT_TRUE(state.Accept(kFirstByte + '['));
  EXPECT_FALSE(state.Accept(kCallStart));
  EXPECT_TRUE(state.Accept(kEndThink));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kCallStart}));
}

TEST(ToolGrammarTest, ReasoningMayBeOpenAlready) {
  GrammarState state(CompiledTools({MakeTool("f", "null")}, {.starts_in_reasoning = true}));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kEndThink}));
  EXPECT_TRUE(state.Accept(kEndThink));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kCallStart}));
}

TEST(ToolGrammarTest, TextMayComeBeforeCallsWhenAllowed) {
  GrammarState state(
      CompiledTools({MakeTool("f", "null")}, {.require_call = true, .text_before_call = true}));
  EXPECT_TRUE(state.Accept(kFirstByte + 'x'));
  EXPECT_EQ(Controls(state), std::vector<TokenId>({kCallStart}));
}

TEST(ToolGrammarTest, ControlTokensNeverStandInsideACall) {
  GrammarState state(
      CompiledTools({MakeTool("f", R"({"properties": {"a": {"type": "string"}}})")}));
  ASSERT_TRUE(state.Accept(kCallStart));
  for (const char c : std::string("[f(a='x")) ASSERT_TRUE(state.Accept(kFirstByte + c));
  EXPECT_TRUE(Controls(state).empty());
  // The text of a marker is text.
  for (const char c : std::string("<|im_end|>")) ASSERT_TRUE(state.Accept(kFirstByte + c));
  EXPECT_FALSE(state.CanStop());
}

// ---- what is refused when compiling ----

TEST(ToolGrammarTest, SchemasThatNothingSatisfiesAreNamed) {
  const auto property = [](const std::string& schema, bool required = false) {
    return Tools{MakeTool("f", R"({"type": "object", "properties": {"a": )" + schema +
                                   R"(}, "required": [)" + (required ? R"("a")" : "") + "]}")};
  };
  ExpectCompileError(property(R"({"type": "string", "minLength": 3, "maxLength": 2})"),
                     "tool 'f': no value satisfies the schema at '/properties/a': minLength 3");
  ExpectCompileError(property(R"({"type": "integer", "minimum": 3, "maximum": 2})"),
                     "'/properties/a': no number");
  ExpectCompileError(property(R"({"type": "array", "minItems": 3, "maxItems": 2})"), "minItems 3");
  ExpectCompileError(property(R"({"type": "string", "enum": [1]})"), "enum");
  ExpectCompileError(property("false", true), "required property 'a'");
  ExpectCompileError(property(R"({"enum": ["\u0001"]})"), "enum");
  ExpectCompileError(property(R"({"type": "array", "items": false, "minItems": 1})"),
                     "'/properties/a'");
  ExpectCompileError(
      {MakeTool("f", R"({"type": "object", "required": ["x"], "additionalProperties": false})")},
      "'x'");
  ExpectCompileError(
      {MakeTool(
          "f",
          R"({"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "required": ["n"], "properties": {"n": {"$ref": "#/$defs/n"}}}}})")},
      "without end");
  // One kind of several, and properties that are optional and `false`, may be impossible.
  CompiledTools(property(R"({"type": ["string", "null"], "minLength": 3, "maxLength": 2})"));
  CompiledTools(property("false"));
}

TEST(ToolGrammarTest, NamesThatACallCanNotSpellAreRefused) {
  ExpectCompileError({MakeTool("my tool", "null")}, "my tool");
  ExpectCompileError({MakeTool("", "null")}, "tool name");
  ExpectCompileError({MakeTool("f", "null"), MakeTool("f", "null")}, "two tools");
  ExpectCompileError({MakeTool("f", R"({"properties": {"a b": {}}, "required": ["a b"]})")},
                     "'a b'");
  // Optional ones are not offered; reserved words and hyphens are written as they are.
  EXPECT_EQ(TryOne(R"({"properties": {"a b": {}, "from": {"const": 1}, "x-y": {"const": 2}}})",
                   "[f(from=1, x-y=2)]"),
            "ok");
  EXPECT_EQ(TryOne(R"({"properties": {"a b": {}}})", "[f(a"), "refused at a");
}

TEST(ToolGrammarTest, ArgumentsMustBeAnObject) {
  ExpectCompileError({MakeTool("f", R"({"type": "string"})")}, "object");
  ExpectCompileError({MakeTool("f", R"({"type": "object", "patternProperties": {}})")},
                     "tool 'f': keyword 'patternProperties'");
}

TEST(ToolGrammarTest, OptionsThatLeaveNothingAreRefused) {
  ExpectCompileError({}, "no tool is offered", {.require_call = true});
  ExpectCompileError({}, "no tool is offered", {.allow_text = false});
  ExpectCompileError({MakeTool("f", "null")}, "max_calls", {.max_calls = 0});
  ExpectCompileError({MakeTool("f", "null")}, "max_depth", {.max_depth = 0});
  ExpectCompileError({MakeTool("f", "null")}, "65536", {.span_source = std::string(70000, 'a')});
}

TEST(ToolGrammarTest, MissingControlTokensAreNamed) {
  tokenizer::VocabParts parts;
  for (int byte = 0; byte < 256; ++byte) {
    parts.tokens.push_back(
        tokenizer::Vocab::StandInsOfBytes(std::string(1, static_cast<char>(byte))));
    parts.kinds.push_back(1);
  }
  const Result<tokenizer::Vocab> vocab = tokenizer::Vocab::FromParts(parts);
  ASSERT_TRUE(vocab.has_value());
  const auto grammar = ToolGrammar::Compile(*vocab, {}, {});
  ASSERT_FALSE(grammar.has_value());
  EXPECT_THAT(grammar.error().message, HasSubstr("<|im_end|>"));
}

}  // namespace
}  // namespace weir::grammar
