// Any bytes as text, and as a vocabulary: no crash, bytes come back, plain text never yields a
// special token, the stream of text is whole UTF-8, ids equal those of the slow judge.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tokenizer/detokenizer.h"
#include "tokenizer/testing/judge.h"
#include "tokenizer/testing/random_text.h"
#include "tokenizer/testing/random_vocab.h"
#include "tokenizer/tokenizer.h"
#include "unicode/utf8.h"

namespace {

using weir::TokenId;
using weir::tokenizer::Tokenizer;
using weir::tokenizer::VocabAndMerges;

constexpr size_t kMaxJudged = 300;  // the judge is quadratic

// Both sides see the same characters alike.
bool CanBeJudged(std::string_view text) {
  if (text.size() > kMaxJudged) return false;
  for (size_t at = 0; at < text.size();) {
    const weir::unicode::CodePoint point = weir::unicode::Decode(text, at);
    if (!point.valid || weir::tokenizer::DiffersInPcre2(point.value)) return false;
    at += point.n_bytes;
  }
  return true;
}

void CheckText(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<TokenId> plain = tokenizer.EncodeText(text);
  CHECK(tokenizer.Decode(plain, true) == text);
  CHECK(tokenizer.Decode(plain, false) == text);
  CHECK(tokenizer.Decode(tokenizer.EncodeWithSpecials(text), true) == text);
  weir::tokenizer::StreamDetokenizer stream(tokenizer.vocab());
  std::string streamed;
  for (const TokenId id : plain) {
    CHECK(!tokenizer.vocab().IsSpecial(id));
    const std::string part = stream.Push(id);
    CHECK(weir::unicode::IsValidUtf8(part));
    streamed += part;
  }
  CHECK(streamed + stream.Finish() == weir::unicode::ReplaceInvalid(text));
}

// Lines of the input as further tokens of a vocabulary (a first byte of '1' to '6' is the kind)
// and, where they hold a blank, as merges.
VocabAndMerges ReadVocab(std::string_view text) {
  VocabAndMerges made = weir::tokenizer::BytesVocab();
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find(' ') != std::string_view::npos) {
      made.merges.emplace_back(line);
    } else if (!line.empty()) {
      made.parts.kinds.push_back(line[0] - '0');
      made.parts.tokens.emplace_back(line.substr(1));
    }
  }
  return made;
}

}  // namespace

// The first byte chooses what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    const VocabAndMerges made = ReadVocab(text);
    const auto tokenizer = Tokenizer::FromParts(made.parts, made.merges);
    if (tokenizer) CheckText(*tokenizer, text);
    return 0;
  }
  static const VocabAndMerges made = weir::tokenizer::RandomVocab(1, 400);
  static const Tokenizer tokenizer = *Tokenizer::FromParts(made.parts, made.merges);
  static const weir::tokenizer::SlowTokenizer judge(made.parts, made.merges);
  CheckText(tokenizer, text);
  if (CanBeJudged(text)) CHECK(tokenizer.EncodeText(text) == judge.Encode(text));
  return 0;
}
