#include "engine/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::engine {
namespace {

std::shared_ptr<const model::Model> TinyModel() {
  static const std::shared_ptr<const model::Model> model = [] {
    model::ModelOptions options;
    options.n_threads = 2;
    auto loaded =
        model::Model::Load(std::string(WEIR_TESTDATA) + "/golden/tiny-q8_0.gguf", options);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    return *loaded;
  }();
  return model;
}

std::unique_ptr<Engine> NewEngine(EngineOptions options = {.max_tokens = 128,
                                                           .prefill_chunk = 16}) {
  auto engine = Engine::Create(TinyModel(), options);
  EXPECT_TRUE(engine.has_value());
  return std::move(*engine);
}

std::vector<TokenId> Prompt(int n) {
  std::vector<TokenId> ids = {1};
  while (static_cast<int>(ids.size()) < n)
    ids.push_back(static_cast<TokenId>(20 + (ids.size() * 37) % 900));
  return ids;
}

struct Output {
  std::vector<TokenEvent> events;
  Result<Summary> summary;
};

Output Generate(Engine& engine, GenerateRequest request) {
  Output output;
  const std::unique_ptr<Generation> generation = engine.Submit(std::move(request));
  while (std::optional<TokenEvent> event = generation->Next())
    output.events.push_back(std::move(*event));
  output.summary = generation->Wait();
  return output;
}

std::vector<TokenId> Ids(const Output& output) {
  std::vector<TokenId> ids;
  for (const TokenEvent& event : output.events) ids.push_back(event.id);
  return ids;
}

// Permits the tokens of one list a step.
class ScriptMask : public MaskSource {
 public:
  explicit ScriptMask(std::vector<std::vector<TokenId>> steps) : steps_(std::move(steps)) {}
  void FillMask(TokenMask& mask) const override {
    mask.ClearAll();
    if (at_ < steps_.size()) {
      for (const TokenId id : steps_[at_]) mask.Set(id);
    }
  }
  std::optional<TokenId> ForcedToken() const override {
    if (at_ < steps_.size() && steps_[at_].size() == 1) return steps_[at_][0];
    return std::nullopt;
  }
  bool Accept(TokenId id) override {
    if (at_ >= steps_.size()) return false;
    for (const TokenId allowed : steps_[at_]) {
      if (allowed == id) {
        ++at_;
        return true;
      }
    }
    return false;
  }
  bool CanStop() const override { return at_ == steps_.size(); }

