#pragma once
// A picture of a report: speed against context depth, prefill on the left and decode on the right.
//
// Each number of tokens is a line with a dot at its median and a bar from the slowest to the
// fastest round; what the machine's roofs allow is dashed. Labels stand beside the lines, and the
// picture is readable on light and on dark paper. Pure; any thread.

#include <string>

#include "benchmark/suite.h"

namespace weir::benchmark {

// An SVG file. A panel without rows says so.
std::string PlotSvg(const Report& report);

// Round numbers from 0 to at least `most`, about `n` of them; {0, 1} when `most` is not positive.
std::vector<double> TicksTo(double most, int n);

}  // namespace weir::benchmark
