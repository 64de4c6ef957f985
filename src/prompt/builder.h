#pragma once
// Puts a prompt together piece by piece and keeps text, ids and origins in step. Plain text gathers
// until a special token or spliced ids come, and is then encoded in one go with specials off. One
// thread; borrows the tokenizer.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prompt/prompt.h"

namespace weir::prompt {

class PromptBuilder {
 public:
  // `tokenizer` may be null: text and segments only.
  explicit PromptBuilder(const tokenizer::Tokenizer* tokenizer) : tokenizer_(tokenizer) {}

  const tokenizer::Tokenizer* tokenizer() const { return tokenizer_; }

  // Text that can never become a special token. Empty text leaves no trace.
  void Text(std::string_view text, const Origin& origin);
  void Template(std::string_view text) { Text(text, {}); }
  // A token of the frame: the special token of this text, or plain text in a vocabulary without it.
  void Special(std::string_view text, const Origin& origin = {});
  // The beginning-of-sequence token of the vocabulary.
  void Bos();
  // Ids as they were sampled; all are in the vocabulary.
  void Splice(std::span<const TokenId> ids, const Origin& origin);

  // "<|im_start|>ROLE\n", with the role's word as text of `role_origin`, and "<|im_end|>\n".
  void StartTurn(std::string_view role, const Origin& role_origin = {});
  void EndTurn();

  Rendered Finish() &&;

 private:
  void Append(std::string_view text, const Origin& origin);
  void PushId(TokenId id, size_t n_bytes);
  void EncodeGathered();

  const tokenizer::Tokenizer* tokenizer_;
  Rendered rendered_;
  size_t encoded_end_ = 0;          // bytes of the text that have ids
  std::vector<size_t> token_ends_;  // byte after each token
};

}  // namespace weir::prompt
