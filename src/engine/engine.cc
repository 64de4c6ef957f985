#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace weir::engine {
namespace {

constexpr size_t kWaitingJobs = 16;
constexpr size_t kEventBuffer = 64;

int64_t NowMicros() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  return duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool Contains(const std::vector<TokenId>& ids, TokenId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

// What the two threads share about one request.
struct Generation::Shared {
  Channel<TokenEvent> events{kEventBuffer};
  Channel<Result<Summary>> done{1};
  std::stop_source stop;
  std::optional<Result<Summary>> summary;  // caller's side only
};

struct Engine::Job {
  GenerateRequest request;
  std::shared_ptr<Generation::Shared> shared;
  int64_t start_us = 0;
  std::vector<TokenId> history;  // prompt and output; what the repetition penalty looks at
  std::vector<TokenId> pending;  // accepted tokens that the model has not seen yet

  bool cancelled() const { return shared->stop.stop_requested(); }
};

Generation::Generation(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Generation::~Generation() { Cancel(); }

std::optional<TokenEvent> Generation::Next() { return shared_->events.Receive(); }

void Generation::Cancel() { shared_->stop.request_stop(); }

const Result<Summary>& Generation::Wait() {
  while (!shared_->summary) {
    while (shared_->events.Receive()) {
    }
    std::optional<Result<Summary>> summary = shared_->done.Receive();
    shared_->summary =
        summary ? std::move(*summary)
                : Result<Summary>(MakeError(ErrorCode::kCancelled, "the engine was shut down"));
  }
  return *shared_->summary;
}

Result<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const model::Model> model,
                                               EngineOptions options) {
  options.max_tokens = std::min(options.max_tokens, model->dims().n_context);
  ASSIGN_OR_RETURN(model::SequenceState sequence, model->NewSequence(options.max_tokens));
  return std::unique_ptr<Engine>(new Engine(std::move(model), options, std::move(sequence)));
}

Engine::Engine(std::shared_ptr<const model::Model> model, EngineOptions options,
               model::SequenceState sequence)
    : model_(std::move(model)),
      options_(options),
      sequence_(std::move(sequence)),
      cache_(options.max_snapshots),
      logits_(static_cast<size_t>(model_->dims().n_vocab)),
      jobs_(kWaitingJobs),
      thread_([this](const std::stop_token& stop) { Serve(stop); }) {}

Engine::~Engine() {
  thread_.request_stop();
  jobs_.Close();
}

std::unique_ptr<Generation> Engine::Submit(GenerateRequest request) {
  auto job = std::make_unique<Job>();
  job->request = std::move(request);
  job->shared = std::make_shared<Generation::Shared>();
  std::unique_ptr<Generation> generation(new Generation(job->shared));
  const std::shared_ptr<Generation::Shared> shared = job->shared;
  if (!jobs_.Send(std::move(job))) {
    shared->events.Close();
    shared->done.Close();
  }
  return generation;
}

void Engine::Serve(const std::stop_token& stop) {
  while (std::optional<std::unique_ptr<Job>> job = jobs_.Receive(stop)) {
    const std::shared_ptr<Generation::Shared> shared = (*job)->shared;
    const std::stop_callback forward(stop, [&] { shared->stop.request_stop(); });
    Result<Summary> summary = Run(**job);
    shared->events.Close();
    shared->done.Send(std::move(summary));
    shared->done.Close();
  }
}

Result<Summary> Engine::Run(Job& job) {
  const GenerateRequest& request = job.request;
  if (request.prompt.empty())
    return MakeError(ErrorCode::kInvalidArgument, "the prompt has no tokens; it begins with BOS");
  const int n_prompt = static_cast<int>(request.prompt.size());
  if (n_prompt >= options_.max_tokens) {
    return MakeError(
        ErrorCode::kResourceExhausted,
        "the prompt has {} tokens, the context holds {}; shorten it or raise the context size",
        n_prompt, options_.max_tokens);
  }
  Summary summary;
  summary.n_prompt = n_prompt;
  job.start_us = NowMicros();
  job.history = request.prompt;

  ASSIGN_OR_RETURN(summary.n_reused, Prefill(job));
  summary.prefill_us = NowMicros() - job.start_us;
  if (job.cancelled()) {
    summary.reason = StopReason::kCancelled;
    return summary;
  }
  const int64_t decode_start_us = NowMicros();
  RETURN_IF_ERROR(Decode(job, summary));
  summary.decode_us = NowMicros() - decode_start_us;
  return summary;
}

Status Engine::Advance(std::span<const TokenId> tokens, model::LogitsWanted wanted,
                       const std::stop_token& stop) {
  RETURN_IF_ERROR(model::Forward(*model_, tokens, sequence_, logits_, wanted, stop));
  cache_.Append(tokens);
  return {};
}

// Brings the sequence to the end of the prompt with its last logits; returns how many tokens were
// reused.
Result<int> Engine::Prefill(Job& job) {
  const std::vector<TokenId>& prompt = job.request.prompt;
  int pos = 0;
  if (const model::StateSnapshot* snapshot = cache_.Find(prompt)) {
    RETURN_IF_ERROR(sequence_.Restore(*snapshot));
    pos = snapshot->pos();
  } else {
    sequence_.Reset();
  }
  cache_.Truncate(pos);
  const int n_reused = pos;
  const int end = static_cast<int>(prompt.size());
  auto boundary = job.request.boundaries.begin();
  while (pos < end && !job.cancelled()) {
    while (boundary != job.request.boundaries.end() && *boundary <= pos) ++boundary;
    int next = std::min(pos + options_.prefill_chunk, end);
    if (boundary != job.request.boundaries.end()) next = std::min(next, *boundary);
    const std::span<const TokenId> chunk(prompt.data() + pos, static_cast<size_t>(next - pos));
    const Status advanced =
        Advance(chunk, next == end ? model::LogitsWanted::kLast : model::LogitsWanted::kNone,
                job.shared->stop.get_token());
    if (!advanced && job.cancelled()) break;
    RETURN_IF_ERROR(advanced);
    pos = next;
    const bool at_boundary = boundary != job.request.boundaries.end() && *boundary == pos;
    if (at_boundary || pos == end) cache_.Keep(sequence_.Snapshot());
  }
  return n_reused;
}

// Samples until a stop rule holds. Forced tokens are collected and computed together with the next
// sampled one.
Status Engine::Decode(Job& job, Summary& summary) {
  TokenMask mask(model_->dims().n_vocab);
  while (true) {
    if (const std::optional<StopReason> limit = LimitReached(job, summary)) {
      summary.reason = *limit;
      return {};
    }
    TokenEvent event;
    ASSIGN_OR_RETURN(const bool has_token, NextToken(job, mask, event));
    if (!has_token) {
      summary.reason = StopReason::kMaskEnd;
      return {};
    }
    if (job.request.mask) CHECK(job.request.mask->Accept(event.id));
    event.time_us = NowMicros() - job.start_us;
    job.history.push_back(event.id);
    job.pending.push_back(event.id);
    ++summary.n_generated;
    summary.n_forced += event.forced ? 1 : 0;
    const TokenId id = event.id;
    if (!job.shared->events.Send(std::move(event), job.shared->stop.get_token()))
      continue;  // cancelled
    if (Contains(job.request.stop_ids, id)) {
      summary.reason = StopReason::kStopToken;
      return {};
    }
  }
}

// Why the generation ends before its next token, if it does.
std::optional<StopReason> Engine::LimitReached(const Job& job, const Summary& summary) const {
  if (job.cancelled()) return StopReason::kCancelled;
  if (summary.n_generated >= job.request.max_new_tokens) return StopReason::kMaxTokens;
  if (static_cast<int>(job.history.size()) >= options_.max_tokens) return StopReason::kContextFull;
  return std::nullopt;
}

// The only permitted token, or a sampled one. False when the mask permits none. `mask` is scratch.
Result<bool> Engine::NextToken(Job& job, TokenMask& mask, TokenEvent& event) {
  MaskSource* mask_source = job.request.mask.get();
  const std::optional<TokenId> forced = mask_source ? mask_source->ForcedToken() : std::nullopt;
  if (forced) {
    event.id = *forced;
    event.forced = true;
    event.log_prob = std::numeric_limits<float>::quiet_NaN();
    event.permitted = std::numeric_limits<float>::quiet_NaN();
    return true;
  }
  if (!job.pending.empty()) {
    RETURN_IF_ERROR(Advance(job.pending, model::LogitsWanted::kLast));
    job.pending.clear();
  }
  if (mask_source) {
    mask_source->FillMask(mask);
    if (mask.Count() == 0) return false;
  }
  RETURN_IF_ERROR(SampleInto(job, mask_source ? &mask : nullptr, event));
  return true;
}

Status Engine::SampleInto(const Job& job, const TokenMask* mask, TokenEvent& event) {
  const GenerateRequest& request = job.request;
  sampler_.Configure(request.sampling);
  ASSIGN_OR_RETURN(event.id, sampler_.Sample(logits_, mask, job.history));
  const sampler::LogProbs log_probs(logits_);
  event.log_prob = log_probs.Of(event.id);
  event.permitted = mask ? log_probs.MassOf(*mask) : 1.0F;
  for (const auto& [id, log_prob] : log_probs.Top(request.n_alternatives)) {
    event.alternatives.push_back({id, log_prob});
  }
  return {};
}

}  // namespace weir::engine
