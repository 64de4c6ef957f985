#include "config/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace weir::config {
namespace {

constexpr size_t kMaxListed = 12;

// Optimal string alignment: insertions, deletions, replacements and swapped neighbours cost 1.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  if (candidates.empty()) return "";
  word = word.substr(0, 200);
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;  // farther than this is another word
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, std::string_view(candidate).substr(0, 200));
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    nearest = &candidate;
  }
  if (nearest != nullptr) return fmt::format("; did you mean '{}'?", *nearest);
  const auto listed = candidates.subspan(0, std::min(candidates.size(), kMaxListed));
  return fmt::format("; expected one of {}{}", fmt::join(listed, ", "),
                     listed.size() < candidates.size() ? ", ..." : "");
}

}  // namespace weir::config
