// All kernels of a target, and the table of them. Included inside the target's region and
// namespace, after its vector vocabulary. Before the region: kernels.h, target_region.h. Macros:
// WEIR_TARGET_NAME, WEIR_KV_IS_HALF, WEIR_UNROLL.

// Order matters: each builds on those before it.
// clang-format off
#include "kernels/elementwise-inl.h"
#include "kernels/quantise-inl.h"
#include "kernels/kv-inl.h"
#include "kernels/attention-inl.h"
#include "kernels/rows-inl.h"
#include "kernels/matmul-inl.h"
#include "kernels/dot_float-inl.h"
#include "kernels/dot_block32-inl.h"
#include "kernels/dot_block256-inl.h"
#include "kernels/roof-inl.h"
// clang-format on

constexpr uint32_t SlotOf(quant::Type type) { return static_cast<uint32_t>(type); }

template <class Kv>
constexpr KvKernels KvKernelsOf() {
  return {Kv::TileBytes, Kv::StoreK, Kv::StoreV, Attention<Kv>};
}

constexpr KernelTable MakeTable() {
  KernelTable t = {};
  t.name = WEIR_TARGET_NAME;
  t.quantises_activations = true;
  t.matmul[SlotOf(quant::Type::kF32)] = MatMul<FloatFormat<ReadF32>>;
  t.matmul[SlotOf(quant::Type::kF16)] = MatMul<FloatFormat<ReadF16>>;
  t.matmul[SlotOf(quant::Type::kBF16)] = MatMul<FloatFormat<ReadBf16>>;
  t.matmul[SlotOf(quant::Type::kQ4_0)] = MatMulOfRows<Block32Format<BlockQ4_0>>;
  t.matmul[SlotOf(quant::Type::kQ4_1)] = MatMulOfRows<Block32Format<BlockQ4_1>>;
  t.matmul[SlotOf(quant::Type::kQ5_0)] = MatMulOfRows<Block32Format<BlockQ5_0>>;
  t.matmul[SlotOf(quant::Type::kQ5_1)] = MatMulOfRows<Block32Format<BlockQ5_1>>;
  t.matmul[SlotOf(quant::Type::kQ8_0)] = MatMulOfRows<Block32Format<BlockQ8_0>>;
  t.matmul[SlotOf(quant::Type::kQ4_K)] = MatMulOfRows<Block256Format<SuperQ4_K>>;
  t.matmul[SlotOf(quant::Type::kQ5_K)] = MatMulOfRows<Block256Format<SuperQ5_K>>;
  t.matmul[SlotOf(quant::Type::kQ6_K)] = MatMulOfRows<Block256Format<SuperQ6_K>>;
  t.quantise32 = Quantise32;
  t.quantise256 = Quantise256;
  t.rms_norm = RmsNorm;
  t.rope = Rope;
  t.add = AddTo;
  t.add_scaled = AddScaled;
  t.silu_mul = SiluMul;
  t.sigmoid = SigmoidInPlace;
  t.short_conv = ShortConv;
  t.kv[static_cast<int>(KvFormat::kF16)] = KvKernelsOf<PlainKv>();
  t.kv[static_cast<int>(KvFormat::kQ8_0)] = KvKernelsOf<Q8Kv>();
  t.dot_loop = DotLoop;
  return t;
}

constexpr KernelTable kTable = MakeTable();
