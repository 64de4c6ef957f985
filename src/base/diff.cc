#include "base/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace weir {
namespace {

constexpr int kMaxEdits = 1500;  // the trace takes kMaxEdits^2 * 4 bytes: 9 MB
constexpr int kContextLines = 3;

// Lines with their line ends, so that a missing or different end is a difference.
std::vector<std::string_view> LinesWithEnds(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t length = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

enum class Op : char { kKeep = ' ', kRemove = '-', kAdd = '+' };

using Ids = std::vector<int>;

// The edit script that turns a into b, or empty with *too_far when it takes more than kMaxEdits.
std::vector<Op> Myers(const Ids& a, const Ids& b, bool* too_far) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  const int max_d = std::min(n + m, kMaxEdits);
  // furthest[k + max_d + 1]: how far into `a` a path on diagonal k = x - y gets.
  std::vector<int> furthest(2 * static_cast<size_t>(max_d) + 3, 0);
  std::vector<std::vector<int>> trace;  // before step d: diagonals -d..d
  const auto at = [&](int k) -> int& {
    return furthest[static_cast<size_t>(ptrdiff_t{k} + max_d + 1)];
  };
  int found_d = -1;
  for (int d = 0; d <= max_d && found_d < 0; ++d) {
    trace.emplace_back(furthest.begin() + (max_d + 1 - d - 1),
                       furthest.begin() + (max_d + 1 + d + 2));
    for (int k = -d; k <= d; k += 2) {
      int x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<size_t>(x)] == b[static_cast<size_t>(x - k)]) ++x;
      at(k) = x;
      if (x >= n && x - k >= m) {
        found_d = d;
        break;
      }
    }
  }
  *too_far = found_d < 0;
  if (*too_far) return {};
  std::vector<Op> script;
  int x = n;
  int y = m;
  for (int d = found_d; d > 0; --d) {
    const std::vector<int>& row = trace[static_cast<size_t>(d)];  // row[k + d + 1]
    const auto before = [&](int k) {
      const int i = k + d + 1;
      return row[static_cast<size_t>(i)];
    };
    const int k = x - y;
    const bool down = k == -d || (k != d && before(k - 1) < before(k + 1));
    const int from_k = down ? k + 1 : k - 1;
    const int from_x = before(from_k);
    const int from_y = from_x - from_k;
    while (x > from_x && y > from_y && (down ? x > from_x : x > from_x + 1)) {
      script.push_back(Op::kKeep);
      --x;
      --y;
    }
    script.push_back(down ? Op::kAdd : Op::kRemove);
    x = from_x;
    y = from_y;
  }
  script.insert(script.end(), static_cast<size_t>(x), Op::kKeep);
  std::reverse(script.begin(), script.end());
  return script;
}

std::vector<Op> EditScript(const std::vector<std::string_view>& before,
                           const std::vector<std::string_view>& after, bool* is_coarse) {
  std::unordered_map<std::string_view, int> ids;
  const auto number = [&](const std::vector<std::string_view>& lines, size_t begin, size_t end) {
    Ids out;
    for (size_t i = begin; i < end; ++i) {
      out.push_back(ids.emplace(lines[i], static_cast<int>(ids.size())).first->second);
    }
    return out;
  };
  size_t head = 0;
  const size_t shorter = std::min(before.size(), after.size());
  while (head < shorter && before[head] == after[head]) ++head;
  size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  const Ids a = number(before, head, before.size() - tail);
  const Ids b = number(after, head, after.size() - tail);
  std::vector<Op> middle = Myers(a, b, is_coarse);
  if (*is_coarse) {
    middle.assign(a.size(), Op::kRemove);
    middle.insert(middle.end(), b.size(), Op::kAdd);
  }
  std::vector<Op> script(head, Op::kKeep);
  script.insert(script.end(), middle.begin(), middle.end());
  script.insert(script.end(), tail, Op::kKeep);
  return script;
}

void AppendLine(std::string& out, Op op, std::string_view line) {
  out += static_cast<char>(op);
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

// "12" or "12,3"; a range of no lines names the line before it.
std::string Range(size_t first, size_t count) {
  if (count == 1) return std::to_string(first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

}  // namespace

Diff UnifiedDiff(std::string_view before_text, std::string_view after_text,
                 std::string_view before_name, std::string_view after_name) {
  Diff diff;
  if (before_text == after_text) return diff;
  const auto before = LinesWithEnds(before_text);
  const auto after = LinesWithEnds(after_text);
  const std::vector<Op> script = EditScript(before, after, &diff.is_coarse);
  diff.unified = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
  size_t i = 0;       // into script
  size_t line_a = 0;  // into before, at script[i]
  size_t line_b = 0;
  while (i < script.size()) {
    if (script[i] == Op::kKeep) {
      ++i, ++line_a, ++line_b;
      continue;
    }
    // A hunk: from kContextLines before this change until 2 * kContextLines lines are unchanged.
    const size_t lead = std::min<size_t>(kContextLines, std::min(i, std::min(line_a, line_b)));
    size_t end = i;
    size_t kept = 0;
    for (size_t j = i; j < script.size() && kept <= 2 * kContextLines; ++j) {
      kept = script[j] == Op::kKeep ? kept + 1 : 0;
      if (kept == 0) end = j + 1;
    }
    end = std::min(script.size(), end + kContextLines);
    std::string body;
    const size_t first_a = line_a - lead;
    const size_t first_b = line_b - lead;
    line_a = first_a;
    line_b = first_b;
    for (size_t j = i - lead; j < end; ++j) {
      AppendLine(body, script[j], script[j] == Op::kAdd ? after[line_b] : before[line_a]);
      if (script[j] != Op::kAdd) ++line_a;
      if (script[j] != Op::kRemove) ++line_b;
      diff.added += script[j] == Op::kAdd ? 1 : 0;
      diff.removed += script[j] == Op::kRemove ? 1 : 0;
    }
    diff.unified += fmt::format("@@ -{} +{} @@\n{}", Range(first_a, line_a - first_a),
                                Range(first_b, line_b - first_b), body);
    i = end;
  }
  return diff;
}

}  // namespace weir
