#pragma once
// The engine: token ids in, token events out. It knows no JSON, no chat and no tools.
//
// One engine thread owns every sequence; callers submit a request and receive events through a
// bounded channel, so a slow reader slows its own generation and nothing else. Cancelling takes
// effect within one token. Results do not depend on what was computed before: a reused prefix gives
// the same logits as a fresh one.
//
//   std::unique_ptr<Generation> generation = engine->Submit(std::move(request));
//   while (std::optional<TokenEvent> event = generation->Next()) Show(*event);
//   const Result<Summary>& summary = generation->Wait();

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/channel.h"
#include "base/result.h"
#include "base/token_id.h"
#include "engine/prefix_cache.h"
#include "model/lfm2_model.h"
#include "sampler/sampler.h"
#include "tokenizer/mask_source.h"

namespace weir::engine {

struct EngineOptions {
  int max_tokens = 4096;    // room for prompt and output of one sequence
  int prefill_chunk = 512;  // tokens a forward pass; cancellation is looked at in every layer
  int max_snapshots = 32;   // sequence states kept for prefix reuse
};

struct GenerateRequest {
  std::vector<TokenId> prompt{};  // not empty; begins with BOS
  std::vector<int> boundaries{};  // positions worth a snapshot (turn starts), ascending
  sampler::SamplerConfig sampling{};
  std::unique_ptr<MaskSource> mask{};  // null: every token of the vocabulary
  std::vector<TokenId>
      stop_ids{};  // generation ends after one of these; it is reported as an event
  int max_new_tokens = 512;
  int n_alternatives = 3;  // top alternatives before the mask, per sampled token
};

struct Alternative {
  TokenId id = 0;
  float log_prob = 0;
};

struct TokenEvent {
  TokenId id = 0;
  // Natural-log probability of `id` before the mask; NaN for forced tokens, whose logits are not
  // computed.
  float log_prob = 0;
  // Probability mass, before the mask, of all tokens that the mask permitted; 1 without a mask. NaN
  // for forced tokens.
  float permitted = 1;
  std::vector<Alternative> alternatives;  // before the mask, best first
  bool forced = false;                    // the only permitted token
  int64_t time_us = 0;                    // since the request was taken up
};

enum class StopReason { kStopToken, kMaxTokens, kMaskEnd, kContextFull, kCancelled };

struct Summary {
  StopReason reason = StopReason::kStopToken;
  int n_prompt = 0;     // tokens of the prompt
  int n_reused = 0;     // of these, taken from the prefix cache
  int n_generated = 0;  // events sent
  int n_forced = 0;     // of these, without sampling
  int64_t prefill_us = 0;
  int64_t decode_us = 0;
};

// One request in flight. Destroying it cancels it. Used by one thread.
class Generation {
 public:
  ~Generation();
  // The next token; empty at the end, after which Wait() does not block.
  std::optional<TokenEvent> Next();
  // Stops within one token. Safe from any thread.
  void Cancel();
  // Blocks until the engine is done with this request. Discards events that nobody read.
  const Result<Summary>& Wait();

 private:
  friend class Engine;
  struct Shared;
  explicit Generation(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;  // with the engine thread
};

class Engine {
 public:
  // Error: not enough memory for max_tokens.
  static Result<std::unique_ptr<Engine>> Create(std::shared_ptr<const model::Model> model,
                                                EngineOptions options);
  ~Engine();

  // Any thread; requests are served in order. Blocks while 16 requests wait.
  std::unique_ptr<Generation> Submit(GenerateRequest request);

  const model::Model& model() const { return *model_; }
  const EngineOptions& options() const { return options_; }

 private:
  struct Job;
  Engine(std::shared_ptr<const model::Model> model, EngineOptions options,
         model::SequenceState sequence);
  void Serve(const std::stop_token& stop);
  Result<Summary> Run(Job& job);
  Result<int> Prefill(Job& job);
  Status Decode(Job& job, Summary& summary);
  std::optional<StopReason> LimitReached(const Job& job, const Summary& summary) const;
  Result<bool> NextToken(Job& job, TokenMask& mask, TokenEvent& event);
  Status Advance(std::span<const TokenId> tokens, model::LogitsWanted wanted,
                 const std::stop_token& stop = {});
  Status SampleInto(const Job& job, const TokenMask* mask, TokenEvent& event);

  const std::shared_ptr<const model::Model>
      model_;  // shared with whoever shows facts about the model
  const EngineOptions options_;

  // Owned by the engine thread.
  model::SequenceState sequence_;
  PrefixCache cache_;
  sampler::Sampler sampler_;
  std::vector<float> logits_;  // [n_vocab]

  Channel<std::unique_ptr<Job>> jobs_;
  std::jthread thread_;  // last: joins before the rest goes
};

}  // namespace weir::engine
