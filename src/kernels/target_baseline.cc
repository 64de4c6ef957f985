// Target `baseline`: plain C++, for every processor. KV in float32, since conversion to half is
// slow in software.

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/target_region.h"
#include "kernels/targets.h"
#include "quant/quant.h"

// Lanes are arrays here; unrolling loops around them would only make more code.
#define WEIR_UNROLL
#define WEIR_TARGET_NAME "baseline"
#define WEIR_KV_IS_HALF 0

namespace weir::kernels {
namespace baseline {
#include "kernels/vec_baseline.h"
//
#include "kernels/table-inl.h"
}  // namespace baseline

const KernelTable& BaselineKernels() { return baseline::kTable; }

}  // namespace weir::kernels
