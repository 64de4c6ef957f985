#pragma once
// Random weights as the bytes of any quant type, at the speed of copying memory.
//
// Normally distributed numbers are made and quantised once, as a pool of some thousand units of 256
// values for every quant type and standard deviation. A tensor is units drawn from the pool at
// random: which one stands where is a function of the seed, the tensor and the place. So two rows
// are never alike, though pieces of them recur. One thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "quant/quant.h"

namespace weir::synth {

class RandomWeights {
 public:
  explicit RandomWeights(uint64_t seed);

  // What a tensor is filled with.
  struct Fill {
    uint64_t tensor = 0;  // its number: tensors differ
    quant::Type type = quant::Type::kF32;
    float sigma = 1;
  };
  // The encoded values [begin, begin + n) of the tensor into `out`. `begin` is a multiple of 256, n
  // of 256 or of the type's block at the tensor's end.
  void Write(const Fill& fill, uint64_t begin, uint64_t n, std::span<std::byte> out);

 private:
  const std::vector<std::byte>& PoolOf(const Fill& fill);

  uint64_t stream_ = 0;        // where the seed's numbers start
  std::vector<float> normal_;  // of standard deviation 1
  std::map<std::pair<quant::Type, float>, std::vector<std::byte>> pools_;
};

}  // namespace weir::synth
