#include "synth/weights.h"

#include <cstring>

#include "quant/quantize.h"
#include "sampler/random.h"

namespace weir::synth {
namespace {

constexpr uint64_t kUnit = 256;  // values; a multiple of every type's block
// 2^12 units: the quantised pool stays in the second-level cache.
constexpr uint64_t kUnitBits = 12;
constexpr uint64_t kGolden = 0x9E3779B97F4A7C15U;

// The sum of twelve uniform numbers, less 6: nearly normal, of variance 1, never beyond 6, and the
// same on every machine, which logarithms and cosines are not.
float Normal(uint64_t stream, uint64_t index) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    const uint64_t bits = sampler::Mix(stream + (3 * index + i + 1) * kGolden);
    for (int shift = 0; shift < 64; shift += 16) sum += (bits >> shift) & 0xFFFFU;
  }
  // The mean of 16 random bits is 32767.5.
  return (static_cast<float>(sum) - 12 * 32767.5F) / 65536.0F;
}

uint64_t UnitBytes(quant::Type type) {
  return static_cast<uint64_t>(quant::RowBytes(type, static_cast<int64_t>(kUnit)));
}

}  // namespace

RandomWeights::RandomWeights(uint64_t seed) : stream_(sampler::Mix(seed + kGolden)) {
  normal_.resize(kUnit << kUnitBits);
  for (uint64_t i = 0; i < normal_.size(); ++i) normal_[i] = Normal(stream_, i);
}

const std::vector<std::byte>& RandomWeights::PoolOf(const Fill& fill) {
  auto& pool = pools_[{fill.type, fill.sigma}];
  if (!pool.empty()) return pool;
  std::vector<float> scaled = normal_;
  for (float& value : scaled) value *= fill.sigma;
  const auto n = static_cast<int64_t>(scaled.size());
  pool.resize(static_cast<size_t>(quant::RowBytes(fill.type, n)));
  quant::QuantizeRow(fill.type, scaled.data(), n, pool.data());
  return pool;
}

void RandomWeights::Write(const Fill& fill, uint64_t begin, uint64_t n, std::span<std::byte> out) {
  const std::vector<std::byte>& pool = PoolOf(fill);
  const uint64_t unit_bytes = UnitBytes(fill.type);
  const uint64_t tensor_stream = sampler::Mix(stream_ ^ sampler::Mix((fill.tensor + 1) * kGolden));
  std::byte* to = out.data();
  for (uint64_t unit = begin / kUnit; n > 0; ++unit) {
    const uint64_t n_here = n < kUnit ? n : kUnit;
    const uint64_t pick = sampler::Mix(tensor_stream + (unit + 1) * kGolden) >> (64 - kUnitBits);
    const auto bytes = static_cast<size_t>(
        n_here == kUnit
            ? unit_bytes
            : static_cast<uint64_t>(quant::RowBytes(fill.type, static_cast<int64_t>(n_here))));
    std::memcpy(to, pool.data() + pick * unit_bytes, bytes);
    to += bytes;
    n -= n_here;
  }
}

}  // namespace weir::synth
