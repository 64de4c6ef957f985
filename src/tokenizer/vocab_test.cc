#include "tokenizer/vocab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gguf/gguf_file.h"
#include "tokenizer/testing/random_vocab.h"
#include "tokenizer/tokenizer.h"

namespace weir::tokenizer {
namespace {

using testing::HasSubstr;

void ExpectRefused(const VocabAndMerges& made, std::string_view message) {
  const Result<Tokenizer> tokenizer = Tokenizer::FromParts(made.parts, made.merges);
  ASSERT_FALSE(tokenizer.has_value()) << message;
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(tokenizer.error().message, HasSubstr(message));
}

TEST(Vocab, StandInsCoverAllBytesAndComeBack) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  EXPECT_EQ(Vocab::BytesOfStandIns(Vocab::StandInsOfBytes(bytes)), bytes);
  EXPECT_EQ(Vocab::StandInsOfBytes(" \n"), "ĠĊ");
  EXPECT_EQ(Vocab::BytesOfStandIns("a b"), std::nullopt);
  EXPECT_EQ(Vocab::BytesOfStandIns("日"), std::nullopt);
  EXPECT_EQ(Vocab::BytesOfStandIns("\xFF"), std::nullopt);
}

TEST(Vocab, LooksUpPiecesAndSpecialsApart) {
  const Vocab vocab = *Vocab::FromParts(RandomVocab(1, 50).parts);
  EXPECT_EQ(vocab.FindSpecial("<|im_start|>"), 6);
  EXPECT_EQ(vocab.FindSpecial("<think>"), 14);
  EXPECT_EQ(vocab.FindPiece("<think>"), std::nullopt);
  EXPECT_EQ(vocab.FindSpecial("a"), std::nullopt);
  EXPECT_EQ(vocab.FindPiece("[PAD1]"), std::nullopt);
  EXPECT_EQ(vocab.FindSpecial("[PAD1]"), std::nullopt);
  EXPECT_EQ(vocab.Kind(vocab.size() - 1), TokenKind::kUnused);
  EXPECT_TRUE(vocab.IsSpecial(14));
  EXPECT_FALSE(vocab.IsSpecial(vocab.ByteToken('a')));
  EXPECT_EQ(vocab.Piece(vocab.ByteToken(0xFF)), "\xFF");
  EXPECT_EQ(vocab.bos(), 1);
  EXPECT_EQ(vocab.eos(), 7);
  EXPECT_FALSE(vocab.Contains(-1));
  EXPECT_FALSE(vocab.Contains(vocab.size()));
}

TEST(Vocab, KeepsItsPiecesWhenMoved) {
  Vocab first = *Vocab::FromParts(BytesVocab().parts);
  const Vocab second = std::move(first);
  EXPECT_EQ(second.FindSpecial("<|im_end|>"), 7);
  EXPECT_EQ(second.Piece(7), "<|im_end|>");
}

TEST(Vocab, FindsTheLongestSpecialPrefix) {
  VocabAndMerges made = BytesVocab();
  for (const char* text : {"<|a", "<|a|>b", "<|a|>"}) {
    made.parts.tokens.emplace_back(text);
    made.parts.kinds.push_back(3);
  }
  const Vocab vocab = *Vocab::FromParts(made.parts);
  EXPECT_EQ(vocab.Piece(*vocab.LongestSpecialPrefix("<|a|>bc")), "<|a|>b");
  EXPECT_EQ(vocab.Piece(*vocab.LongestSpecialPrefix("<|a|>")), "<|a|>");
  EXPECT_EQ(vocab.Piece(*vocab.LongestSpecialPrefix("<|a|")), "<|a");
  EXPECT_EQ(vocab.LongestSpecialPrefix("<|"), std::nullopt);
  EXPECT_EQ(vocab.LongestSpecialPrefix(""), std::nullopt);
}

TEST(Vocab, RefusesBrokenVocabulariesNamingThePlace) {
  const VocabAndMerges good = RandomVocab(2, 20);
  VocabAndMerges made = good;
  made.parts.kinds.pop_back();
  ExpectRefused(made, "tokenizer.ggml.token_type has 298 entries, tokenizer.ggml.tokens has 299");
  made = good;
  made.parts.kinds[3] = 9;
  ExpectRefused(made, "tokenizer.ggml.token_type[3] is 9, expected a value from 1 to 6");
  made = good;
  made.parts.tokens[16 + 'x'] = "nothing";
  ExpectRefused(made, "no token for byte 0x78");
  made = good;
  made.parts.eos = static_cast<int64_t>(made.parts.tokens.size());
  ExpectRefused(made, "tokenizer.ggml.eos_token_id is 299, the vocabulary has 299 tokens");
  made = good;
  made.parts.bos = -1;
  ExpectRefused(made, "tokenizer.ggml.bos_token_id is -1");
  made = good;
  made.parts.tokens[5] = "<|im_end|>";
  ExpectRefused(made, "tokenizer.ggml.tokens[5] and [7] are the same text");
}

TEST(Vocab, RefusesMalformedMergesNamingThem) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ab", "expected two tokens with a blank between them"},
      {"a ", "expected two tokens with a blank between them"},
      {" b", "expected two tokens with a blank between them"},
      {"a b c", "expected two tokens in the byte alphabet"},
      {"zzzz a", "its left side is no normal token"},
      {"a zzzz", "its right side is no normal token"},
      {"\\ \\", "what it makes is no normal token"},
  };
  for (const auto& [merge, message] : cases) {
    VocabAndMerges made = BytesVocab();
    made.merges = {merge};
    ExpectRefused(made, "tokenizer.ggml.merges[0]: " + message);
  }
}

TEST(Vocab, NoMergeCanMakeASpecialToken) {
  VocabAndMerges made = BytesVocab();
  made.parts.tokens.emplace_back("<|");
  made.parts.kinds.push_back(3);
  made.merges = {"< |"};
  ExpectRefused(made, "what it makes is no normal token of the vocabulary");
}

TEST(Vocab, NormalTokensOutsideTheByteAlphabetAreShownButNeverProduced) {
  VocabAndMerges made = BytesVocab();
  made.parts.tokens.emplace_back("日");
  made.parts.kinds.push_back(1);
  const Tokenizer tokenizer = *Tokenizer::FromParts(made.parts, made.merges);
  EXPECT_EQ(tokenizer.vocab().Piece(272), "日");
  EXPECT_EQ(tokenizer.EncodeText("日").size(), 3u);
}

TEST(Vocab, LoadsTheGoldenModel) {
  const auto file = gguf::GgufFile::Open(WEIR_TESTDATA "/golden/tiny-q4_0.gguf");
  ASSERT_TRUE(file.has_value()) << file.error().message;
  const auto tokenizer = Tokenizer::FromGguf(file->metadata());
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  const Vocab& vocab = tokenizer->vocab();
  EXPECT_EQ(vocab.size(), 1024);
  EXPECT_EQ(vocab.FindSpecial("<|im_start|>"), 6);
  EXPECT_EQ(vocab.bos(), 1);
  EXPECT_EQ(vocab.eos(), 7);
  const std::string text = "the thin in w3z";
  EXPECT_EQ(tokenizer->Decode(tokenizer->EncodeText(text), true), text);
  EXPECT_EQ(tokenizer->EncodeText("th"), std::vector<TokenId>{*vocab.FindPiece("th")});
  EXPECT_EQ(tokenizer->EncodeText("w3z").size(), 3u);  // split at the digit, so no whole piece
}

}  // namespace
}  // namespace weir::tokenizer
