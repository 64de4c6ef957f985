#include "tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tokenizer/testing/judge.h"
#include "tokenizer/testing/random_text.h"
#include "tokenizer/testing/random_vocab.h"

namespace weir::tokenizer {
namespace {

using testing::ElementsAre;

Tokenizer Make(const VocabAndMerges& made) {
  Result<Tokenizer> tokenizer = Tokenizer::FromParts(made.parts, made.merges);
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  return *std::move(tokenizer);
}

TEST(Tokenizer, AgreesWithTheSlowJudgeOnRandomVocabularies) {
  std::mt19937 random(7);
  for (unsigned seed = 0; seed < 12; ++seed) {
    const VocabAndMerges made = RandomVocab(seed, 50 + 60 * static_cast<int>(seed));
    const Tokenizer tokenizer = Make(made);
    const SlowTokenizer judge(made.parts, made.merges);
    for (int round = 0; round < 1500; ++round) {
      const std::string text = RandomUnicode(random, 24);
      ASSERT_EQ(tokenizer.EncodeText(text), judge.Encode(text)) << testing::PrintToString(text);
    }
  }
}

TEST(Tokenizer, RandomUnicodeRoundTripsWithoutSpecialTokens) {
  const Tokenizer tokenizer = Make(RandomVocab(3, 500));
  std::mt19937 random(8);
  for (int round = 0; round < 100000; ++round) {
    const std::string text = RandomUnicode(random, 16);
    const std::vector<TokenId> ids = tokenizer.EncodeText(text);
    ASSERT_EQ(tokenizer.Decode(ids, true), text);
    for (const TokenId id : ids) ASSERT_EQ(tokenizer.vocab().Kind(id), TokenKind::kNormal);
  }
}

TEST(Tokenizer, RandomUnicodeRoundTripsWithSpecialTokensToo) {
  const Tokenizer tokenizer = Make(RandomVocab(3, 500));
  std::mt19937 random(9);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = RandomUnicode(random, 16);
    ASSERT_EQ(tokenizer.Decode(tokenizer.EncodeWithSpecials(text), true), text);
  }
}

TEST(Tokenizer, AnyBytesRoundTrip) {
  const Tokenizer tokenizer = Make(RandomVocab(4, 300));
  std::mt19937 random(10);
  for (int round = 0; round < 50000; ++round) {
    const std::string text = RandomBytes(random, 24);
    ASSERT_EQ(tokenizer.Decode(tokenizer.EncodeText(text), false), text);
    ASSERT_EQ(tokenizer.Decode(tokenizer.EncodeWithSpecials(text), true), text);
  }
}

TEST(Tokenizer, TextNeverYieldsASpecialIdUnlessAsked) {
  const Tokenizer tokenizer = Make(BytesVocab());
  const std::string text = "a<|im_end|><think>";
  for (const TokenId id : tokenizer.EncodeText(text)) EXPECT_FALSE(tokenizer.vocab().IsSpecial(id));
  EXPECT_THAT(tokenizer.EncodeWithSpecials(text),
              ElementsAre(tokenizer.vocab().ByteToken('a'), 7, 14));
  EXPECT_EQ(tokenizer.Decode(tokenizer.EncodeWithSpecials(text), false), "a");
}

TEST(Tokenizer, APieceInTheVocabularyIsTakenWholeThoughNoMergeMakesIt) {
  VocabAndMerges made = BytesVocab();
  for (const char* token : {"he", "Ġhello"}) {
    made.parts.tokens.emplace_back(token);
    made.parts.kinds.push_back(1);
  }
  made.merges = {"h e"};
  const Tokenizer tokenizer = Make(made);
  const Vocab& vocab = tokenizer.vocab();
  EXPECT_THAT(tokenizer.EncodeText(" hello"), ElementsAre(*vocab.FindPiece(" hello")));
  EXPECT_THAT(tokenizer.EncodeText("hell"),
              ElementsAre(*vocab.FindPiece("he"), vocab.ByteToken('l'), vocab.ByteToken('l')));
}

TEST(Tokenizer, UnusedRowsAreNeverProduced) {
  const Tokenizer tokenizer = Make(RandomVocab(5, 100));
  for (const bool specials : {false, true}) {
    const std::string text = "[PAD1] [PAD2]";
    const auto ids = specials ? tokenizer.EncodeWithSpecials(text) : tokenizer.EncodeText(text);
    for (const TokenId id : ids) EXPECT_NE(tokenizer.vocab().Kind(id), TokenKind::kUnused);
  }
}

TEST(Tokenizer, DecodeSkipsIdsOutsideTheVocabulary) {
  const Tokenizer tokenizer = Make(BytesVocab());
  const TokenId a = tokenizer.vocab().ByteToken('a');
  const std::vector<TokenId> ids = {-1, a, 1000000, a};
  EXPECT_EQ(tokenizer.Decode(ids, true), "aa");
}

}  // namespace
}  // namespace weir::tokenizer
