#pragma once
// Random masked generation, for the tests of grammar/.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/testing/vocabs.h"
#include "grammar/vocab_index.h"
#include "tokenizer/mask_source.h"
#include "tokenizer/token_mask.h"

namespace weir::grammar::testing {

inline TokenMask MaskOf(const MaskSource& source, const VocabIndex& vocab) {
  TokenMask mask(vocab.size());
  mask.SetAll();  // FillMask overwrites
  source.FillMask(mask);
  return mask;
}

inline std::vector<TokenId> TokensOf(const TokenMask& mask) {
  std::vector<TokenId> ids;
  for (TokenId id = 0; id < mask.size(); ++id) {
    if (mask.Has(id)) ids.push_back(id);
  }
  return ids;
}

// The mask is exactly the tokens that a copy of the state accepts, and ForcedToken agrees with it.
template <class State>
void ExpectMaskIsExact(const State& state, const VocabIndex& vocab, std::string_view where) {
  const TokenMask mask = MaskOf(state, vocab);
  for (TokenId id = 0; id < vocab.size(); ++id) {
    State copy = state;
    ASSERT_EQ(mask.Has(id), copy.Accept(id))
        << "token " << id << " '" << vocab.Bytes(id) << "' after: " << where;
  }
  const std::optional<TokenId> forced = state.ForcedToken();
  ASSERT_EQ(forced.has_value(), mask.Count() == 1) << where;
  ASSERT_TRUE(!forced || mask.Has(*forced)) << where;
}

// Chooses among the permitted tokens; leans towards those that close something, so that walks end.
inline TokenId Choose(const std::vector<TokenId>& ids, const VocabIndex& vocab,
                      std::mt19937& random) {
  if (random() % 3 == 0) {
    std::vector<TokenId> closing;
    for (const TokenId id : ids) {
      const std::string_view bytes = vocab.Bytes(id);
      if (bytes.empty() || bytes.find_first_of("'\")]}") != std::string_view::npos) {
        closing.push_back(id);
      }
    }
    if (!closing.empty()) return closing[random() % closing.size()];
  }
  return ids[random() % ids.size()];
}

struct Walked {
  std::string text;  // text tokens only
  bool done = false;
  bool called = false;  // went through <|tool_call_start|>
};

// Writes until the state is done, at most `max_tokens`. A state without a token is a failure.
template <class State>
Walked RandomWalk(State& state, const VocabIndex& vocab, std::mt19937& random, int max_tokens) {
  Walked walked;
  for (int i = 0; i < max_tokens && !state.CanStop(); ++i) {
    const std::vector<TokenId> ids = TokensOf(MaskOf(state, vocab));
    if (ids.empty()) {
      ADD_FAILURE() << "dead end after: " << walked.text;
      return walked;
    }
    const TokenId id = Choose(ids, vocab, random);
    if (!state.Accept(id)) {
      ADD_FAILURE() << "permitted token " << id << " is refused after: " << walked.text;
      return walked;
    }
    walked.called = walked.called || id == kCallStart;
    walked.text += vocab.Bytes(id);
  }
  walked.done = state.CanStop();
  return walked;
}

}  // namespace weir::grammar::testing
