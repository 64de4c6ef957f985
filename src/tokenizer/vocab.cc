#include "tokenizer/vocab.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "unicode/utf8.h"

namespace weir::tokenizer {
namespace {

// GPT-2's alphabet: printable bytes stand for themselves, the other 68 for U+0100 and up in order.
bool StandsForItself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr int kAfterStandIns = 0x144;

struct StandIns {
  std::array<char32_t, 256> of_byte;
  std::array<int, kAfterStandIns> to_byte;  // -1: no stand-in
};

StandIns MakeStandIns() {
  StandIns table;
  table.to_byte.fill(-1);
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t value = StandsForItself(byte) ? static_cast<char32_t>(byte) : next++;
    table.of_byte[byte] = value;
    table.to_byte[value] = byte;
  }
  return table;
}

const StandIns& Table() {
  static const StandIns table = MakeStandIns();
  return table;
}

bool IsText(TokenKind kind) { return kind == TokenKind::kNormal || kind == TokenKind::kByte; }

Status CheckString(const gguf::Metadata& metadata, std::string_view key, std::string_view wanted) {
  ASSIGN_OR_RETURN(const std::string_view found, metadata.GetString(key));
  if (found == wanted) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "{} is '{}', expected '{}'; use a file of the LFM2 family", key,
                   unicode::ReplaceInvalid(found.substr(0, 40)), wanted);
}

// <architecture>.vocab_size is optional, but when it is there the tokens must agree with it.
Status CheckVocabSize(const gguf::Metadata& metadata, size_t n_tokens) {
  ASSIGN_OR_RETURN(const std::string_view architecture, metadata.GetString("general.architecture"));
  const std::string key = std::string(architecture) + ".vocab_size";
  if (!metadata.Has(key)) return {};
  ASSIGN_OR_RETURN(const uint64_t wanted, metadata.GetUint(key));
  if (wanted == n_tokens) return {};
  return MakeError(ErrorCode::kCorruptData, "tokenizer.ggml.tokens has {} entries, {} says {}",
                   n_tokens, unicode::ReplaceInvalid(key), wanted);
}

}  // namespace

Result<Vocab> Vocab::FromGguf(const gguf::Metadata& metadata) {
  RETURN_IF_ERROR(CheckString(metadata, "tokenizer.ggml.model", "gpt2"));
  RETURN_IF_ERROR(CheckString(metadata, "tokenizer.ggml.pre", "lfm2"));
  ASSIGN_OR_RETURN(const auto tokens, metadata.GetStrings("tokenizer.ggml.tokens"));
  ASSIGN_OR_RETURN(const auto kinds, metadata.GetInts("tokenizer.ggml.token_type"));
  ASSIGN_OR_RETURN(const uint64_t bos, metadata.GetUint("tokenizer.ggml.bos_token_id"));
  ASSIGN_OR_RETURN(const uint64_t eos, metadata.GetUint("tokenizer.ggml.eos_token_id"));
  RETURN_IF_ERROR(CheckVocabSize(metadata, tokens.size()));
  ASSIGN_OR_RETURN(Vocab vocab, Build(tokens, kinds));
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  RETURN_IF_ERROR(vocab.SetBosEos(static_cast<int64_t>(std::min(bos, kMax)),
                                  static_cast<int64_t>(std::min(eos, kMax))));
  return vocab;
}

Result<Vocab> Vocab::FromParts(const VocabParts& parts) {
  ASSIGN_OR_RETURN(Vocab vocab, Build(parts.tokens, parts.kinds));
  RETURN_IF_ERROR(vocab.SetBosEos(parts.bos, parts.eos));
  return vocab;
}

template <class Texts>
Result<Vocab> Vocab::Build(const Texts& texts, const std::vector<int64_t>& kinds) {
  if (texts.size() != kinds.size()) {
    return MakeError(ErrorCode::kCorruptData,
                     "tokenizer.ggml.token_type has {} entries, tokenizer.ggml.tokens has {}",
                     kinds.size(), texts.size());
  }
  if (texts.size() > static_cast<size_t>(std::numeric_limits<TokenId>::max())) {
    return MakeError(ErrorCode::kCorruptData,
                     "tokenizer.ggml.tokens has {} entries, at most {} fit", texts.size(),
                     std::numeric_limits<TokenId>::max());
  }
  Vocab vocab;
  for (size_t i = 0; i < texts.size(); ++i) RETURN_IF_ERROR(vocab.AddToken(texts[i], kinds[i]));
  RETURN_IF_ERROR(vocab.IndexTokens());
  return vocab;
}

