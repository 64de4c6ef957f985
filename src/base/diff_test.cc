#include "base/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1);
    lines.push_back(text.substr(at, end - at + 1));
    at = end + 1;
  }
  return lines;
}

// Applies a unified diff, trusting only its hunk headers and markers.
std::string Apply(const std::string& before, const std::string& unified) {
  const std::vector<std::string> old_lines = Lines(before);
  const std::vector<std::string> patch = Lines(unified);
  std::string out;
  size_t at = 0;
  for (size_t i = 2; i < patch.size(); ++i) {
    std::string line = patch[i];
    if (line.starts_with("@@")) {
      size_t first = 0;
      size_t count = 1;
      if (std::sscanf(line.c_str(), "@@ -%zu,%zu", &first, &count) < 2) count = 1;
      const size_t begin = count == 0 ? first : first - 1;
      while (at < begin) out += old_lines[at++];
      continue;
    }
    if (line.starts_with("\\")) continue;
    if (i + 1 < patch.size() && patch[i + 1].starts_with("\\")) line.pop_back();
    if (line[0] != '+') {
      EXPECT_EQ(old_lines[at], line.substr(1));
      ++at;
    }
    if (line[0] != '-') out += line.substr(1);
  }
  while (at < old_lines.size()) out += old_lines[at++];
  return out;
}

// Fewest insertions and deletions, by dynamic programming.
int FewestEdits(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::vector<int>> best(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        best[i][j] = static_cast<int>(i + j);
      } else if (a[i - 1] == b[j - 1]) {
        best[i][j] = best[i - 1][j - 1];
      } else {
        best[i][j] = 1 + std::min(best[i - 1][j], best[i][j - 1]);
      }
    }
  }
  return best[a.size()][b.size()];
}

TEST(Diff, EqualTextsHaveNone) { EXPECT_EQ(UnifiedDiff("a\nb\n", "a\nb\n", "x", "y").unified, ""); }

TEST(Diff, ShowsContextAndCounts) {
  const Diff diff =
      UnifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "a", "b");
  EXPECT_EQ(diff.unified, "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(diff.added, 1);
  EXPECT_EQ(diff.removed, 1);
}

TEST(Diff, ShowsAMissingLineEnd) {
  EXPECT_EQ(UnifiedDiff("a", "a\n", "x", "y").unified,
            "--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(Diff, ANewFileIsAllAdded) {
  EXPECT_EQ(UnifiedDiff("", "a\nb\n", "x", "y").unified, "--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
}

TEST(Diff, IsRightAndMinimalOnRandomTexts) {
  std::mt19937 random(5);
  for (int round = 0; round < 600; ++round) {
    const auto text = [&] {
      std::string out;
      const int n = static_cast<int>(random() % 40);
      for (int i = 0; i < n; ++i)
        out += std::string(1, static_cast<char>('a' + random() % 5)) + "\n";
      if (!out.empty() && random() % 4 == 0) out.pop_back();
      return out;
    };
    const std::string before = text();
    const std::string after = text();
    const Diff diff = UnifiedDiff(before, after, "a", "b");
    ASSERT_EQ(diff.unified.empty() ? before : Apply(before, diff.unified), after) << diff.unified;
    ASSERT_EQ(diff.added + diff.removed, FewestEdits(Lines(before), Lines(after)))
        << before << "---\n"
        << after;
  }
}

TEST(Diff, VeryDifferentTextsAreStillShownRight) {
  std::string before = "same head\n";
  std::string after = "same head\n";
  for (int i = 0; i < 20'000; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  const Diff diff = UnifiedDiff(before, after, "a", "b");
  EXPECT_TRUE(diff.is_coarse);
  EXPECT_EQ(Apply(before, diff.unified), after);
}

}  // namespace
}  // namespace weir
