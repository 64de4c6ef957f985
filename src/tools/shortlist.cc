#include "tools/shortlist.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_set>
#include <utility>

#include "tools/text.h"

namespace weir::tools {

extern const std::string_view kShortlistTsv;  // models/shortlist.tsv, embedded by CMake

namespace {

constexpr size_t kMaxRequestBytes = 64 << 10;
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kOpening = "([{<";
constexpr std::string_view kClosing = ".,;:!?)]}>";
constexpr std::string_view kNone = "none";
// What a certain kinship with a learnt tool adds, where a rare shared word adds about 2.5.
constexpr double kKin = 6;

// Words that say nothing about which tool is meant. They are compared with stems.
const std::unordered_set<std::string_view>& StopWords() {
  static const std::unordered_set<std::string_view> kWords = {
      "an",    "and",   "are",  "as",   "at",   "be",    "by",    "can",  "could",  "do",
      "does",  "for",   "from", "get",  "give", "has",   "have",  "hey",  "hi",     "how",
      "if",    "in",    "into", "is",   "it",   "its",   "just",  "let",  "me",     "my",
      "need",  "now",   "of",   "ok",   "on",   "one",   "or",    "our",  "please", "should",
      "show",  "so",    "some", "tell", "that", "the",   "their", "them", "then",   "there",
      "these", "this",  "to",   "up",   "use",  "want",  "was",   "we",   "what",   "when",
      "where", "which", "who",  "will", "with", "would", "you",   "your"};
  return kWords;
}

struct QuotePair {
  std::string_view open;
  std::string_view close;
};
constexpr auto kQuotes = std::to_array<QuotePair>({
    {"\"", "\""},
    {"`", "`"},
    {"'", "'"},
    {"\xE2\x80\x9C", "\xE2\x80\x9D"},  // U+201C U+201D
    {"\xE2\x80\x9E", "\xE2\x80\x9C"},  // U+201E U+201C
    {"\xC2\xAB", "\xC2\xBB"},          // U+00AB U+00BB
    {"\xE2\x80\x98", "\xE2\x80\x99"},  // U+2018 U+2019
    {"\xE3\x80\x8C", "\xE3\x80\x8D"},  // U+300C U+300D
});

bool Holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }
bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsSmall(char c) { return c >= 'a' && c <= 'z'; }
char Lower(char c) { return IsCapital(c) ? static_cast<char>(c + 32) : c; }
bool IsWordByte(char c) { return IsAsciiDigit(c) || IsCapital(c) || IsSmall(c) || (c & 0x80) != 0; }

void AppendWord(std::string_view run, std::vector<std::string>* words) {
  std::string word(run);
  std::transform(word.begin(), word.end(), word.begin(), Lower);
  if (std::all_of(word.begin(), word.end(), IsAsciiDigit)) {
    words->push_back("<num>");
  } else if (word.size() > 1) {
    words->push_back(Stem(word));
  }
}

// Rule 4 of the README.
void PlainWords(std::string_view text, std::vector<std::string>* words) {
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool in_word = i < text.size() && IsWordByte(text[i]);
    const bool is_boundary = in_word && i > begin && IsCapital(text[i]) &&
                             (IsSmall(text[i - 1]) || IsAsciiDigit(text[i - 1]));
    if (in_word && !is_boundary) continue;
    if (i > begin) AppendWord(text.substr(begin, i - begin), words);
    begin = in_word ? i : i + 1;
  }
}

// Rule 3: <file> and perhaps an extension. False when the text does not look like a file.
bool FileWords(std::string_view text, std::vector<std::string>* words) {
  const size_t dot = text.rfind('.');
  if (dot != std::string_view::npos && dot > 0) {
    std::string extension(text.substr(dot + 1));
    const bool plain = !extension.empty() && extension.size() <= 5 &&
                       std::all_of(extension.begin(), extension.end(), [](char c) {
                         return IsAsciiDigit(c) || IsCapital(c) || IsSmall(c);
                       });
    if (plain && !std::all_of(extension.begin(), extension.end(), IsAsciiDigit)) {
      std::transform(extension.begin(), extension.end(), extension.begin(), Lower);
      words->push_back("<file>");
      words->push_back("." + extension);
      return true;
    }
  }
  if (text.find_first_of("/\\") == std::string_view::npos && !text.starts_with('~')) return false;
  words->push_back("<file>");
  return true;
}

