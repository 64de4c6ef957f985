#include "platform/cpu.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weir::platform {
namespace {

#if defined(__x86_64__)
struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero when the processor does not know the leaf.
Registers Cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

// XCR0: the register sets that the system saves on a context switch. Needs OSXSAVE.
uint64_t SavedRegisterSets() {
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

CpuFeatures Detect() {
  constexpr uint64_t kYmm = 0x6;   // SSE and AVX state
  constexpr uint64_t kZmm = 0xe6;  // and opmask, upper halves, upper sixteen
  const auto bit = [](uint32_t word, int n) { return ((word >> n) & 1) != 0; };
  CpuFeatures f;
  const Registers one = Cpuid(1, 0);
  if (!bit(one.ecx, 27)) return f;  // OSXSAVE
  const uint64_t saved = SavedRegisterSets();
  const Registers seven = Cpuid(7, 0);
  const Registers seven_one = Cpuid(7, 1);
  if ((saved & kYmm) == kYmm && bit(one.ecx, 28)) {
    f.fma = bit(one.ecx, 12);
    f.f16c = bit(one.ecx, 29);
    f.avx2 = bit(seven.ebx, 5);
  }
  if (f.avx2 && (saved & kZmm) == kZmm) {
    f.avx512f = bit(seven.ebx, 16);
    f.avx512bw = bit(seven.ebx, 30);
    f.avx512vl = bit(seven.ebx, 31);
    f.avx512vnni = bit(seven.ecx, 11);
    f.avx512bf16 = bit(seven_one.eax, 5);
  }
  return f;
}
#else
CpuFeatures Detect() { return {}; }
#endif

}  // namespace

const CpuFeatures& Cpu() {
  static const CpuFeatures features = Detect();
  return features;
}

int CoreCount() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace weir::platform
