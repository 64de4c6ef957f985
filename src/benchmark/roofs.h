#pragma once
// What this machine's memory and processor can do, measured: the roofs that the speed of a model is
// held against.
//
// Memory is read twice, because neither way alone says what is possible: linearly through the pages
// of the model file as the engine has them mapped, and linearly through memory of our own in huge
// pages. The processor multiplies 8-bit numbers out of registers. All of it on all threads of the
// engine, best of several rounds.

#include <cstddef>

#include "model/lfm2_model.h"

namespace weir::benchmark {

struct Roofs {
  double mapped_bytes_per_second = 0;     // reading the mapped model file
  double anonymous_bytes_per_second = 0;  // reading huge pages; 0 where there is no memory for it
  double int8_per_second =
      0;  // multiplications and additions; 0 for kernels that have no such loop

  double bytes_per_second() const;  // the larger of the two
  // Keeps the larger of each: what was once measured is possible.
  void RaiseTo(const Roofs& other);
};

inline constexpr size_t kRoofBytes = size_t{1} << 30;  // beyond every cache

// Reads at most `n_bytes` of each kind a round; with kRoofBytes and nothing else running it takes a
// second or two. No forward pass of the model may run at the same time.
Roofs MeasureRoofs(const model::Model& model, size_t n_bytes = kRoofBytes);

}  // namespace weir::benchmark
