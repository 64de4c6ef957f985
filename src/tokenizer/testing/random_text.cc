#include "tokenizer/testing/random_text.h"

#include <array>
#include <string_view>

#include "tokenizer/testing/judge.h"
#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::tokenizer {
namespace {

constexpr std::array<std::string_view, 40> kIdioms = {
    " ",   "  ", "   ", "\n",         "\r",  "\r\n", "\n\n",   "\t",     "\t\t",   "\v",
    "'s",  "'S", "'re", "'Re",        "'ll", "'lL",  "'v",     "'",      "'T",     "'d",
    "'m",  "'x", "it",  "a",          "1",   "12",   "345",    "678",    "...",    "!?",
    "(x)", "=",  "-",   "<|im_end|>", "ſ",   "'ſ",   "\u0085", "\u00a0", "\u2028", "\u3000"};

char32_t RandomCodePoint(std::mt19937& random) {
  constexpr std::array<char32_t, 6> kLimits = {0x80, 0x250, 0x3000, 0xFFFF, 0x20000, 0x10FFFF};
  while (true) {
    const auto value = static_cast<char32_t>(random() % (kLimits[random() % kLimits.size()] + 1));
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    if (!DiffersInPcre2(value)) return value;
  }
}

}  // namespace

bool DiffersInPcre2(char32_t value) {
  static const RegexJudge unassigned(R"(\p{Cn})");
  if (value < 0x300) return false;
  if (value == 0x180E) return true;
  if ((unicode::ClassOf(value) & unicode::kPrintable) == 0) return false;
  std::string text;
  unicode::Append(value, &text);
  return unassigned.Matches(text);
}

std::string RandomUnicode(std::mt19937& random, int max_parts) {
  std::string text;
  for (int n = static_cast<int>(random() % (max_parts + 1)); n > 0; --n) {
    switch (random() % 4) {
      case 0:
        unicode::Append(RandomCodePoint(random), &text);
        break;
      case 1:
        text.push_back(static_cast<char>(random() % 128));
        break;
      default:
        text += kIdioms[random() % kIdioms.size()];
    }
  }
  return text;
}

std::string RandomBytes(std::mt19937& random, int max_bytes) {
  constexpr std::string_view kTelling =
      "\x80\xBF\xC2\xC3\xE0\xE2\xED\xEF\xF0\xF4\xFF\xA0\x82\xAC \na'";
  std::string text;
  for (int n = static_cast<int>(random() % (max_bytes + 1)); n > 0; --n) {
    text.push_back(random() % 2 == 0 ? static_cast<char>(random())
                                     : kTelling[random() % kTelling.size()]);
  }
  return text;
}

}  // namespace weir::tokenizer
