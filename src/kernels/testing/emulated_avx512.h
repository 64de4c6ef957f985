#pragma once
// The avx512_vnni kernels with their intrinsics emulated by SIMDe: same source, any processor with
// AVX2 and FMA. Tests judge the algorithm by it where the instructions are missing. Slow.

#include <vector>

#include "kernels/kernels.h"

namespace weir::kernels {

// Null when the processor lacks AVX2 and FMA, which the emulation's multiply-add needs to round
// once, and in builds with a sanitizer, which would take minutes to compile it.
const KernelTable* EmulatedAvx512VnniKernels();

// Every target that can be tested here: the runnable ones, the reference first, and the emulated.
inline std::vector<const KernelTable*> TestedKernels() {
  std::vector<const KernelTable*> targets = RunnableKernels();
  if (EmulatedAvx512VnniKernels() != nullptr) targets.push_back(EmulatedAvx512VnniKernels());
  return targets;
}

}  // namespace weir::kernels
