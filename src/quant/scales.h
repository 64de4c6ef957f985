#pragma once
// Finds blocks that no honest quantiser writes: those whose scale (or minimum) is NaN or infinite.
// One of them turns everything that is computed with it into NaN. Only the scale fields are read,
// so a file is checked as fast as its bytes arrive. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <span>

#include "quant/quant.h"

namespace weir::quant {

// The number of such blocks among the whole blocks of `type` at `bytes`; of F32, F16 and BF16,
// where a block is one value, the values that are not finite.
int64_t CountBrokenBlocks(Type type, std::span<const std::byte> bytes) noexcept;

}  // namespace weir::quant
