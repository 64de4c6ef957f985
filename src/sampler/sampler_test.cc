#include "sampler/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>
#include <vector>

#include "sampler/exponential.h"
#include "sampler/random.h"

namespace {
int g_allocations = 0;
}  // namespace

[[gnu::noinline]] void* operator new(size_t size) {
  ++g_allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace weir::sampler {
namespace {

using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<TokenId> HistoryOf(int length) {
  return std::vector<TokenId>(static_cast<size_t>(length), 0);
}

// How often each token is drawn over n positions, as fractions.
std::vector<double> Frequencies(const SamplerConfig& config, const std::vector<float>& logits,
                                int n, const TokenMask* mask = nullptr) {
  Sampler sampler(config);
  std::vector<double> counts(logits.size());
  const std::vector<TokenId> history(static_cast<size_t>(n), -1);
  for (int i = 0; i < n; ++i) {
    const Result<TokenId> id =
        sampler.Sample(logits, mask, std::span(history).first(static_cast<size_t>(i)));
    EXPECT_TRUE(id.has_value());
    counts[static_cast<size_t>(*id)] += 1.0 / n;
  }
  return counts;
}

std::vector<double> Softmax(const std::vector<float>& logits, float temperature = 1) {
  std::vector<double> p;
  double sum = 0;
  for (const float logit : logits) p.push_back(std::exp(double{logit} / temperature));
  for (const double x : p) sum += x;
  for (double& x : p) x /= sum;
  return p;
}

void ExpectNear(const std::vector<double>& found, const std::vector<double>& expected,
                double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance) << i;
}

TEST(SamplerTest, GreedyTakesTheHighestAndTheLowestIdOfTies) {
  Sampler sampler;
  EXPECT_EQ(*sampler.Sample(std::vector<float>{1, 3, 2}, nullptr, {}), 1);
  EXPECT_EQ(*sampler.Sample(std::vector<float>{1, 3, 3, 3}, nullptr, {}), 1);
  EXPECT_EQ(*sampler.Sample(std::vector<float>{-kInf, -5, -5}, nullptr, {}), 1);
}

TEST(SamplerTest, TemperatureOneDrawsFromTheSoftmax) {
  const std::vector<float> logits = {0, 1, 2, -1};
  ExpectNear(Frequencies({.temperature = 1}, logits, 40000), Softmax(logits), 0.01);
}

TEST(SamplerTest, TemperatureSharpensOrFlattens) {
  const std::vector<float> logits = {0, 1, 2, -1};
  ExpectNear(Frequencies({.temperature = 0.5F, .seed = 5}, logits, 40000), Softmax(logits, 0.5F),
             0.01);
  ExpectNear(Frequencies({.temperature = 4, .seed = 5}, logits, 40000), Softmax(logits, 4), 0.01);
}

TEST(SamplerTest, TopKKeepsTheKHighestAndTheLowestIdsOfTies) {
  const std::vector<double> f = Frequencies({.temperature = 1, .top_k = 2}, {1, 0, 1, 1}, 4000);
  EXPECT_NEAR(f[0], 0.5, 0.03);
  EXPECT_EQ(f[1], 0);
  EXPECT_NEAR(f[2], 0.5, 0.03);
  EXPECT_EQ(f[3], 0);
}

TEST(SamplerTest, TopPKeepsTheFewestThatReachP) {
  // Probabilities 0.5, 0.25, 0.125, 0.125.
  const std::vector<float> logits = {std::log(4.0F), std::log(2.0F), 0, 0};
  const std::vector<double> f = Frequencies({.temperature = 1, .top_p = 0.7F}, logits, 20000);
  ExpectNear(f, {2.0 / 3, 1.0 / 3, 0, 0}, 0.01);
  const std::vector<double> g = Frequencies({.temperature = 1, .top_p = 0.8F}, logits, 20000);
  ExpectNear(g, {4.0 / 7, 2.0 / 7, 1.0 / 7, 0}, 0.015);
  const std::vector<double> h = Frequencies({.temperature = 1, .top_p = 0.01F}, logits, 100);
  ExpectNear(h, {1, 0, 0, 0}, 1e-9);
}

TEST(SamplerTest, MinPDropsWhatIsFarBelowTheBest) {
  const std::vector<float> logits = {std::log(4.0F), std::log(2.0F), 0, 0};
  const std::vector<double> f = Frequencies({.temperature = 1, .min_p = 0.4F}, logits, 20000);
  ExpectNear(f, {2.0 / 3, 1.0 / 3, 0, 0}, 0.01);
  ExpectNear(Frequencies({.temperature = 1, .min_p = 1}, logits, 100), {1, 0, 0, 0}, 1e-9);
}

TEST(SamplerTest, TheRepetitionPenaltyFollowsTheReference) {
  Sampler sampler({.repetition_penalty = 2});
  // Positive: 3 / 2 = 1.5 < 2. Counted once however often it occurs.
  const std::vector<TokenId> zero = {0, 0, 0};
  EXPECT_EQ(*sampler.Sample(std::vector<float>{3, 2, 1.4F}, nullptr, zero), 1);
  EXPECT_EQ(*sampler.Sample(std::vector<float>{3, 1.4F, 1}, nullptr, zero), 0);
  // Negative: -1 * 2 = -2 < -1.5.
  EXPECT_EQ(*sampler.Sample(std::vector<float>{-1, -1.5F, -9}, nullptr, zero), 1);
  // The scratch of one call does not leak into the next.
  EXPECT_EQ(*sampler.Sample(std::vector<float>{3, 2, 1.4F}, nullptr, {}), 0);
  // Ids outside the vocabulary are ignored.
  const std::vector<TokenId> odd = {-1, 7};
  EXPECT_EQ(*sampler.Sample(std::vector<float>{3, 2, 1.4F}, nullptr, odd), 0);
}

TEST(SamplerTest, MaskedTokensAreNeverChosen) {
  std::mt19937 random(3);
  const std::vector<SamplerConfig> configs = {{},
                                              {.temperature = 1},
                                              {.temperature = 2, .top_k = 3},
                                              {.temperature = 1, .top_p = 0.5F},
                                              {.temperature = 1, .min_p = 0.2F},
                                              {.temperature = 1, .repetition_penalty = 1.3F}};
  for (int round = 0; round < 2000; ++round) {
    const int n = 1 + static_cast<int>(random() % 150);
    TokenMask mask(n);
    for (int i = 0; i < n; ++i) {
      if (random() % 8 == 0) mask.Set(i);
    }
    mask.Set(static_cast<TokenId>(random() % static_cast<unsigned>(n)));
    std::vector<float> logits;
    for (int i = 0; i < n; ++i) logits.push_back(static_cast<float>(random() % 1000) / 50 - 10);
    Sampler sampler(configs[static_cast<size_t>(round) % configs.size()]);
    const Result<TokenId> id = sampler.Sample(logits, &mask, HistoryOf(round));
    ASSERT_TRUE(id.has_value());
    EXPECT_TRUE(mask.Has(*id));
  }
}

TEST(SamplerTest, NothingToChooseIsAnError) {
  Sampler sampler({.temperature = 1});
  const TokenMask none(3);
  const Result<TokenId> masked = sampler.Sample(std::vector<float>{1, 2, 3}, &none, {});
  ASSERT_FALSE(masked.has_value());
  EXPECT_EQ(masked.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(masked.error().message, HasSubstr("permits 0 of 3"));
  EXPECT_FALSE(sampler.Sample(std::vector<float>{-kInf, -kInf}, nullptr, {}).has_value());
}

TEST(SamplerTest, DamagedLogitsAreAnErrorEvenWhenMasked) {
  for (const float bad : {std::nanf(""), kInf}) {
    Sampler sampler;
    TokenMask mask(3);
    mask.Set(0);
    const Result<TokenId> id = sampler.Sample(std::vector<float>{1, bad, 3}, &mask, {});
    ASSERT_FALSE(id.has_value());
    EXPECT_EQ(id.error().code, ErrorCode::kCorruptData);
    EXPECT_THAT(id.error().message, HasSubstr("token 1"));
  }
}

TEST(SamplerTest, SettingsOutOfRangeAreNamed) {
  const auto message = [](const SamplerConfig& config) {
    const Status status = CheckConfig(config);
    return status ? std::string("fine") : status.error().message;
  };
  EXPECT_EQ(message({}), "fine");
  EXPECT_THAT(message({.temperature = -1}), HasSubstr("temperature"));
  EXPECT_THAT(message({.temperature = std::nanf("")}), HasSubstr("temperature"));
  EXPECT_THAT(message({.top_k = -1}), HasSubstr("top_k"));
  EXPECT_THAT(message({.top_p = 0}), HasSubstr("top_p"));
  EXPECT_THAT(message({.min_p = 1.5F}), HasSubstr("min_p"));
  EXPECT_THAT(message({.repetition_penalty = 0}), HasSubstr("repetition_penalty"));
}

TEST(SamplerTest, ASeedGivesTheseTokens) {
  // Recorded once; a change means that stored seeds no longer reproduce.
  std::vector<float> logits;
  for (int i = 0; i < 100; ++i) logits.push_back(static_cast<float>(i % 13) / 3);
  Sampler sampler({.temperature = 1, .top_k = 40, .top_p = 0.95F, .seed = 42});
  std::vector<TokenId> history;
  for (int i = 0; i < 12; ++i) history.push_back(*sampler.Sample(logits, nullptr, history));
  EXPECT_THAT(history, ::testing::ElementsAre(37, 90, 50, 11, 64, 11, 23, 74, 12, 73, 63, 23));
}

TEST(SamplerTest, ADrawDependsOnSeedAndPositionOnly) {
  const std::vector<float> logits(50, 0);
  const SamplerConfig config{.temperature = 1, .seed = 9};
  Sampler fresh(config);
  Sampler used(config);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(used.Sample(logits, nullptr, HistoryOf(i)).has_value());
  used.Configure(config);
  EXPECT_EQ(*fresh.Sample(logits, nullptr, HistoryOf(3)),
            *used.Sample(logits, nullptr, HistoryOf(3)));
  int differ = 0;
  for (int i = 0; i < 100; ++i) {
    Sampler other({.temperature = 1, .seed = 10});
    differ += *fresh.Sample(logits, nullptr, HistoryOf(i)) !=
              *other.Sample(logits, nullptr, HistoryOf(i));
  }
  EXPECT_GT(differ, 80);
}

TEST(SamplerTest, NothingIsAllocatedOnceTheScratchHasGrown) {
  std::vector<float> logits;
  for (int i = 0; i < 5000; ++i) logits.push_back(static_cast<float>((i * 7919) % 1000) / 100);
  TokenMask mask(5000);
  for (int i = 0; i < 5000; i += 3) mask.Set(i);
  const std::vector<TokenId> history = HistoryOf(200);
  Sampler sampler(
      {.temperature = 1, .top_k = 500, .top_p = 0.9F, .min_p = 0.01F, .repetition_penalty = 1.1F});
  ASSERT_TRUE(sampler.Sample(logits, nullptr, history).has_value());
  sampler.Configure({.temperature = 0.7F, .top_p = 0.9F, .repetition_penalty = 1.1F});
  ASSERT_TRUE(sampler.Sample(logits, nullptr, history).has_value());
  const int before = g_allocations;
  for (int i = 0; i < 20; ++i) {
    const Result<TokenId> id = sampler.Sample(logits, i % 2 == 0 ? &mask : nullptr, history);
    if (!id) std::abort();
  }
  EXPECT_EQ(g_allocations, before);
}

TEST(RandomTest, DrawsAreUniform) {
  std::vector<int> buckets(20);
  for (uint64_t i = 0; i < 200000; ++i) {
    const double u = UnitDraw(7, i);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++buckets[static_cast<size_t>(u * 20)];
  }
  for (const int count : buckets) EXPECT_NEAR(count, 10000, 400);
}

TEST(RandomTest, ValuesArePinned) {
  EXPECT_EQ(Mix(0x9E3779B97F4A7C15U),
            0xE220A8397B1DCDAFU);  // first output of SplitMix64 from seed 0
}

TEST(ExponentialTest, AgreesWithTheLibrary) {
  for (double x = 0; x > -690; x -= 0.0137)
    EXPECT_NEAR(Exponential(x) / std::exp(x), 1, 4e-15) << x;
  EXPECT_EQ(Exponential(0), 1);
  EXPECT_EQ(Exponential(-701), 0);
  EXPECT_EQ(Exponential(-std::numeric_limits<double>::infinity()), 0);
}

TEST(LogProbsTest, AreAnExactLogSoftmax) {
  const std::vector<float> logits = {1, 2, 3, -kInf};
  const LogProbs log_probs(logits);
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  EXPECT_FLOAT_EQ(log_probs.Of(0), static_cast<float>(1 - std::log(sum)));
  EXPECT_FLOAT_EQ(log_probs.Of(2), static_cast<float>(3 - std::log(sum)));
  EXPECT_EQ(log_probs.Of(3), -kInf);
  TokenMask mask(4);
  mask.Set(0);
  mask.Set(1);
  EXPECT_FLOAT_EQ(log_probs.MassOf(mask),
                  static_cast<float>((std::exp(1.0) + std::exp(2.0)) / sum));
  mask.SetAll();
  EXPECT_FLOAT_EQ(log_probs.MassOf(mask), 1);
}

TEST(LogProbsTest, LargeLogitsDoNotOverflow) {
  const std::vector<float> logits = {30000, 29999, -30000};
  const LogProbs log_probs(logits);
  EXPECT_NEAR(log_probs.Of(0), -0.3132617, 1e-6);
  EXPECT_NEAR(log_probs.Of(2), -60000.3, 0.1);
}

TEST(LogProbsTest, TopListsTheBestFirstAndLowIdsOfTies) {
  const std::vector<float> logits = {1, 5, 5, 2, 5};
  const std::vector<TokenLogProb> top = TopAlternatives(logits, 4);
  ASSERT_EQ(top.size(), 4U);
  EXPECT_EQ(top[0].id, 1);
  EXPECT_EQ(top[1].id, 2);
  EXPECT_EQ(top[2].id, 4);
  EXPECT_EQ(top[3].id, 3);
  EXPECT_FLOAT_EQ(top[3].log_prob, LogProbs(logits).Of(3));
  EXPECT_EQ(TopAlternatives(logits, 100).size(), 5U);
  EXPECT_TRUE(TopAlternatives(logits, 0).empty());
}

}  // namespace
}  // namespace weir::sampler
