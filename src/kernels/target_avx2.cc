// Target `avx2`: AVX2 with FMA and F16C. KV in IEEE half.

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/target_region.h"
#include "kernels/targets.h"
#include "quant/quant.h"

#define WEIR_UNROLL WEIR_UNROLLED
#define WEIR_TARGET_NAME "avx2"
#define WEIR_KV_IS_HALF 1

namespace weir::kernels {

WEIR_TARGET_BEGIN("avx2,fma,f16c")
namespace avx2 {
#include "kernels/vec_avx2.h"
//
#include "kernels/table-inl.h"
}  // namespace avx2
WEIR_TARGET_END

const KernelTable& Avx2Kernels() { return avx2::kTable; }

}  // namespace weir::kernels

#endif