 private:
  std::vector<std::vector<TokenId>> steps_;
  size_t at_ = 0;
};

TEST(Engine, GreedyOutputDoesNotDependOnChunksOrReuse) {
  auto one_pass = NewEngine({.max_tokens = 128, .prefill_chunk = 128});
  auto chunked = NewEngine({.max_tokens = 128, .prefill_chunk = 3});
  const Output expected = Generate(*one_pass, {.prompt = Prompt(50), .max_new_tokens = 12});
  ASSERT_TRUE(expected.summary.has_value()) << expected.summary.error().message;
  ASSERT_EQ(expected.events.size(), 12U);
  const Output in_chunks = Generate(*chunked, {.prompt = Prompt(50), .max_new_tokens = 12});
  EXPECT_EQ(Ids(in_chunks), Ids(expected));
  // Once more on the engine that now holds prompt and output: only the last token is computed
  // again.
  const Output again =
      Generate(*one_pass, {.prompt = Prompt(50), .boundaries = {20}, .max_new_tokens = 12});
  EXPECT_EQ(Ids(again), Ids(expected));
  for (size_t i = 0; i < expected.events.size(); ++i) {
    EXPECT_EQ(again.events[i].log_prob, expected.events[i].log_prob);
    EXPECT_EQ(in_chunks.events[i].log_prob, expected.events[i].log_prob);
  }
}

TEST(Engine, ReusesTheLongestKeptPrefix) {
  auto engine = NewEngine();
  std::vector<TokenId> first = Prompt(60);
  ASSERT_TRUE(Generate(*engine, {.prompt = first, .boundaries = {10, 40}, .max_new_tokens = 4})
                  .summary.has_value());

  std::vector<TokenId> branch = first;  // differs from position 45 on
  for (size_t i = 45; i < branch.size(); ++i) branch[i] = 17;
  const Output reused = Generate(*engine, {.prompt = branch, .max_new_tokens = 6});
  ASSERT_TRUE(reused.summary.has_value());
  EXPECT_EQ(reused.summary->n_reused, 40);
  EXPECT_EQ(Ids(reused), Ids(Generate(*NewEngine(), {.prompt = branch, .max_new_tokens = 6})));

  std::vector<TokenId> early = first;
  early[12] = 17;
  EXPECT_EQ(Generate(*engine, {.prompt = early, .max_new_tokens = 1}).summary->n_reused, 10);
  std::vector<TokenId> other = Prompt(60);
  other[3] = 17;
  EXPECT_EQ(Generate(*engine, {.prompt = other, .max_new_tokens = 1}).summary->n_reused, 0);
}

TEST(Engine, AnExtendedConversationComputesOnlyWhatIsNew) {
  auto engine = NewEngine();
  std::vector<TokenId> conversation = Prompt(40);
  ASSERT_TRUE(Generate(*engine, {.prompt = conversation, .max_new_tokens = 4}).summary.has_value());
  for (int i = 0; i < 10; ++i) conversation.push_back(30 + i);
  const Output next = Generate(*engine, {.prompt = conversation, .max_new_tokens = 4});
  EXPECT_EQ(next.summary->n_reused, 40);
  EXPECT_EQ(Ids(next), Ids(Generate(*NewEngine(), {.prompt = conversation, .max_new_tokens = 4})));
}

TEST(Engine, ForcedTokensAreTakenWithoutSamplingAndChangeNothingAfterThem) {
  auto engine = NewEngine();
  const std::vector<std::vector<TokenId>> script = {{50}, {51}, {52, 53, 54}, {60}, {61, 62}};
  const Output output =
      Generate(*engine, {.prompt = Prompt(20), .mask = std::make_unique<ScriptMask>(script)});
  ASSERT_TRUE(output.summary.has_value());
  ASSERT_EQ(output.events.size(), 5U);
  EXPECT_EQ(output.summary->reason, StopReason::kMaskEnd);
  EXPECT_EQ(output.summary->n_forced, 3);
  EXPECT_TRUE(output.events[0].forced);
  EXPECT_TRUE(std::isnan(output.events[0].log_prob));
  EXPECT_FALSE(output.events[2].forced);

  // The same tokens given as a prompt lead to the same distribution at the sampled place.
  std::vector<TokenId> prompt = Prompt(20);
  prompt.insert(prompt.end(), {50, 51});
  const std::vector<std::vector<TokenId>> rest = {{52, 53, 54}};
  const Output direct =
      Generate(*engine, {.prompt = prompt, .mask = std::make_unique<ScriptMask>(rest)});
  EXPECT_EQ(direct.events[0].id, output.events[2].id);
  EXPECT_EQ(direct.events[0].log_prob, output.events[2].log_prob);
  EXPECT_EQ(direct.events[0].permitted, output.events[2].permitted);
}

TEST(Engine, LogProbabilitiesAreThoseBeforeTheMask) {
  auto engine = NewEngine();
  const Output free =
      Generate(*engine, {.prompt = Prompt(20), .max_new_tokens = 1, .n_alternatives = 5});
  ASSERT_EQ(free.events.size(), 1U);
  ASSERT_EQ(free.events[0].alternatives.size(), 5U);
  EXPECT_EQ(free.events[0].alternatives[0].id, free.events[0].id);
  EXPECT_EQ(free.events[0].permitted, 1.0F);
  const TokenId second = free.events[0].alternatives[1].id;
  const TokenId third = free.events[0].alternatives[2].id;
  const std::vector<std::vector<TokenId>> script = {{second, third}};
  const Output masked = Generate(
      *engine,
      {.prompt = Prompt(20), .mask = std::make_unique<ScriptMask>(script), .n_alternatives = 5});
  EXPECT_EQ(masked.events[0].id, second);
  EXPECT_EQ(masked.events[0].log_prob, free.events[0].alternatives[1].log_prob);
  EXPECT_EQ(masked.events[0].alternatives[0].id, free.events[0].id);
  EXPECT_NEAR(masked.events[0].permitted,
              std::exp(free.events[0].alternatives[1].log_prob) +
                  std::exp(free.events[0].alternatives[2].log_prob),
              1e-6);
}

TEST(Engine, StopsAtStopTokensLimitsAndTheEndOfTheContext) {
  auto engine = NewEngine({.max_tokens = 32, .prefill_chunk = 16});
  const Output limited = Generate(*engine, {.prompt = Prompt(10), .max_new_tokens = 3});
  EXPECT_EQ(limited.summary->reason, StopReason::kMaxTokens);
  const TokenId first = limited.events[0].id;
  const Output stopped = Generate(*engine, {.prompt = Prompt(10), .stop_ids = {first}});
  EXPECT_EQ(stopped.summary->reason, StopReason::kStopToken);
  EXPECT_EQ(stopped.events.size(), 1U);
  const Output full = Generate(*engine, {.prompt = Prompt(30), .max_new_tokens = 100});
  EXPECT_EQ(full.summary->reason, StopReason::kContextFull);
  EXPECT_EQ(full.events.size(), 2U);
}

TEST(Engine, RefusesAnEmptyOrTooLongPromptAndServesTheNextRequest) {
  auto engine = NewEngine({.max_tokens = 32});
  const Output empty = Generate(*engine, {.prompt = {}});
  ASSERT_FALSE(empty.summary.has_value());
  EXPECT_EQ(empty.summary.error().code, ErrorCode::kInvalidArgument);
  const Output long_one = Generate(*engine, {.prompt = Prompt(40)});
  ASSERT_FALSE(long_one.summary.has_value());
  EXPECT_EQ(long_one.summary.error().message,
            "the prompt has 40 tokens, the context holds 32; shorten it or raise the context size");
  const Output outside = Generate(*engine, {.prompt = {1, 999999}});
  EXPECT_FALSE(outside.summary.has_value());
  EXPECT_TRUE(Generate(*engine, {.prompt = Prompt(5), .max_new_tokens = 2}).summary.has_value());
}

TEST(Engine, CancellingTakesEffectWithinOneToken) {
  auto engine = NewEngine();
  const std::unique_ptr<Generation> generation =
      engine->Submit({.prompt = Prompt(10), .max_new_tokens = 100});
  int n_read = 0;
  while (generation->Next()) {
    if (++n_read == 3) break;
  }
  generation->Cancel();
  const Result<Summary>& summary = generation->Wait();
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->reason, StopReason::kCancelled);
  EXPECT_LT(summary->n_generated, 100);
  EXPECT_TRUE(Generate(*engine, {.prompt = Prompt(10), .max_new_tokens = 2}).summary.has_value());
}

TEST(Engine, AReaderThatGoesAwayFreesTheEngine) {
  auto engine = NewEngine();
  {
    const auto dropped = engine->Submit({.prompt = Prompt(10), .max_new_tokens = 100});
  }
  EXPECT_EQ(Generate(*engine, {.prompt = Prompt(10), .max_new_tokens = 2}).events.size(), 2U);
}

TEST(Engine, ShutsDownWithRequestsInFlight) {
  auto engine = NewEngine();
  const auto first = engine->Submit({.prompt = Prompt(10), .max_new_tokens = 100});
  const auto second = engine->Submit({.prompt = Prompt(10), .max_new_tokens = 100});
  engine.reset();
  EXPECT_TRUE(!first->Wait().has_value() || first->Wait()->reason == StopReason::kCancelled);
  EXPECT_TRUE(!second->Wait().has_value() || second->Wait()->reason == StopReason::kCancelled);
}

}  // namespace
}  // namespace weir::engine
