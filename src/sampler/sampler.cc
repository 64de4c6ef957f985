#include "sampler/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "sampler/exponential.h"
#include "sampler/random.h"

namespace weir::sampler {

Status CheckConfig(const SamplerConfig& config) {
  const auto refuse = [](std::string_view name, float found, std::string_view expected) {
    return MakeError(ErrorCode::kInvalidArgument, "{} is {}; expected {}", name, found, expected);
  };
  // Written so that NaN is refused too.
  if (!(config.temperature >= 0 && config.temperature <= 100)) {
    return refuse("temperature", config.temperature, "0 (greedy) to 100");
  }
  if (config.top_k < 0) {
    return refuse("top_k", static_cast<float>(config.top_k), "0 (off) or more");
  }
  if (!(config.top_p > 0 && config.top_p <= 1)) {
    return refuse("top_p", config.top_p, "more than 0, at most 1 (off)");
  }
  if (!(config.min_p >= 0 && config.min_p <= 1))
    return refuse("min_p", config.min_p, "0 (off) to 1");
  if (!(config.repetition_penalty > 0 && config.repetition_penalty <= 100)) {
    return refuse("repetition_penalty", config.repetition_penalty, "more than 0, at most 100");
  }
  return {};
}

Result<TokenId> Sampler::Sample(std::span<const float> logits, const TokenMask* mask,
                                std::span<const TokenId> history) {
  RETURN_IF_ERROR(CheckConfig(config_));
  CHECK(mask == nullptr || mask->size() == static_cast<int>(logits.size()));
  RETURN_IF_ERROR(Collect(logits, mask));
  if (config_.repetition_penalty != 1) Penalise(history, logits.size());
  if (config_.temperature == 0) {
    return std::min_element(candidates_.begin(), candidates_.end(), Better)->id;
  }
  for (Candidate& candidate : candidates_) candidate.logit /= config_.temperature;
  KeepBest();
  return Draw(history.size());
}

// Fills candidates_ with the permitted tokens. A logit of -infinity is never a candidate.
Status Sampler::Collect(std::span<const float> logits, const TokenMask* mask) {
  candidates_.clear();
  candidates_.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    const float logit = logits[i];
    if (std::isnan(logit) || logit == std::numeric_limits<float>::infinity()) {
      return MakeError(ErrorCode::kCorruptData,
                       "the logit of token {} is {}; expected a finite number. The weights or the "
                       "computation are damaged",
                       i, logit);
    }
    const auto id = static_cast<TokenId>(i);
    if (mask != nullptr && !mask->Has(id)) continue;
    if (std::isfinite(logit)) candidates_.push_back({logit, id});
  }
  if (!candidates_.empty()) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      "no token can be chosen: the mask permits {} of {} tokens and none has a finite logit",
      mask == nullptr ? static_cast<int>(logits.size()) : mask->Count(), logits.size());
}

void Sampler::Penalise(std::span<const TokenId> history, size_t n_vocab) {
  in_history_.resize((n_vocab + 63) / 64);
  const auto word = [&](TokenId id) -> uint64_t& {
    return in_history_[static_cast<size_t>(id) / 64];
  };
  const auto known = [&](TokenId id) { return id >= 0 && static_cast<size_t>(id) < n_vocab; };
  for (const TokenId id : history) {
    if (known(id)) word(id) |= uint64_t{1} << (id % 64);
  }
  for (Candidate& candidate : candidates_) {
    if (((word(candidate.id) >> (candidate.id % 64)) & 1) == 0) continue;
    if (candidate.logit > 0) {
      candidate.logit /= config_.repetition_penalty;
    } else {
      candidate.logit *= config_.repetition_penalty;
    }
  }
  for (const TokenId id : history) {
    if (known(id)) word(id) = 0;
  }
}

// Top-k, top-p and min-p. Leaves candidates_ best first as far as anything was cut, and weights_.
void Sampler::KeepBest() {
  const auto k = static_cast<size_t>(config_.top_k);
  if (k > 0 && k < candidates_.size()) {
    const auto end = candidates_.begin() + config_.top_k;
    std::nth_element(candidates_.begin(), end - 1, candidates_.end(), Better);
    candidates_.erase(end, candidates_.end());
  }
  const float best = std::min_element(candidates_.begin(), candidates_.end(), Better)->logit;
  const auto weight = [&](const Candidate& c) { return Exponential(double{c.logit} - best); };
  if (config_.top_p < 1) {
    double total = 0;
    for (const Candidate& candidate : candidates_) total += weight(candidate);
    // A heap gives the best ones in order without sorting the whole vocabulary.
    const auto worse = [](const Candidate& a, const Candidate& b) { return Better(b, a); };
    std::make_heap(candidates_.begin(), candidates_.end(), worse);
    auto kept = candidates_.end();
    double sum = 0;
    do {
      std::pop_heap(candidates_.begin(), kept, worse);
      --kept;
      sum += weight(*kept);
    } while (kept != candidates_.begin() && sum < total * double{config_.top_p});
    candidates_.erase(candidates_.begin(), kept);
  }
  if (config_.min_p > 0) {
    std::erase_if(candidates_,
                  [&](const Candidate& c) { return weight(c) < double{config_.min_p}; });
  }
  // One order for the draw, however the candidates were found.
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
  weights_.clear();
  weights_.reserve(candidates_.capacity());
  for (const Candidate& candidate : candidates_) weights_.push_back(weight(candidate));
}

TokenId Sampler::Draw(uint64_t position) const {
  double total = 0;
  for (const double weight : weights_) total += weight;
  double rest = UnitDraw(config_.seed, position) * total;
  size_t chosen = 0;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] == 0) continue;
    chosen = i;
    rest -= weights_[i];
    if (rest < 0) break;
  }
  return candidates_[chosen].id;
}

LogProbs::LogProbs(std::span<const float> logits) : logits_(logits) {
  double best = -std::numeric_limits<double>::infinity();
  for (const float logit : logits) best = std::max(best, double{logit});
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - best);
  log_sum_ = best + std::log(sum);
}

float LogProbs::Of(TokenId id) const {
  return static_cast<float>(double{logits_[static_cast<size_t>(id)]} - log_sum_);
}

float LogProbs::MassOf(const TokenMask& mask) const {
  double mass = 0;
  const int n = std::min(mask.size(), static_cast<int>(logits_.size()));
  for (TokenId id = 0; id < n; ++id) {
    if (mask.Has(id)) mass += std::exp(double{logits_[static_cast<size_t>(id)]} - log_sum_);
  }
  return static_cast<float>(std::min(mass, 1.0));
}

std::vector<TokenLogProb> LogProbs::Top(int k) const {
  const auto n = std::min(static_cast<size_t>(std::max(k, 0)), logits_.size());
  // The best so far, best first. A later token is better only with a strictly higher logit.
  std::vector<TokenLogProb> top;
  top.reserve(n + 1);
  for (size_t i = 0; i < logits_.size() && n > 0; ++i) {
    const float logit = logits_[i];
    if (top.size() == n && !(logit > top.back().log_prob)) continue;
    const auto at = std::find_if(top.begin(), top.end(),
                                 [&](const TokenLogProb& other) { return logit > other.log_prob; });
    top.insert(at, {static_cast<TokenId>(i), logit});
    if (top.size() > n) top.pop_back();
  }
  for (TokenLogProb& token : top) token.log_prob = Of(token.id);
  return top;
}

std::vector<TokenLogProb> TopAlternatives(std::span<const float> logits, int k) {
  return LogProbs(logits).Top(k);
}

}  // namespace weir::sampler
