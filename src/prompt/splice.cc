#include "prompt/splice.h"

#include <algorithm>
#include <array>
#include <optional>

#include "prompt/python_repr.h"

namespace weir::prompt {
namespace {

using tokenizer::Tokenizer;
using tokenizer::Vocab;

constexpr std::array<std::string_view, 4> kMarkers = {"<think>", "</think>", "<|tool_call_start|>",
                                                      "<|tool_call_end|>"};

bool EndsTurn(const Vocab& vocab, TokenId id) {
  return id == vocab.eos() || (vocab.IsSpecial(id) && (vocab.Piece(id) == "<|im_end|>" ||
                                                       vocab.Piece(id) == "<|endoftext|>"));
}

// Replaces special tokens that a turn must not hold by the plain tokens of their text.
std::vector<TokenId> Defuse(const Tokenizer& tokenizer, std::span<const TokenId> ids) {
  const Vocab& vocab = tokenizer.vocab();
  std::vector<TokenId> safe;
  for (const TokenId id : ids) {
    if (!vocab.IsSpecial(id) || MarkerAt(vocab.Piece(id)).size() == vocab.Piece(id).size()) {
      safe.push_back(id);
      continue;
    }
    const std::vector<TokenId> plain = tokenizer.EncodeText(vocab.Piece(id));
    safe.insert(safe.end(), plain.begin(), plain.end());
  }
  return safe;
}

// Cuts white space from both ends. A token that is white space only in part is made anew.
std::vector<TokenId> StripIds(const Tokenizer& tokenizer, std::span<const TokenId> ids) {
  const std::string text = tokenizer.Decode(ids, true);
  const std::string_view stripped = PythonStrip(text);
  size_t front =
      stripped.empty() ? text.size() : static_cast<size_t>(stripped.data() - text.data());
  size_t back = text.size() - front - stripped.size();
  const Vocab& vocab = tokenizer.vocab();
  std::vector<TokenId> kept;
  while (front > 0 && !ids.empty()) {
    const std::string_view piece = vocab.Piece(ids.front());
    const size_t cut = std::min(front, piece.size());
    kept = tokenizer.EncodeText(piece.substr(cut));
    front -= cut;
    ids = ids.subspan(1);
  }
  std::vector<TokenId> tail;
  while (back > 0 && !ids.empty()) {
    const std::string_view piece = vocab.Piece(ids.back());
    const size_t cut = std::min(back, piece.size());
    tail = tokenizer.EncodeText(piece.substr(0, piece.size() - cut));
    back -= cut;
    ids = ids.first(ids.size() - 1);
  }
  kept.insert(kept.end(), ids.begin(), ids.end());
  kept.insert(kept.end(), tail.begin(), tail.end());
  return kept;
}

std::vector<TokenId> WithoutThinking(const Tokenizer& tokenizer, std::span<const TokenId> ids) {
  const std::optional<TokenId> think_end = tokenizer.vocab().FindSpecial("</think>");
  const auto last = think_end ? std::find(ids.rbegin(), ids.rend(), *think_end) : ids.rend();
  if (last == ids.rend()) return {ids.begin(), ids.end()};
  const std::span<const TokenId> rest = ids.subspan(static_cast<size_t>(last.base() - ids.begin()));
  const std::optional<TokenId> call = tokenizer.vocab().FindSpecial("<|tool_call_start|>");
  const auto calls_at = call ? std::find(rest.begin(), rest.end(), *call) : rest.end();
  std::vector<TokenId> kept =
      StripIds(tokenizer, rest.first(static_cast<size_t>(calls_at - rest.begin())));
  kept.insert(kept.end(), calls_at, rest.end());
  return kept;
}

}  // namespace

std::string_view MarkerAt(std::string_view text) {
  for (const std::string_view marker : kMarkers) {
    if (text.starts_with(marker)) return marker;
  }
  return {};
}

Result<std::vector<TokenId>> SplicedIds(const Tokenizer& tokenizer,
                                        std::span<const TokenId> sampled, bool keep_thinking) {
  const Vocab& vocab = tokenizer.vocab();
  for (const TokenId id : sampled) {
    if (!vocab.Contains(id)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "sampled id {} is outside the vocabulary of {} tokens; was it sampled from "
                       "another model?",
                       id, vocab.size());
    }
  }
  while (!sampled.empty() && EndsTurn(vocab, sampled.back())) {
    sampled = sampled.first(sampled.size() - 1);
  }
  const std::vector<TokenId> safe = Defuse(tokenizer, sampled);
  return keep_thinking ? safe : WithoutThinking(tokenizer, safe);
}

}  // namespace weir::prompt
