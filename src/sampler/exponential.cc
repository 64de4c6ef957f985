#include "sampler/exponential.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace weir::sampler {
namespace {

// The Taylor series of e^r for |r| <= ln 2 / 2 up to r^14 / 14! leaves less than 1e-18.
constexpr size_t kTerms = 15;

constexpr std::array<double, kTerms> MakeInverseFactorials() {
  std::array<double, kTerms> inverse = {};
  double factorial = 1;  // exact: 14! < 2^53
  for (size_t k = 0; k < kTerms; ++k) {
    if (k > 0) factorial *= static_cast<double>(k);
    inverse[k] = 1 / factorial;
  }
  return inverse;
}
constexpr std::array<double, kTerms> kInverseFactorials = MakeInverseFactorials();

}  // namespace

// x = n ln 2 + r with |r| <= ln 2 / 2; e^x = 2^n e^r. ln 2 is split so that n * kLn2High is exact.
double Exponential(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 0x1.62e42fefa0000p-1;
  constexpr double kLn2Low = 0x1.cf79abc9e3b39p-40;
  if (x < -700) return 0;
  const double n = std::floor(x * kLog2E + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 0;
  for (size_t k = kTerms; k-- > 0;) sum = sum * r + kInverseFactorials[k];
  constexpr int kExponentBias = 1023;
  const auto exponent = static_cast<uint64_t>(static_cast<int64_t>(n) + kExponentBias);
  return sum * std::bit_cast<double>(exponent << 52);
}

}  // namespace weir::sampler
