#include "synth/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tokenizer/tokenizer.h"

namespace weir::synth {
namespace {

using tokenizer::Tokenizer;
using tokenizer::TokenKind;
using tokenizer::Vocab;

Tokenizer TokenizerOf(const Vocabulary& vocabulary) {
  Result<Tokenizer> made = Tokenizer::FromParts(vocabulary.parts, vocabulary.merges);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

// The published sizes, made once.
const Tokenizer& Published(int size) {
  static const Tokenizer small = TokenizerOf(MakeVocabulary(65536));
  static const Tokenizer large = TokenizerOf(MakeVocabulary(128000));
  return size == 65536 ? small : large;
}

const std::string kEnglish =
    "The weather in the northern mountains was better than anyone had expected, so they walked on "
    "until the evening and counted 1234 sheep in 17 valleys.";

TEST(Vocabulary, OfEverySizeLoadsAndGivesEveryByteStringBack) {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  for (const int size : {272, 273, 1000, 262144}) {
    const Vocabulary vocabulary = MakeVocabulary(size);
    ASSERT_EQ(vocabulary.parts.tokens.size(), static_cast<size_t>(size));
    const Tokenizer tokenizer = TokenizerOf(vocabulary);
    EXPECT_EQ(tokenizer.vocab().Kind(tokenizer.vocab().bos()), TokenKind::kControl);
    for (const std::string& text : {all_bytes, kEnglish, std::string("\xE6\x97\xA5 [x=1]\n\n")})
      EXPECT_EQ(tokenizer.Decode(tokenizer.EncodeText(text), true), text);
  }
}

TEST(Vocabulary, HasTheSpecialTokensOfThePublishedOnesAtTheirIds) {
  const Tokenizer& small = Published(65536);
  const Tokenizer& large = Published(128000);
  const auto small_id = [&](const char* text) { return small.vocab().FindSpecial(text); };
  const auto large_id = [&](const char* text) { return large.vocab().FindSpecial(text); };
  EXPECT_EQ(small.vocab().bos(), 1);
  EXPECT_EQ(small.vocab().eos(), 7);
  EXPECT_EQ(small_id("<|startoftext|>"), 1);
  EXPECT_EQ(small_id("<|im_start|>"), 6);
  EXPECT_EQ(small_id("<|im_end|>"), 7);
  EXPECT_EQ(small_id("<|tool_call_start|>"), 10);
  EXPECT_EQ(small_id("<|tool_response_end|>"), 13);
  EXPECT_EQ(small_id("<think>"), 64400);
  EXPECT_EQ(small_id("</think>"), 64401);
  EXPECT_EQ(small_id("<image>"), 396);
  EXPECT_EQ(large.vocab().bos(), 124894);
  EXPECT_EQ(large.vocab().eos(), 124900);
  EXPECT_EQ(large_id("<|pad|>"), 124893);
  EXPECT_EQ(large_id("<|startoftext|>"), 124894);
  EXPECT_EQ(large_id("<|im_start|>"), 124899);
  EXPECT_EQ(large_id("<|im_end|>"), 124900);
  EXPECT_EQ(large_id("<think>"), 124901);
  EXPECT_EQ(large_id("</think>"), 124902);
  EXPECT_EQ(large_id("<|tool_call_start|>"), 124905);
  EXPECT_EQ(large_id("<|tool_call_end|>"), 124906);
  EXPECT_EQ(large_id("<image>"), 124907);
  EXPECT_TRUE(large_id("<|tool_response_start|>").has_value());
}

TEST(Vocabulary, PadsTheRowsBehindThePublishedVocabularies) {
  for (const auto& [size, n_used] : {std::pair(65536, 64402), std::pair(128000, 125017)}) {
    const Vocab& vocab = Published(size).vocab();
    int n_wrong = 0;
    for (TokenId id = 0; id < size; ++id)
      n_wrong += (vocab.Kind(id) == TokenKind::kUnused) == (id >= n_used) ? 0 : 1;
    EXPECT_EQ(n_wrong, 0) << size;
  }
}

TEST(Vocabulary, EncodesEnglishToAFewBytesAToken) {
  for (const int size : {65536, 128000}) {
    const size_t n_tokens = Published(size).EncodeText(kEnglish).size();
    EXPECT_LT(n_tokens, kEnglish.size() / 5 * 2);
    EXPECT_GT(n_tokens, kEnglish.size() / 5);
  }
}

}  // namespace
}  // namespace weir::synth
