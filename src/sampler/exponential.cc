#include "sampler/exponential.h"

#include <cmath>

namespace weir::sampler {

// x = n ln 2 + r with |r| <= ln 2 / 2; e^x = 2^n e^r. ln 2 is split so that n * kLn2High is exact.
// The Taylor series of e^r to r^14 / 14! leaves less than 1e-18.
double Exponential(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 0x1.62e42fefa0000p-1;
  constexpr double kLn2Low = 0x1.cf79abc9e3b39p-40;
  constexpr int kTerms = 14;
  if (x < -700) return 0;
  const double n = std::floor(x * kLog2E + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1;
  for (int i = kTerms; i >= 1; --i) sum = 1 + sum * r / i;
  return std::ldexp(sum, static_cast<int>(n));
}

}  // namespace weir::sampler
