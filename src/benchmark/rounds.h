#pragma once
// Timed passes of a model over fixed tokens, from a place in a sequence that is computed once and
// gone back to.
//
//   ASSIGN_OR_RETURN(Rounds rounds, Rounds::Start(*model, tokens, stop));
//   RETURN_IF_ERROR(rounds.Extend(4096));                    // the depth
//   ASSIGN_OR_RETURN(Round round, rounds.Decode(64));        // as often as wanted

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "model/lfm2_model.h"

namespace weir::benchmark {

struct Round {
  double seconds = 0;
  int64_t n_runs = 0;      // tasks that the worker pool ran together
  TokenId next_token = 0;  // the likeliest after the last token, for comparison between engines
};

// One thread. Borrows the model. Errors of all calls: kCancelled when `stop` was requested,
// kInvalidArgument when more tokens are asked for than there are.
class Rounds {
 public:
  // `tokens`: what to compute, by position; the sequence has room for exactly these. Errors: those
  // of Model::NewSequence.
  static Result<Rounds> Start(const model::Model& model, std::vector<TokenId> tokens,
                              std::stop_token stop);

  int depth() const { return start_.pos(); }
  // Computes the next n_tokens without logits; rounds begin behind them from now on.
  Status Extend(int n_tokens);

  // Goes back to the depth and computes the next n_tokens (at least 1), with logits of the last;
  Result<Round> Prefill(int n_tokens);
  // or one by one, with logits of each.
  Result<Round> Decode(int n_tokens);

 private:
  Rounds(const model::Model& model, model::SequenceState sequence, std::vector<TokenId> tokens,
         std::stop_token stop);
  Result<Round> Timed(int n_tokens, int tokens_a_pass);
  Status CheckRoom(int n_tokens) const;
  Status Pass(int n_tokens, model::LogitsWanted wanted);

  const model::Model* model_;
  model::SequenceState sequence_;
  model::StateSnapshot start_;
  std::vector<TokenId> tokens_;
  std::vector<float> logits_;
  std::stop_token stop_;
};

// n token ids below n_vocab that look like nothing in particular; the same for the same n_vocab.
std::vector<TokenId> ArbitraryTokens(int n, int n_vocab);

}  // namespace weir::benchmark
