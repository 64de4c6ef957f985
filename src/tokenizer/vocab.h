#pragma once
// The vocabulary of a model: token ids and the bytes they stand for.
//
// In the file a normal token is written in the GPT-2 stand-in alphabet (one printable code point a
// byte); here its piece is the bytes themselves. Special tokens keep their text as it is. Immutable
// after loading, move-only; views it hands out live as long as it does. Any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "gguf/metadata.h"

namespace weir::tokenizer {

// The values are those of tokenizer.ggml.token_type.
enum class TokenKind : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,  // padding rows such as [PAD7]: never produced by encoding, never to be sampled
  kByte = 6,
};

// A vocabulary as a file spells it; for tests and generators.
struct VocabParts {
  std::vector<std::string> tokens;  // normal tokens in stand-in characters
  std::vector<int64_t> kinds;       // as TokenKind, one a token
  int64_t bos = 0;
  int64_t eos = 0;
};

class Vocab {
 public:
  // Reads tokenizer.ggml.{model,pre,tokens,token_type,bos_token_id,eos_token_id}. Errors name the
  // key: another tokenizer model (kUnsupported), sizes that differ, an id out of range, an unknown
  // kind, two normal tokens or two special tokens with one text, a byte without a token
  // (kCorruptData).
  static Result<Vocab> FromGguf(const gguf::Metadata& metadata);
  static Result<Vocab> FromParts(const VocabParts& parts);

  Vocab(Vocab&&) noexcept = default;
  Vocab& operator=(Vocab&&) noexcept = default;
  Vocab(const Vocab&) = delete;
  Vocab& operator=(const Vocab&) = delete;

  int size() const { return static_cast<int>(kinds_.size()); }
  bool Contains(TokenId id) const { return id >= 0 && id < size(); }

  // The functions below want an id that the vocabulary contains.

  // Raw bytes, not necessarily whole UTF-8; of a special token its text.
  std::string_view Piece(TokenId id) const {
    return std::string_view(bytes_).substr(ends_[id], ends_[id + 1] - ends_[id]);
  }
  TokenKind Kind(TokenId id) const { return kinds_[id]; }
  // True for tokens that plain text never produces: control, user-defined, unknown.
  bool IsSpecial(TokenId id) const {
    return kinds_[id] == TokenKind::kControl || kinds_[id] == TokenKind::kUserDefined ||
           kinds_[id] == TokenKind::kUnknown;
  }

  // The control or user-defined token with exactly this text.
  std::optional<TokenId> FindSpecial(std::string_view text) const;
  // The normal token with exactly these bytes.
  std::optional<TokenId> FindPiece(std::string_view bytes) const;
  // The control or user-defined token with the longest text that `text` starts with.
  std::optional<TokenId> LongestSpecialPrefix(std::string_view text) const;

  TokenId ByteToken(uint8_t byte) const { return byte_tokens_[byte]; }
  TokenId bos() const { return bos_; }
  TokenId eos() const { return eos_; }

  // The bytes that a text in stand-in characters means; empty when it has other characters.
  static std::optional<std::string> BytesOfStandIns(std::string_view text);
  // The reverse.
  static std::string StandInsOfBytes(std::string_view bytes);

 private:
  Vocab() = default;
  template <class Texts>
  static Result<Vocab> Build(const Texts& texts, const std::vector<int64_t>& kinds);
  Status AddToken(std::string_view text, int64_t kind);
  Status IndexTokens();
  Status SetBosEos(int64_t bos, int64_t eos);

  std::vector<char> storage_;  // bytes_ points here; a vector's heap block survives a move
  std::string_view bytes_;
  std::vector<size_t> ends_ = {0};  // [n_vocab + 1], offsets into bytes_
  std::vector<TokenKind> kinds_;    // [n_vocab]
  std::vector<bool> opaque_;        // [n_vocab], normal tokens outside the stand-in alphabet
  std::unordered_map<std::string_view, TokenId> pieces_;
  std::unordered_map<std::string_view, TokenId> specials_;
  std::array<std::vector<size_t>, 256> special_lengths_;  // by first byte, longest first
  std::array<TokenId, 256> byte_tokens_ = {};
  TokenId bos_ = 0;
  TokenId eos_ = 0;
};

}  // namespace weir::tokenizer
