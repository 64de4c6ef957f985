#include "check/vocabulary_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir::check {
namespace {

using prompt::Family;
using tokenizer::TokenKind;
using tokenizer::Vocab;

constexpr const char* kConvertAgain = "convert the model again, or fetch a newer file of it";

// ---- vocabulary ----

struct Sizes {
  uint64_t n_tokens = 0;
  uint64_t n_merges = 0;
  std::optional<uint64_t> n_rows;  // of the embedding; nothing when that can not be read
};

uint64_t CountOf(const Subject& subject, std::string_view key) {
  const gguf::Value* value = subject.file.metadata().Find(key);
  return value != nullptr ? value->count : 0;
}

Sizes SizesOf(const Subject& subject) {
  Sizes sizes;
  sizes.n_tokens = CountOf(subject, "tokenizer.ggml.tokens");
  sizes.n_merges = CountOf(subject, "tokenizer.ggml.merges");
  const gguf::TensorInfo* embedding = subject.file.FindTensor("token_embd.weight");
  if (embedding != nullptr) sizes.n_rows = embedding->shape[1];
  return sizes;
}

// ---- ids ----

std::string IdsText(const std::vector<TokenId>& ids) {
  std::string text;
  for (const TokenId id : ids) text += fmt::format("{}{}", text.empty() ? "" : " ", id);
  return text;
}

// The first published encoding that the tokenizer gives otherwise.
struct Mismatch {
  std::string text;
  std::vector<TokenId> found;
  std::vector<TokenId> expected;
};

std::optional<Mismatch> FirstMismatch(const tokenizer::Tokenizer& tokenizer,
                                      const KnownModel& known) {
  for (const auto& [text, id] : known.pieces) {
    std::vector<TokenId> ids = tokenizer.EncodeText(text);
    if (ids != std::vector<TokenId>{id}) return Mismatch{text, std::move(ids), {id}};
  }
  const std::string text = tokenizer.Decode(known.prompt, true);
  std::vector<TokenId> ids = tokenizer.EncodeWithSpecials(text);
  if (ids != known.prompt) return Mismatch{text, std::move(ids), known.prompt};
  return std::nullopt;
}

// The published digest was taken with or without a BOS in front, depending on the tokenizer.
bool EncodesTestTextAs(const tokenizer::Tokenizer& tokenizer, const std::string& sha256) {
  std::vector<TokenId> ids = tokenizer.EncodeText(TestText());
  if (TestTextDigest(ids) == sha256) return true;
  ids.insert(ids.begin(), tokenizer.vocab().bos());
  return TestTextDigest(ids) == sha256;
}

// ---- special tokens ----

struct WantedToken {
  std::string_view text;
  Level missing;  // what it means when it is not there
};

std::vector<WantedToken> WantedTokens(const Result<Family>& family) {
  std::vector<WantedToken> wanted = {{"<|startoftext|>", Level::kWarning},
                                     {"<|im_start|>", Level::kWrong},
                                     {"<|im_end|>", Level::kWrong},
                                     {"<|tool_call_start|>", Level::kWrong},
                                     {"<|tool_call_end|>", Level::kWrong}};
  if (family && *family == Family::kLfm2) {
    for (const char* text : {"<|tool_list_start|>", "<|tool_list_end|>", "<|tool_response_start|>",
                             "<|tool_response_end|>"})
      wanted.push_back({text, Level::kWarning});
  }
  if (family && *family == Family::kLfm25_8B) {
    wanted.push_back({"<think>", Level::kWarning});
    wanted.push_back({"</think>", Level::kWarning});
  }
  return wanted;
}

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kNormal:
      return "normal";
    case TokenKind::kUnknown:
      return "unknown";
    case TokenKind::kControl:
      return "control";
    case TokenKind::kUserDefined:
      return "user-defined";
    case TokenKind::kUnused:
      return "unused";
    case TokenKind::kByte:
      return "byte";
  }
  return "";
}

// Gathers what is not as it should be; the worst decides.
class Problems {
 public:
  void Add(Level level, const std::string& text) {
    if (level == Level::kWrong || level_ == Level::kOk) level_ = level;
    text_ += (text_.empty() ? "" : "; ") + text;
  }
  Level level() const { return level_; }
  const std::string& text() const { return text_; }

 private:
  Level level_ = Level::kOk;
  std::string text_;
};

// A token with this text that is no special one: of a wrong kind.
std::optional<TokenId> FindOrdinary(const Vocab& vocab, std::string_view text) {
  for (TokenId id = 0; id < vocab.size(); ++id) {
    if (vocab.Piece(id) == text) return id;
  }
  return std::nullopt;
}

