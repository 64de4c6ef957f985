#include "catalog/words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

namespace weir::catalog {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kOpening = "([{<";
constexpr std::string_view kClosing = ".,;:!?)]}>";

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

bool IsDigitByte(char c) { return c >= '0' && c <= '9'; }
bool Holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }
bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsSmall(char c) { return c >= 'a' && c <= 'z'; }
char Lower(char c) { return IsCapital(c) ? static_cast<char>(c + 32) : c; }
bool IsWordByte(char c) { return IsDigitByte(c) || IsCapital(c) || IsSmall(c) || (c & 0x80) != 0; }

void AppendWord(std::string_view run, std::vector<std::string>* words) {
  std::string word(run);
  std::transform(word.begin(), word.end(), word.begin(), Lower);
  if (std::all_of(word.begin(), word.end(), IsDigitByte)) {
    words->push_back("<num>");
  } else if (word.size() > 1) {
    words->push_back(Stem(word));
  }
}

// Rule 3: <file> and perhaps an extension. False when the text does not look like a file.
bool FileWords(std::string_view text, std::vector<std::string>* words) {
  const size_t dot = text.rfind('.');
  if (dot != std::string_view::npos && dot > 0) {
    std::string extension(text.substr(dot + 1));
    const bool plain = !extension.empty() && extension.size() <= 5 &&
                       std::all_of(extension.begin(), extension.end(), [](char c) {
                         return IsDigitByte(c) || IsCapital(c) || IsSmall(c);
                       });
    if (plain && !std::all_of(extension.begin(), extension.end(), IsDigitByte)) {
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
  if (!FileWords(token, words)) AppendPlainWords(token, words);
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

// Rule 4 of the README.
void AppendPlainWords(std::string_view text, std::vector<std::string>* words) {
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool in_word = i < text.size() && IsWordByte(text[i]);
    const bool is_boundary = in_word && i > begin && IsCapital(text[i]) &&
                             (IsSmall(text[i - 1]) || IsDigitByte(text[i - 1]));
    if (in_word && !is_boundary) continue;
    if (i > begin) AppendWord(text.substr(begin, i - begin), words);
    begin = in_word ? i : i + 1;
  }
}

bool IsStopWord(std::string_view stem) { return StopWords().contains(stem); }

std::vector<std::string> SplitName(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsWordByte(name[i])) {
      end_word();
      continue;
    }
    const bool is_boundary =
        i > 0 && IsCapital(name[i]) && (IsSmall(name[i - 1]) || IsDigitByte(name[i - 1]));
    if (is_boundary) end_word();
    word += Lower(name[i]);
  }
  end_word();
  return words;
}

}  // namespace weir::catalog
