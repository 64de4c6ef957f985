#pragma once
// The index of a token in a model's vocabulary.

#include <cstdint>

namespace weir {
using TokenId = int32_t;
}  // namespace weir