void CheckToken(const Vocab& vocab, const WantedToken& wanted, Problems* problems) {
  if (const std::optional<TokenId> id = vocab.FindSpecial(wanted.text)) {
    // Converters mark what looks like <|...|> as control; a reasoning marker may be either.
    if (vocab.Kind(*id) == TokenKind::kControl || !wanted.text.starts_with("<|")) return;
    problems->Add(Level::kWarning,
                  fmt::format("{} (id {}) is {}", wanted.text, *id, KindName(vocab.Kind(*id))));
    return;
  }
  if (const std::optional<TokenId> id = FindOrdinary(vocab, wanted.text)) {
    problems->Add(Level::kWrong, fmt::format("{} (id {}) is {}, so text can forge it", wanted.text,
                                             *id, KindName(vocab.Kind(*id))));
    return;
  }
  problems->Add(wanted.missing, fmt::format("{} is missing", wanted.text));
}

void CheckNamed(const Vocab& vocab, std::string_view name, TokenId id, std::string_view text,
                Problems* problems) {
  if (vocab.Piece(id) == text) return;
  problems->Add(vocab.IsSpecial(id) ? Level::kWarning : Level::kWrong,
                fmt::format("the {} token is {} ('{}')", name, id, vocab.Piece(id)));
}

}  // namespace

Finding CheckVocabulary(const Subject& subject, const KnownModel* known) {
  const Sizes sizes = SizesOf(subject);
  if (sizes.n_rows && sizes.n_tokens > *sizes.n_rows) {
    return {Level::kWrong, "vocabulary",
            fmt::format("{} tokens, but the embedding has {} rows", sizes.n_tokens, *sizes.n_rows),
            "a row for every token", kConvertAgain};
  }
  if (!subject.tokenizer) {
    return {Level::kWrong, "vocabulary", subject.tokenizer.error().message,
            "a byte-level BPE vocabulary of the LFM2 family", kConvertAgain};
  }
  const std::string text =
      fmt::format("{} tokens, {} merges, fingerprint {} ({})", sizes.n_tokens, sizes.n_merges,
                  TokenizerFingerprint(subject.file.metadata()),
                  known == nullptr || subject.IsSynthetic() ? "not a known one" : known->name);
  if (!sizes.n_rows)
    return {Level::kUnknown, "vocabulary", text + "; the embedding is not readable"};
  if (sizes.n_tokens < *sizes.n_rows) {
    return {Level::kWarning, "vocabulary", text,
            fmt::format("as many as the embedding has rows, {}", *sizes.n_rows), kConvertAgain};
  }
  return {Level::kOk, "vocabulary", text};
}

Finding CheckTokenIds(const Subject& subject, const KnownModel* known) {
  if (!subject.tokenizer) return {Level::kUnknown, "token ids", "the vocabulary can not be used"};
  if (subject.IsSynthetic()) {
    return {Level::kUnknown, "token ids", "the vocabulary is a stand-in of weir model synth"};
  }
  if (known == nullptr) {
    return {Level::kUnknown, "token ids", "none are published for this vocabulary"};
  }
  if (const auto mismatch = FirstMismatch(*subject.tokenizer, *known)) {
    return {Level::kWrong, "token ids",
            fmt::format("'{}' is {}", mismatch->text, IdsText(mismatch->found)),
            fmt::format("{}, as published for {}", IdsText(mismatch->expected), known->name),
            kConvertAgain};
  }
  if (!known->test_sha256.empty() && !EncodesTestTextAs(*subject.tokenizer, known->test_sha256)) {
    return {Level::kWarning, "token ids",
            fmt::format("the test text has ids of digest {}",
                        TestTextDigest(subject.tokenizer->EncodeText(TestText())).substr(0, 16)),
            fmt::format("{}, as published for {}", known->test_sha256.substr(0, 16), known->name),
            "files from before a repair of the tokenizer differ: fetch a newer one"};
  }
  return {Level::kOk, "token ids", "those published for " + known->name};
}

Finding CheckSpecials(const Subject& subject) {
  if (!subject.tokenizer) return {Level::kUnknown, "specials", "the vocabulary can not be used"};
  const Vocab& vocab = subject.tokenizer->vocab();
  const std::vector<WantedToken> wanted = WantedTokens(subject.family);
  Problems problems;
  for (const WantedToken& token : wanted) CheckToken(vocab, token, &problems);
  CheckNamed(vocab, "BOS", vocab.bos(), "<|startoftext|>", &problems);
  CheckNamed(vocab, "EOS", vocab.eos(), "<|im_end|>", &problems);
  if (problems.level() != Level::kOk) {
    return {problems.level(), "specials", problems.text(),
            "control tokens; <|startoftext|> as BOS and <|im_end|> as EOS", kConvertAgain};
  }
  return {Level::kOk, "specials",
          fmt::format("all {} for turns, calls and reasoning are there and of the right kind",
                      wanted.size())};
}

}  // namespace weir::check
