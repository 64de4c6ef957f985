#include "tokenizer/detokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tokenizer/testing/random_text.h"
#include "tokenizer/testing/random_vocab.h"
#include "tokenizer/tokenizer.h"
#include "unicode/utf8.h"

namespace weir::tokenizer {
namespace {

TEST(StreamDetokenizer, EmitsWholeUtf8AtEveryCutAndNothingIsLost) {
  std::mt19937 random(11);
  for (unsigned seed = 0; seed < 4; ++seed) {
    const VocabAndMerges made = RandomVocab(seed, 200);
    const Tokenizer tokenizer = *Tokenizer::FromParts(made.parts, made.merges);
    StreamDetokenizer stream(tokenizer.vocab());
    for (int round = 0; round < 3000; ++round) {
      const std::string text = round % 2 ? RandomUnicode(random, 16) : RandomBytes(random, 16);
      std::string joined;
      for (const TokenId id : tokenizer.EncodeText(text)) {
        const std::string part = stream.Push(id);
        ASSERT_TRUE(unicode::IsValidUtf8(part));
        joined += part;
      }
      joined += stream.Finish();
      ASSERT_EQ(joined, unicode::ReplaceInvalid(text));
    }
  }
}

TEST(StreamDetokenizer, AnyIdsGiveValidUtf8) {
  const VocabAndMerges made = RandomVocab(9, 400);
  const Tokenizer tokenizer = *Tokenizer::FromParts(made.parts, made.merges);
  std::mt19937 random(12);
  for (const bool keep : {true, false}) {
    StreamDetokenizer stream(tokenizer.vocab(), keep);
    for (int i = 0; i < 50000; ++i) {
      const TokenId id = static_cast<TokenId>(random() % (tokenizer.vocab().size() + 10)) - 5;
      ASSERT_TRUE(unicode::IsValidUtf8(stream.Push(id)));
    }
    EXPECT_TRUE(unicode::IsValidUtf8(stream.Finish()));
  }
}

TEST(StreamDetokenizer, ASpecialTokenEndsWhatWasHeldBack) {
  const Vocab vocab = *Vocab::FromParts(BytesVocab().parts);
  StreamDetokenizer keeping(vocab);
  EXPECT_EQ(keeping.Push(vocab.ByteToken(0xE2)), "");
  EXPECT_EQ(keeping.Push(vocab.ByteToken(0x82)), "");
  EXPECT_EQ(keeping.Push(7), "\xEF\xBF\xBD<|im_end|>");
  StreamDetokenizer dropping(vocab, false);
  EXPECT_EQ(dropping.Push(vocab.ByteToken(0xE2)), "");
  EXPECT_EQ(dropping.Push(7), "\xEF\xBF\xBD");
  EXPECT_EQ(dropping.Finish(), "");
}

}  // namespace
}  // namespace weir::tokenizer
