#include "tokenizer/bpe.h"

#include <gtest/gtest.h>

#include <string>

#include "tokenizer/testing/random_vocab.h"
#include "tokenizer/tokenizer.h"

namespace weir::tokenizer {
namespace {

// A vocabulary in which "a" doubles up to 64 letters, and its merges.
struct Doubling {
  Vocab vocab;
  MergeTable merges;
};

Doubling MakeDoubling() {
  VocabAndMerges made = BytesVocab();
  std::string text = "a";
  std::vector<std::string> texts = {text};
  for (int i = 0; i < 6; ++i) {
    text += text;
    texts.push_back(text);
    made.parts.tokens.push_back(text);
    made.parts.kinds.push_back(1);
  }
  Doubling doubling{*Vocab::FromParts(made.parts), {}};
  for (size_t i = 0; i + 1 < texts.size(); ++i) {
    const TokenId side = *doubling.vocab.FindPiece(texts[i]);
    doubling.merges.Add(side, side,
                        {static_cast<int32_t>(i), *doubling.vocab.FindPiece(texts[i + 1])});
  }
  return doubling;
}

TEST(Bpe, AMegabyteOfOneLetterCostsWorkInProportion) {
  const Doubling doubling = MakeDoubling();
  BpeMerger merger(doubling.vocab, doubling.merges);
  const std::string text(1 << 20, 'a');
  std::vector<TokenId> ids;
  merger.Append(text, &ids);
  EXPECT_EQ(ids.size(), text.size() / 64);
  EXPECT_LT(merger.n_steps(), 3 * text.size());
}

TEST(Bpe, TheLeftmostOfEqualRanksMergesFirst) {
  const Doubling doubling = MakeDoubling();
  BpeMerger merger(doubling.vocab, doubling.merges);
  std::vector<TokenId> ids;
  merger.Append("aaaaa", &ids);
  const std::vector<TokenId> expected = {*doubling.vocab.FindPiece("aaaa"),
                                         *doubling.vocab.FindPiece("a")};
  EXPECT_EQ(ids, expected);
}

TEST(Bpe, TheFirstOfTwoEqualMergesWins) {
  MergeTable table;
  table.Add(1, 2, {5, 7});
  table.Add(1, 2, {6, 8});
  EXPECT_EQ(table.Find(1, 2)->result, 7);
  EXPECT_EQ(table.Find(2, 1), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace weir::tokenizer
