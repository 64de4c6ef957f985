#pragma once
// What a boundary benchmark prints: one line a figure with its bar, and whether all bars were met.
// One thread.
//
//   policy: decision, 100 rules, p50          3.1 us   <= 5 us       met

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

class Figures {
 public:
  void AtMost(std::string_view name, double value, double bar, std::string_view unit) {
    Print(name, value, "<=", bar, unit, value <= bar);
  }
  void AtLeast(std::string_view name, double value, double bar, std::string_view unit) {
    Print(name, value, ">=", bar, unit, value >= bar);
  }
  // A figure without a bar.
  void Tell(std::string_view name, double value, std::string_view unit) {
    fmt::print("{:<46} {:>12.6g} {}\n", name, value, unit);
  }

  // The exit code of the benchmark: 0 when every bar was met, 1 otherwise.
  int ExitCode() const { return n_missed_ == 0 ? 0 : 1; }

 private:
  void Print(std::string_view name, double value, std::string_view relation, double bar,
             std::string_view unit, bool met) {
    fmt::print("{:<46} {:>12.6g} {:<10} {} {:<9.6g} {}\n", name, value, unit, relation, bar,
               met ? "met" : "MISSED");
    std::fflush(stdout);
    if (!met) ++n_missed_;
  }

  int n_missed_ = 0;
};

// The value below which `share` (0..1) of the samples lie. Not of an empty list.
inline double Percentile(std::vector<double> samples, double share) {
  std::sort(samples.begin(), samples.end());
  const auto last = static_cast<double>(samples.size() - 1);
  return samples[static_cast<size_t>(share * last + 0.5)];
}

}  // namespace weir::bench
