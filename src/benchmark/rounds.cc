#include "benchmark/rounds.h"

#include <algorithm>
#include <random>
#include <utility>

#include "benchmark/stopwatch.h"

namespace weir::benchmark {

Rounds::Rounds(const model::Model& model, model::SequenceState sequence,
               std::vector<TokenId> tokens, std::stop_token stop)
    : model_(&model),
      sequence_(std::move(sequence)),
      start_(sequence_.Snapshot()),
      tokens_(std::move(tokens)),
      logits_(static_cast<size_t>(model.dims().n_vocab)),
      stop_(std::move(stop)) {}

Result<Rounds> Rounds::Start(const model::Model& model, std::vector<TokenId> tokens,
                             std::stop_token stop) {
  ASSIGN_OR_RETURN(model::SequenceState sequence,
                   model.NewSequence(static_cast<int>(tokens.size())));
  return Rounds(model, std::move(sequence), std::move(tokens), std::move(stop));
}

Status Rounds::Extend(int n_tokens) {
  RETURN_IF_ERROR(CheckRoom(n_tokens));
  RETURN_IF_ERROR(sequence_.Restore(start_));
  if (n_tokens > 0) RETURN_IF_ERROR(Pass(n_tokens, model::LogitsWanted::kNone));
  start_ = sequence_.Snapshot();
  return {};
}

Result<Round> Rounds::Prefill(int n_tokens) { return Timed(n_tokens, n_tokens); }

Result<Round> Rounds::Decode(int n_tokens) { return Timed(n_tokens, 1); }

Result<Round> Rounds::Timed(int n_tokens, int tokens_a_pass) {
  if (n_tokens < 1) {
    return MakeError(ErrorCode::kInvalidArgument, "a round of {} tokens; it takes at least one",
                     n_tokens);
  }
  RETURN_IF_ERROR(CheckRoom(n_tokens));
  RETURN_IF_ERROR(sequence_.Restore(start_));
  const uint64_t runs_before = model_->pool().runs();
  const Stopwatch watch;
  for (int done = 0; done < n_tokens; done += tokens_a_pass) {
    RETURN_IF_ERROR(Pass(tokens_a_pass, model::LogitsWanted::kLast));
  }
  Round round;
  round.seconds = watch.seconds();
  round.n_runs = static_cast<int64_t>(model_->pool().runs() - runs_before);
  round.next_token =
      static_cast<TokenId>(std::max_element(logits_.begin(), logits_.end()) - logits_.begin());
  return round;
}

Status Rounds::CheckRoom(int n_tokens) const {
  const int room = static_cast<int>(tokens_.size()) - depth();
  if (n_tokens >= 0 && n_tokens <= room) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "{} tokens at depth {}; there are {} more, open a longer context", n_tokens,
                   depth(), room);
}

Status Rounds::Pass(int n_tokens, model::LogitsWanted wanted) {
  const auto tokens = std::span(tokens_).subspan(static_cast<size_t>(sequence_.pos()),
                                                 static_cast<size_t>(n_tokens));
  return Forward(*model_, tokens, sequence_, logits_, wanted, stop_);
}

std::vector<TokenId> ArbitraryTokens(int n, int n_vocab) {
  std::mt19937 random(1);
  std::vector<TokenId> tokens(static_cast<size_t>(n));
  for (TokenId& token : tokens) {
    token = static_cast<TokenId>(random() % static_cast<unsigned>(n_vocab));
  }
  return tokens;
}

}  // namespace weir::benchmark
