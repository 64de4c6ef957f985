#pragma once
// What the processor and the operating system offer to compute kernels. Baseline code only.

namespace weir::platform {

// An extension counts only when the processor has it and the system saves its registers.
struct CpuFeatures {
  bool avx2 = false;
  bool fma = false;
  bool f16c = false;
  bool avx512f = false;
  bool avx512bw = false;
  bool avx512vl = false;
  bool avx512vnni = false;
  bool avx512bf16 = false;
};

// Asked once, then constant. Any thread.
const CpuFeatures& Cpu();

// Processors this process may run on, at least 1.
int CoreCount();

}  // namespace weir::platform
