#pragma once
// The tables of the targets made from the *-inl.h files. Whoever takes one must know that the
// processor has the instructions; dispatch.cc does.

#include "kernels/kernels.h"

namespace weir::kernels {

const KernelTable& BaselineKernels();
#if defined(__x86_64__)
const KernelTable& Avx2Kernels();
const KernelTable& Avx512VnniKernels();
#endif

}  // namespace weir::kernels
