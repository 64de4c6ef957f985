// Chooses the target. Baseline code only: it runs before anything is known about the processor.

#include <cstdlib>
#include <string>

#include "kernels/kernels.h"
#include "kernels/targets.h"
#include "platform/cpu.h"

namespace weir::kernels {
namespace {

bool HasAvx2(const platform::CpuFeatures& cpu) { return cpu.avx2 && cpu.fma && cpu.f16c; }

bool HasAvx512Vnni(const platform::CpuFeatures& cpu) {
  return HasAvx2(cpu) && cpu.avx512f && cpu.avx512bw && cpu.avx512vl && cpu.avx512vnni;
}

struct Target {
  const KernelTable* table;
  bool runnable;
  std::string_view needs;
};

// Slowest first.
std::vector<Target> Targets() {
  std::vector<Target> targets = {{&ReferenceKernels(), true, ""}, {&BaselineKernels(), true, ""}};
#if defined(__x86_64__)
  const platform::CpuFeatures& cpu = platform::Cpu();
  targets.push_back({&Avx2Kernels(), HasAvx2(cpu), "AVX2, FMA and F16C"});
  targets.push_back({&Avx512VnniKernels(), HasAvx512Vnni(cpu), "AVX-512 F, BW, VL and VNNI"});
#endif
  return targets;
}

}  // namespace

ActivationForm KernelTable::FormFor(quant::Type type) const {
  if (!quantises_activations) return ActivationForm::kF32;
  switch (type) {
    case quant::Type::kF32:
    case quant::Type::kF16:
    case quant::Type::kBF16:
      return ActivationForm::kF32;
    case quant::Type::kQ4_K:
    case quant::Type::kQ5_K:
    case quant::Type::kQ6_K:
      return ActivationForm::kBlock256;
    default:
      return ActivationForm::kBlock32;
  }
}

std::vector<const KernelTable*> RunnableKernels() {
  std::vector<const KernelTable*> tables;
  for (const Target& target : Targets()) {
    if (target.runnable) tables.push_back(target.table);
  }
  return tables;
}

const KernelTable& BestKernels() {
  static const KernelTable& best = *RunnableKernels().back();
  return best;
}

Result<const KernelTable*> KernelsFor(std::string_view target) {
  if (target.empty()) {
    const char* forced = std::getenv("WEIR_TARGET");
    if (forced == nullptr || *forced == '\0') return &BestKernels();
    target = forced;
  }
  std::string known;
  for (const Target& t : Targets()) {
    if (t.table->name == target) {
      if (t.runnable) return t.table;
      return MakeError(ErrorCode::kUnsupported,
                       "kernel target '{}' needs {}, which this processor lacks; leave WEIR_TARGET "
                       "unset to get the best one",
                       target, t.needs);
    }
    known += known.empty() ? "" : ", ";
    known += t.table->name;
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "kernel target '{}' is not known; expected one of {}", target, known);
}

}  // namespace weir::kernels
