#include "tools/shortlist.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "catalog/words.h"
#include "tools/text.h"

namespace weir::tools {

extern const std::string_view kShortlistTsv;  // models/shortlist.tsv, embedded by CMake

namespace {

constexpr size_t kMaxRequestBytes = 64 << 10;
constexpr std::string_view kNone = "none";
// What a certain kinship with a learnt tool adds, where a rare shared word adds about 2.5.
constexpr double kKin = 6;

std::vector<std::string> Distinct(std::vector<std::string> words) {
  std::unordered_set<std::string> seen;
  std::erase_if(words, [&](const std::string& word) { return !seen.insert(word).second; });
  return words;
}

// A tool's stems and what each is worth.
using ToolWords = std::vector<std::pair<std::string, double>>;

void AddToolWords(std::string_view text, double value, ToolWords* words) {
  std::vector<std::string> stems;
  catalog::AppendPlainWords(text, &stems);
  for (std::string& stem : stems) {
    if (stem.starts_with('<') || catalog::IsStopWord(stem)) continue;
    words->emplace_back(std::move(stem), value);
  }
}

ToolWords WordsOf(const chat::ToolDefinition& tool) {
  ToolWords words;
  AddToolWords(tool.name, 1.0, &words);
  AddToolWords(tool.description, 0.8, &words);
  if (!tool.parameters.is_object()) return words;
  const auto properties = tool.parameters.find("properties");
  if (properties == tool.parameters.end() || !properties->is_object()) return words;
  for (const auto& [name, schema] : properties->items()) AddToolWords(name, 0.6, &words);
  return words;
}

bool AreAlike(std::string_view a, std::string_view b) {
  constexpr size_t kMinPrefix = 5;
  if (a == b) return true;
  return std::min(a.size(), b.size()) >= kMinPrefix && (a.starts_with(b) || b.starts_with(a));
}

double ValueIn(const ToolWords& tool, std::string_view asked) {
  double best = 0;
  for (const auto& [word, value] : tool) {
    if (value > best && AreAlike(asked, word)) best = value;
  }
  return best;
}

// Of each tool, the summed rarity of the words that it shares with the request.
std::vector<double> Overlaps(const std::vector<std::string>& words,
                             std::span<const chat::ToolDefinition> tools) {
  std::vector<ToolWords> have;
  have.reserve(tools.size());
  for (const chat::ToolDefinition& tool : tools) have.push_back(WordsOf(tool));
  const auto n = static_cast<double>(tools.size());
  std::vector<double> sums(tools.size(), 0);
  for (const std::string& word : words) {
    if (word.starts_with('<') || word.starts_with('.') || catalog::IsStopWord(word)) continue;
    std::vector<double> values;
    values.reserve(have.size());
    for (const ToolWords& tool : have) values.push_back(ValueIn(tool, word));
    const auto df = std::count_if(values.begin(), values.end(), [](double v) { return v > 0; });
    if (df == 0) continue;
    const double rarity = std::log(1 + n / static_cast<double>(df));
    for (size_t i = 0; i < tools.size(); ++i) sums[i] += values[i] * rarity;
  }
  return sums;
}

std::vector<std::string_view> SplitTabs(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const size_t tab = line.find('\t');
    cells.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return cells;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace

Result<Shortlist> Shortlist::Builtin() { return Load(kShortlistTsv); }

Result<Shortlist> Shortlist::Load(std::string_view tsv) {
  Shortlist list;
  size_t number = 0;
  for (const std::string_view line : SplitLines(tsv)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const std::vector<std::string_view> cells = SplitTabs(line);
    if (list.columns_.empty()) {
      for (size_t i = 1; i < cells.size(); ++i) {
        list.columns_[std::string(cells[i])] = static_cast<int>(i) - 1;
      }
      if (!list.columns_.contains(std::string(kNone)) || list.columns_.size() != cells.size() - 1) {
        return MakeError(ErrorCode::kCorruptData,
                         "shortlist line {}: the columns need different names, one of them 'none'",
                         number);
      }
      continue;
    }
    std::vector<double> weights;
    for (size_t i = 1; i < cells.size(); ++i) {
      double weight = 0;
      const char* begin = cells[i].data();
      const char* end = begin + cells[i].size();
      const auto [stop, error] = std::from_chars(begin, end, weight);
      if (error != std::errc() || stop != end || !std::isfinite(weight)) {
        return MakeError(ErrorCode::kCorruptData, "shortlist line {}: '{}' is not a number", number,
                         cells[i]);
      }
      weights.push_back(weight);
    }
    if (weights.size() != list.columns_.size()) {
      return MakeError(ErrorCode::kCorruptData, "shortlist line {}: {} numbers for {} columns",
                       number, weights.size(), list.columns_.size());
    }
    if (cells[0] == "<prior>") {
      list.prior_ = std::move(weights);
    } else {
      list.rows_[std::string(cells[0])] = std::move(weights);
    }
  }
  if (list.prior_.empty()) {
    return MakeError(ErrorCode::kCorruptData, "the shortlist has no line of priors");
  }
  return list;
}

std::vector<double> Shortlist::Shares(const std::vector<std::string>& words) const {
  std::vector<double> shares = prior_;
  for (const std::string& word : words) {
    const auto row = rows_.find(word);
    if (row == rows_.end()) continue;
    for (size_t i = 0; i < shares.size(); ++i) shares[i] += row->second[i];
  }
  const double top = *std::max_element(shares.begin(), shares.end());
  double total = 0;
  for (double& share : shares) {
    share = std::exp(share - top);
    total += share;
  }
  for (double& share : shares) share /= total;
  return shares;
}

int Shortlist::ColumnOf(const chat::ToolDefinition& tool) const {
  const auto column = columns_.find(tool.name);
  return column == columns_.end() || tool.name == kNone ? -1 : column->second;
}

double Shortlist::Kinship(const chat::ToolDefinition& tool,
                          const std::vector<double>& shares) const {
  std::vector<std::string> words;
  catalog::AppendPlainWords(tool.name, &words);
  catalog::AppendPlainWords(tool.description, &words);
  const std::vector<double> own = Shares(Distinct(std::move(words)));
  const auto none = static_cast<size_t>(columns_.at(std::string(kNone)));
  double both = 0;
  for (size_t i = 0; i < own.size(); ++i) both += i == none ? 0 : own[i] * shares[i];
  return both;
}

std::vector<Ranked> Shortlist::Rank(std::string_view request,
                                    std::span<const chat::ToolDefinition> tools) const {
  const std::vector<std::string> words =
      Distinct(catalog::RequestWords(ClipUtf8(request, kMaxRequestBytes)));
  const std::vector<double> shares = Shares(words);
  const std::vector<double> overlaps = Overlaps(words, tools);
  std::vector<Ranked> ranked;
  for (size_t i = 0; i < tools.size(); ++i) {
    const int column = ColumnOf(tools[i]);
    const int index = static_cast<int>(i);
    if (column >= 0) {
      ranked.push_back({index, shares[static_cast<size_t>(column)], true});
    } else {
      const double s = overlaps[i] + kKin * Kinship(tools[i], shares);
      ranked.push_back({index, s / (s + 1), false});
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  return ranked;
}

}  // namespace weir::tools
