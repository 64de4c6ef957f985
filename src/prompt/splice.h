#pragma once
// Sampled ids on their way back into a prompt. Pure; any thread.

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "tokenizer/tokenizer.h"

namespace weir::prompt {

// The special tokens a model may write inside its turn: reasoning and call markers. The one that
// `text` starts with, or empty.
std::string_view MarkerAt(std::string_view text);

// The ids of an assistant turn between its role line and its end. The tokens that ended the turn
// are dropped from the end; any other special token but the markers becomes plain text, so that a
// model cannot open a turn of somebody else. Without `keep_thinking`, everything up to the last
// </think> and the white space around the answer go, as the templates do it. Error:
// kInvalidArgument for an id outside the vocabulary.
Result<std::vector<TokenId>> SplicedIds(const tokenizer::Tokenizer& tokenizer,
                                        std::span<const TokenId> sampled, bool keep_thinking);

}  // namespace weir::prompt
