#pragma once
// A dense float matrix of activations.

#include <cstdint>

namespace weir::model {

// [n, width], one row per token unless said otherwise. Borrowed memory.
struct Rows {
  float* data = nullptr;
  int n = 0;
  int width = 0;

  float* row(int64_t i) const { return data + i * width; }
  Rows First(int count) const { return {data, count, width}; }
  Rows Last(int count) const { return {row(n - count), count, width}; }
};

}  // namespace weir::model
