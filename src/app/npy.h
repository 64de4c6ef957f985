#pragma once
// Writes NumPy's .npy format, version 1.0: float32, C order.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::app {

// `values` has as many elements as the product of `shape`. Replaces the file as a whole.
Status WriteNpy(const std::string& path, std::span<const float> values,
                const std::vector<size_t>& shape);

}  // namespace weir::app