// Rule 2: one stretch without blanks.
void TokenWords(std::string_view token, std::vector<std::string>* words) {
  while (!token.empty() && Holds(kOpening, token.front())) token.remove_prefix(1);
  while (!token.empty() && Holds(kClosing, token.back())) token.remove_suffix(1);
  if (token.empty()) return;
  std::string_view bare = token;
  while (bare.ends_with('=')) bare.remove_suffix(1);
  if (token.find_first_not_of("0123456789.,+-*/^%()=x") == std::string_view::npos &&
      bare.find_first_of("+-*/^%") != std::string_view::npos) {
    words->push_back("<op>");
    return;
  }
  if (!FileWords(token, words)) PlainWords(token, words);
}

void StretchWords(std::string_view plain, std::vector<std::string>* words) {
  while (!plain.empty()) {
    const size_t begin = plain.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return;
    const size_t end = std::min(plain.find_first_of(kBlanks, begin), plain.size());
    TokenWords(plain.substr(begin, end - begin), words);
    plain.remove_prefix(end);
  }
}

struct Quotation {
  std::string_view content;
  size_t end = 0;  // just behind the closer
};

// Rule 1: the quotation that opens at `at`, if one does.
std::optional<Quotation> QuotationAt(std::string_view text, size_t at) {
  if (at > 0 && !Holds(kBlanks, text[at - 1]) && !Holds(kOpening, text[at - 1])) return {};
  for (const QuotePair& quote : kQuotes) {
    if (!text.substr(at).starts_with(quote.open)) continue;
    const size_t begin = at + quote.open.size();
    for (size_t close = text.find(quote.close, begin); close != std::string_view::npos;
         close = text.find(quote.close, close + 1)) {
      const size_t behind = close + quote.close.size();
      if (behind < text.size() && !Holds(kBlanks, text[behind]) && !Holds(kClosing, text[behind])) {
        continue;
      }
      if (close == begin) return {};
      return Quotation{text.substr(begin, close - begin), behind};
    }
    return {};
  }
  return {};
}

std::vector<std::string> Distinct(std::vector<std::string> words) {
  std::unordered_set<std::string> seen;
  std::erase_if(words, [&](const std::string& word) { return !seen.insert(word).second; });
  return words;
}

// A tool's stems and what each is worth.
using ToolWords = std::vector<std::pair<std::string, double>>;

void AddToolWords(std::string_view text, double value, ToolWords* words) {
  std::vector<std::string> stems;
  PlainWords(text, &stems);
  for (std::string& stem : stems) {
    if (stem.starts_with('<') || StopWords().contains(stem)) continue;
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
    if (word.starts_with('<') || word.starts_with('.') || StopWords().contains(word)) continue;
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

std::string Stem(std::string_view word) {
  constexpr size_t kMinLeft = 4;
  for (const std::string_view ending : {"ing", "ed", "es", "s", "ly"}) {
    if (word.ends_with(ending) && word.size() - ending.size() >= kMinLeft) {
      return std::string(word.substr(0, word.size() - ending.size()));
    }
  }
  return std::string(word);
}

std::vector<std::string> RequestWords(std::string_view text) {
  std::vector<std::string> words;
  size_t begin = 0;  // of what stands since the last quotation
  size_t at = 0;
  while (at < text.size()) {
    const std::optional<Quotation> quotation = QuotationAt(text, at);
    if (!quotation) {
      ++at;
      continue;
    }
    StretchWords(text.substr(begin, at - begin), &words);
    if (!FileWords(quotation->content, &words)) words.push_back("<quoted>");
    at = begin = quotation->end;
  }
  StretchWords(text.substr(begin), &words);
  return words;
}

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
  PlainWords(tool.name, &words);
  PlainWords(tool.description, &words);
  const std::vector<double> own = Shares(Distinct(std::move(words)));
  const auto none = static_cast<size_t>(columns_.at(std::string(kNone)));
  double both = 0;
  for (size_t i = 0; i < own.size(); ++i) both += i == none ? 0 : own[i] * shares[i];
  return both;
}

std::vector<Ranked> Shortlist::Rank(std::string_view request,
                                    std::span<const chat::ToolDefinition> tools) const {
  const std::vector<std::string> words =
      Distinct(RequestWords(ClipUtf8(request, kMaxRequestBytes)));
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