Status Vocab::AddToken(std::string_view text, int64_t kind) {
  if (kind < static_cast<int64_t>(TokenKind::kNormal) ||
      kind > static_cast<int64_t>(TokenKind::kByte)) {
    return MakeError(ErrorCode::kCorruptData,
                     "tokenizer.ggml.token_type[{}] is {}, expected a value from 1 to 6",
                     kinds_.size(), kind);
  }
  kinds_.push_back(static_cast<TokenKind>(kind));
  std::optional<std::string> bytes;
  if (IsText(kinds_.back())) bytes = BytesOfStandIns(text);
  opaque_.push_back(!bytes);
  if (bytes) text = *bytes;
  storage_.insert(storage_.end(), text.begin(), text.end());
  ends_.push_back(storage_.size());
  return {};
}

Status Vocab::IndexTokens() {
  bytes_ = std::string_view(storage_.data(), storage_.size());
  for (TokenId id = 0; id < size(); ++id) {
    const std::string_view piece = Piece(id);
    const bool special = kinds_[id] == TokenKind::kControl || kinds_[id] == TokenKind::kUserDefined;
    if (piece.empty() || (!special && (opaque_[id] || !IsText(kinds_[id])))) continue;
    const auto [first, added] = (special ? specials_ : pieces_).emplace(piece, id);
    if (!added) {
      return MakeError(ErrorCode::kCorruptData,
                       "tokenizer.ggml.tokens[{}] and [{}] are the same text", first->second, id);
    }
    if (special) special_lengths_[static_cast<uint8_t>(piece[0])].push_back(piece.size());
  }
  for (std::vector<size_t>& lengths : special_lengths_) {
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const std::optional<TokenId> id = FindPiece(std::string_view(&text, 1));
    if (!id) {
      return MakeError(ErrorCode::kCorruptData,
                       "tokenizer.ggml.tokens has no token for byte 0x{:02x}; all 256 are needed",
                       byte);
    }
    byte_tokens_[byte] = *id;
  }
  return {};
}

Status Vocab::SetBosEos(int64_t bos, int64_t eos) {
  for (const auto& [key, id] : {std::pair("bos", bos), std::pair("eos", eos)}) {
    if (id >= 0 && id < size()) continue;
    return MakeError(ErrorCode::kCorruptData,
                     "tokenizer.ggml.{}_token_id is {}, the vocabulary has {} tokens", key, id,
                     size());
  }
  bos_ = static_cast<TokenId>(bos);
  eos_ = static_cast<TokenId>(eos);
  return {};
}

std::optional<TokenId> Vocab::FindSpecial(std::string_view text) const {
  const auto found = specials_.find(text);
  if (found == specials_.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Vocab::FindPiece(std::string_view bytes) const {
  const auto found = pieces_.find(bytes);
  if (found == pieces_.end()) return std::nullopt;
  return found->second;
}

std::optional<TokenId> Vocab::LongestSpecialPrefix(std::string_view text) const {
  if (text.empty()) return std::nullopt;
  for (const size_t length : special_lengths_[static_cast<uint8_t>(text[0])]) {
    if (length > text.size()) continue;
    if (const std::optional<TokenId> id = FindSpecial(text.substr(0, length))) return id;
  }
  return std::nullopt;
}

std::optional<std::string> Vocab::BytesOfStandIns(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    if (!point.valid || point.value >= kAfterStandIns || Table().to_byte[point.value] < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(Table().to_byte[point.value]));
    at += point.n_bytes;
  }
  return bytes;
}

std::string Vocab::StandInsOfBytes(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    unicode::Append(Table().of_byte[static_cast<uint8_t>(byte)], &text);
  }
  return text;
}

}  // namespace weir::tokenizer
