#pragma once
// Random numbers as a function of a seed and a position, the same on every machine. Pure.

#include <cstdint>

namespace weir::sampler {

// The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", 2014): a bijection whose outputs for consecutive inputs look independent.
constexpr uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// Number `position` of the stream of `seed`, uniform in [0, 1) with 53 random bits. The seed is
// mixed first, so that streams of neighbouring seeds do not overlap.
constexpr double UnitDraw(uint64_t seed, uint64_t position) {
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15U;
  const uint64_t start = Mix(seed + kGolden);
  const uint64_t bits = Mix(start + (position + 1) * kGolden);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace weir::sampler
