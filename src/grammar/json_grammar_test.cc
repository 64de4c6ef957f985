#include "grammar/json_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "grammar/testing/vocabs.h"
#include "grammar/testing/walks.h"

namespace weir::grammar {
namespace {

using testing::kEndThink;
using testing::kFirstByte;
using testing::kImEnd;
using testing::kThink;

const std::shared_ptr<const VocabIndex>& Index() {
  static const auto* const kIndex = new std::shared_ptr<const VocabIndex>(
      testing::MakeIndex({"{\"", "\": ", "\", \"", "\"}", "true", "12", "null", "\\\""}));
  return *kIndex;
}

std::shared_ptr<const JsonGrammar> Compiled(const std::string& schema,
                                            const JsonGrammarOptions& options = {}) {
  auto grammar = JsonGrammar::Compile(Index(), testing::ParseJson(schema), options);
  EXPECT_TRUE(grammar.has_value()) << (grammar ? "" : grammar.error().message);
  return *grammar;
}

std::string TryJson(const std::string& schema, const std::string& text) {
  JsonState state(Compiled(schema));
  for (size_t i = 0; i < text.size(); ++i) {
    if (!state.Accept(kFirstByte + static_cast<uint8_t>(text[i])))
      return "refused at " + text.substr(i);
  }
  return state.Accept(kImEnd) && state.CanStop() ? "ok" : "open";
}

TEST(JsonGrammarTest, TheAnswerIsOneValueOfTheSchema) {
  const std::string schema =
      R"({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["a"]})";
  EXPECT_EQ(TryJson(schema, R"({"a": "x", "n": 12})"), "ok");
  EXPECT_EQ(TryJson(schema, R"({"n": 12, "a": "\"\\\n\b"})"), "ok");
  EXPECT_EQ(TryJson(schema, R"({"n": 12})"), "refused at }");
  EXPECT_EQ(TryJson(schema, R"({"a": 'x'})"), "refused at 'x'}");
  EXPECT_EQ(TryJson(schema, R"({"a": "x"} )"), "refused at  ");
  EXPECT_EQ(TryJson(schema, R"({"a": "x")"), "open");
}

TEST(JsonGrammarTest, ScalarsMayStandAlone) {
  EXPECT_EQ(TryJson(R"({"type": "integer"})", "12"), "ok");
  EXPECT_EQ(TryJson(R"({"type": "number"})", "1."), "open");
  EXPECT_EQ(TryJson(R"({"enum": [1, 12, null]})", "1"), "ok");
  EXPECT_EQ(TryJson(R"({"enum": [1, 12, null]})", "null"), "ok");
  EXPECT_EQ(TryJson(R"({"type": "boolean"})", "True"), "refused at True");
  EXPECT_EQ(TryJson("true", R"([{"any": [null, false]}, 1.5])"), "ok");
}

TEST(JsonGrammarTest, TheMaskIsEveryTokenThatIsAccepted) {
  std::mt19937 random(1);
  const auto grammar = Compiled(
      R"({"type": ["object", "integer", "string"], "additionalProperties": {"type": ["string", "boolean"]}})",
      {.allow_reasoning = true, .max_string_bytes = 20});
  for (int walk = 0; walk < 12; ++walk) {
    JsonState state(grammar);
    for (int i = 0; i < 40 && !state.CanStop(); ++i) {
      testing::ExpectMaskIsExact(state, *Index(), "");
      if (HasFatalFailure()) return;
      const auto ids = testing::TokensOf(testing::MaskOf(state, *Index()));
      ASSERT_FALSE(ids.empty());
      ASSERT_TRUE(state.Accept(testing::Choose(ids, *Index(), random)));
    }
  }
}

TEST(JsonGrammarTest, ReasoningComesFirstAndOnce) {
  JsonState state(Compiled(R"({"const": 12})", {.allow_reasoning = true}));
  EXPECT_FALSE(state.Accept(kEndThink));
  EXPECT_TRUE(state.Accept(kThink));
  EXPECT_TRUE(state.Accept(kFirstByte + '{'));
  EXPECT_FALSE(state.Accept(kImEnd));
  EXPECT_TRUE(state.Accept(kEndThink));
  EXPECT_FALSE(state.Accept(kThink));
  EXPECT_TRUE(state.Accept(kFirstByte + '1'));
  EXPECT_EQ(state.ForcedToken(), kFirstByte + '2');
  EXPECT_TRUE(state.Accept(kFirstByte + '2'));
  EXPECT_EQ(state.ForcedToken(), kImEnd);
}

TEST(JsonGrammarTest, ImpossibleSchemasAreNamed) {
  const auto grammar = JsonGrammar::Compile(
      Index(), testing::ParseJson(R"({"items": {"enum": ["a"], "maxLength": 0}, "type": "array"})"),
      {});
  ASSERT_FALSE(grammar.has_value());
  EXPECT_THAT(grammar.error().message, ::testing::HasSubstr("/items"));
}

}  // namespace
}  // namespace weir::grammar
