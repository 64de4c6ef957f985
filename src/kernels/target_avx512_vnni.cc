// Target `avx512_vnni`: AVX-512 F, BW, VL and VNNI. KV in IEEE half.

#if defined(__x86_64__)

// g++ 12 warns about the deliberately undefined operands inside its own intrinsics (GCC bug
// 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/target_region.h"
#include "kernels/targets.h"
#include "quant/quant.h"

#define WEIR_UNROLL WEIR_UNROLLED
#define WEIR_TARGET_NAME "avx512_vnni"
#define WEIR_KV_IS_HALF 1

namespace weir::kernels {

WEIR_TARGET_BEGIN("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")
namespace avx512_vnni {
#include "kernels/vec_avx512.h"
//
#include "kernels/table-inl.h"
}  // namespace avx512_vnni
WEIR_TARGET_END

const KernelTable& Avx512VnniKernels() { return avx512_vnni::kTable; }

}  // namespace weir::kernels

#endif
