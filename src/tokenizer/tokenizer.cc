#include "tokenizer/tokenizer.h"

#include <optional>

#include "tokenizer/splitter.h"

namespace weir::tokenizer {
namespace {

// The ids of one "left right" entry. Stand-in text holds no blank, so the only one separates.
struct MergeIds {
  TokenId left;
  TokenId right;
  TokenId result;
};

tl::unexpected<Error> BadMerge(size_t index, std::string_view what) {
  return MakeError(ErrorCode::kCorruptData, "tokenizer.ggml.merges[{}]: {}", index, what);
}

Result<MergeIds> ReadMerge(const Vocab& vocab, std::string_view text, size_t index) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank + 1 == text.size()) {
    return BadMerge(index, "expected two tokens with a blank between them");
  }
  const auto left = Vocab::BytesOfStandIns(text.substr(0, blank));
  const auto right = Vocab::BytesOfStandIns(text.substr(blank + 1));
  if (!left || !right) {
    return BadMerge(index, "expected two tokens in the byte alphabet with a blank between them");
  }
  const auto left_id = vocab.FindPiece(*left);
  const auto right_id = vocab.FindPiece(*right);
  const auto result = vocab.FindPiece(*left + *right);
  if (!left_id) return BadMerge(index, "its left side is no normal token of the vocabulary");
  if (!right_id) return BadMerge(index, "its right side is no normal token of the vocabulary");
  if (!result) return BadMerge(index, "what it makes is no normal token of the vocabulary");
  return MergeIds{*left_id, *right_id, *result};
}

}  // namespace

Result<Tokenizer> Tokenizer::FromGguf(const gguf::Metadata& metadata) {
  ASSIGN_OR_RETURN(Vocab vocab, Vocab::FromGguf(metadata));
  ASSIGN_OR_RETURN(const auto merges, metadata.GetStrings("tokenizer.ggml.merges"));
  return Build(std::move(vocab), merges);
}

Result<Tokenizer> Tokenizer::FromParts(const VocabParts& parts,
                                       std::span<const std::string> merges) {
  ASSIGN_OR_RETURN(Vocab vocab, Vocab::FromParts(parts));
  return Build(std::move(vocab), merges);
}

template <class Texts>
Result<Tokenizer> Tokenizer::Build(Vocab vocab, const Texts& merges) {
  MergeTable table;
  for (size_t i = 0; i < merges.size(); ++i) {
    ASSIGN_OR_RETURN(const MergeIds ids, ReadMerge(vocab, merges[i], i));
    table.Add(ids.left, ids.right, {static_cast<int32_t>(i), ids.result});
  }
  return Tokenizer(std::move(vocab), std::move(table));
}

std::vector<TokenId> Tokenizer::EncodeText(std::string_view text) const {
  std::vector<TokenId> ids;
  BpeMerger merger(vocab_, merges_);
  AppendText(text, &merger, &ids);
  return ids;
}

std::vector<TokenId> Tokenizer::EncodeWithSpecials(std::string_view text) const {
  std::vector<TokenId> ids;
  BpeMerger merger(vocab_, merges_);
  size_t begin = 0;  // of the text since the last special token
  for (size_t at = 0; at < text.size();) {
    const std::optional<TokenId> special = vocab_.LongestSpecialPrefix(text.substr(at));
    if (!special) {
      ++at;
      continue;
    }
    AppendText(text.substr(begin, at - begin), &merger, &ids);
    ids.push_back(*special);
    at += vocab_.Piece(*special).size();
    begin = at;
  }
  AppendText(text.substr(begin), &merger, &ids);
  return ids;
}

void Tokenizer::AppendText(std::string_view text, BpeMerger* merger,
                           std::vector<TokenId>* ids) const {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = PieceEnd(text, begin);
    const std::string_view piece = text.substr(begin, end - begin);
    if (const std::optional<TokenId> whole = vocab_.FindPiece(piece)) {
      ids->push_back(*whole);
    } else {
      merger->Append(piece, ids);
    }
    begin = end;
  }
}

std::string Tokenizer::Decode(std::span<const TokenId> ids, bool keep_specials) const {
  std::string bytes;
  for (const TokenId id : ids) {
    if (vocab_.Contains(id) && (keep_specials || !vocab_.IsSpecial(id))) bytes += vocab_.Piece(id);
  }
  return bytes;
}

}  // namespace weir::tokenizer
