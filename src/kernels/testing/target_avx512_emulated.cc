// The avx512_vnni target with emulated intrinsics. The region lets the compiler use AVX2 and FMA
// underneath.

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/target_region.h"
#include "kernels/testing/emulated_avx512.h"
#include "platform/cpu.h"
#include "quant/quant.h"

#if defined(__x86_64__) && !defined(WEIR_SANITIZED)

#include "kernels/testing/simde_avx512.h"

#define WEIR_UNROLL
#define WEIR_TARGET_NAME "avx512_vnni_emulated"
#define WEIR_KV_IS_HALF 1

namespace weir::kernels {

WEIR_TARGET_BEGIN("avx2,fma")
namespace avx512_vnni_emulated {
#include "kernels/vec_avx512.h"
//
#include "kernels/table-inl.h"
}  // namespace avx512_vnni_emulated
WEIR_TARGET_END

const KernelTable* EmulatedAvx512VnniKernels() {
  const platform::CpuFeatures& cpu = platform::Cpu();
  return cpu.avx2 && cpu.fma ? &avx512_vnni_emulated::kTable : nullptr;
}

}  // namespace weir::kernels

#else

namespace weir::kernels {
const KernelTable* EmulatedAvx512VnniKernels() { return nullptr; }
}  // namespace weir::kernels

#endif
