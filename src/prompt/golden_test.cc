// The prompt text of the model makers' own templates, byte for byte.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "prompt/conversation_json.h"
#include "prompt/prompt.h"
#include "tokenizer/testing/random_vocab.h"

namespace weir::prompt {
namespace {

using json::Json;

std::string ReadGolden(const std::string& name) {
  std::ifstream file(WEIR_TESTDATA "/golden/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<Rendered> RenderJson(Family family, const Json& request,
                            const tokenizer::Tokenizer* tokenizer) {
  ASSIGN_OR_RETURN(const chat::Conversation conversation, ConversationFromJson(request));
  ASSIGN_OR_RETURN(const RenderOptions options, RenderOptionsFromJson(request));
  return Render(family, conversation, options, tokenizer);
}

// What must hold for every rendered prompt: ids spell the text, segments tile it and their token
// ranges cover them, special tokens stand only where the template or the model put them.
void ExpectSound(const Rendered& rendered, const tokenizer::Tokenizer& tokenizer) {
  const tokenizer::Vocab& vocab = tokenizer.vocab();
  EXPECT_EQ(tokenizer.Decode(rendered.ids, true), rendered.text);
  std::vector<size_t> starts = {0};  // [n_tokens + 1], byte offset of every token
  for (const TokenId id : rendered.ids) starts.push_back(starts.back() + vocab.Piece(id).size());
  size_t at = 0;
  for (const Segment& segment : rendered.segments) {
    EXPECT_EQ(segment.byte_begin, at);
    EXPECT_LT(segment.byte_begin, segment.byte_end);
    at = segment.byte_end;
    ASSERT_LT(segment.token_begin, segment.token_end);
    ASSERT_LE(segment.token_end, rendered.ids.size());
    EXPECT_LE(starts[segment.token_begin], segment.byte_begin);
    EXPECT_GT(starts[segment.token_begin + 1], segment.byte_begin);
    EXPECT_GE(starts[segment.token_end], segment.byte_end);
    EXPECT_LT(starts[segment.token_end - 1], segment.byte_end);
    if (segment.origin.kind == Origin::Kind::kTemplate) continue;
    for (size_t i = segment.token_begin; i < segment.token_end; ++i) {
      if (!vocab.IsSpecial(rendered.ids[i])) continue;
      EXPECT_EQ(segment.origin.kind, Origin::Kind::kAssistant) << vocab.Piece(rendered.ids[i]);
      EXPECT_FALSE(vocab.Piece(rendered.ids[i]).starts_with("<|im_"));
    }
  }
  EXPECT_EQ(at, rendered.text.size());
  EXPECT_EQ(std::count(rendered.ids.begin(), rendered.ids.end(), vocab.bos()), 1);
  const TokenId im_start = *vocab.FindSpecial("<|im_start|>");
  std::vector<size_t> turns;
  for (size_t i = 0; i < rendered.ids.size(); ++i) {
    if (rendered.ids[i] == im_start) turns.push_back(i);
  }
  EXPECT_EQ(turns, rendered.turn_starts);
}

TEST(GoldenPrompts, AllFamiliesRenderTheirTemplatesText) {
  const Result<Json> golden = ParseKeepingIntegers(ReadGolden("chat-prompts.json"));
  ASSERT_TRUE(golden.has_value()) << golden.error().message;
  const auto made = tokenizer::RandomVocab(1, 400);
  const auto tokenizer = *tokenizer::Tokenizer::FromParts(made.parts, made.merges);
  int n_texts = 0;
  for (const Json& test : (*golden)["cases"]) {
    for (const auto& [name, expected] : test["rendered"].items()) {
      SCOPED_TRACE(test["id"].get<std::string>() + " " + name);
      const Result<Rendered> rendered = RenderJson(*FamilyFromName(name), test, &tokenizer);
      ASSERT_EQ(rendered.has_value(), !expected.is_null())
          << (rendered ? rendered->text : rendered.error().message);
      ++n_texts;
      if (!rendered) continue;
      EXPECT_EQ(rendered->text, expected.get<std::string>());
      ExpectSound(*rendered, tokenizer);
      EXPECT_EQ(RenderJson(*FamilyFromName(name), test, nullptr)->text, rendered->text);
    }
  }
  EXPECT_EQ(n_texts, 75);
}

TEST(GoldenPrompts, RandomConversationsRenderTheTextOfTheLargeModelsTemplate) {
  const auto made = tokenizer::RandomVocab(2, 400);
  const auto tokenizer = *tokenizer::Tokenizer::FromParts(made.parts, made.merges);
  const std::string lines = ReadGolden("chat-prompts-fuzz.jsonl");
  int n_lines = 0;
  for (size_t at = 0; at < lines.size(); ++n_lines) {
    const size_t end = lines.find('\n', at);
    SCOPED_TRACE(n_lines + 1);
    const Result<Json> test = ParseKeepingIntegers(std::string_view(lines).substr(at, end - at));
    ASSERT_TRUE(test.has_value()) << test.error().message;
    const Result<Rendered> rendered = RenderJson(Family::kLfm25_8B, *test, &tokenizer);
    ASSERT_TRUE(rendered.has_value()) << rendered.error().message;
    EXPECT_EQ(rendered->text, (*test)["expected"].get<std::string>());
    ExpectSound(*rendered, tokenizer);
    at = end == std::string::npos ? lines.size() : end + 1;
  }
  EXPECT_EQ(n_lines, 100);
}

}  // namespace
}  // namespace weir::prompt
