#include "prompt/builder.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace weir::prompt {

void PromptBuilder::Text(std::string_view text, const Origin& origin) { Append(text, origin); }

void PromptBuilder::Special(std::string_view text, const Origin& origin) {
  const std::optional<TokenId> id =
      tokenizer_ != nullptr ? tokenizer_->vocab().FindSpecial(text) : std::nullopt;
  if (id) EncodeGathered();
  Append(text, origin);
  if (id) PushId(*id, text.size());
}

void PromptBuilder::Bos() {
  if (tokenizer_ == nullptr) {
    Append("<|startoftext|>", {});
    return;
  }
  const TokenId bos = tokenizer_->vocab().bos();
  Splice(std::span(&bos, 1), {});
}

void PromptBuilder::Splice(std::span<const TokenId> ids, const Origin& origin) {
  EncodeGathered();
  for (const TokenId id : ids) {
    const std::string_view piece = tokenizer_->vocab().Piece(id);
    Append(piece, origin);
    PushId(id, piece.size());
  }
}

void PromptBuilder::StartTurn(std::string_view role, const Origin& role_origin) {
  if (tokenizer_ != nullptr) {
    EncodeGathered();
    rendered_.turn_starts.push_back(rendered_.ids.size());
  }
  Special("<|im_start|>");
  Text(role, role_origin);
  Template("\n");
}

void PromptBuilder::EndTurn() {
  Special("<|im_end|>");
  Template("\n");
}

void PromptBuilder::Append(std::string_view text, const Origin& origin) {
  if (text.empty()) return;
  std::vector<Segment>& segments = rendered_.segments;
  if (segments.empty() || !(segments.back().origin == origin)) {
    segments.push_back({.origin = origin, .byte_begin = rendered_.text.size()});
  }
  rendered_.text += text;
  segments.back().byte_end = rendered_.text.size();
}

void PromptBuilder::PushId(TokenId id, size_t n_bytes) {
  encoded_end_ += n_bytes;
  rendered_.ids.push_back(id);
  token_ends_.push_back(encoded_end_);
}

void PromptBuilder::EncodeGathered() {
  if (tokenizer_ == nullptr || encoded_end_ == rendered_.text.size()) return;
  const std::string_view gathered = std::string_view(rendered_.text).substr(encoded_end_);
  for (const TokenId id : tokenizer_->EncodeText(gathered)) {
    PushId(id, tokenizer_->vocab().Piece(id).size());
  }
}

Rendered PromptBuilder::Finish() && {
  EncodeGathered();
  if (tokenizer_ == nullptr) return std::move(rendered_);
  for (Segment& segment : rendered_.segments) {
    const auto first = std::upper_bound(token_ends_.begin(), token_ends_.end(), segment.byte_begin);
    const auto last = std::lower_bound(first, token_ends_.end(), segment.byte_end);
    segment.token_begin = static_cast<size_t>(first - token_ends_.begin());
    segment.token_end = static_cast<size_t>(last - token_ends_.begin()) + 1;
  }
  return std::move(rendered_);
}

}  // namespace weir::prompt
