#include "config/problems.h"

#include <algorithm>

namespace weir::config {
namespace {

constexpr size_t kMaxProblems = 20;

}  // namespace

std::string Problems::Text(std::string_view file) const {
  std::vector<Problem> sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.at < b.at; });
  // Names of the file are quoted, and may hold line ends: one line a problem all the same.
  for (Problem& problem : sorted) {
    std::replace_if(
        problem.text.begin(), problem.text.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  }
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), kMaxProblems); ++i) {
    text += fmt::format("{}{}: line {}, column {}: {}", i == 0 ? "" : "\n", file, sorted[i].at.line,
                        sorted[i].at.column, sorted[i].text);
  }
  if (sorted.size() > kMaxProblems) {
    text += fmt::format("\n{}: and {} more", file, sorted.size() - kMaxProblems);
  }
  return text;
}

}  // namespace weir::config
