#include "tools/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace weir::tools {
namespace {

constexpr char32_t kRawByte = 0xDC00;  // kRawByte + byte stands for a byte that is not UTF-8

struct Composed {
  char32_t base;
  char32_t mark;
  char32_t letter;
};
// Lower-case letters with the combining marks that file names meet in practice.
constexpr auto kComposed = std::to_array<Composed>({
    {'a', 0x300, 0xE0},    {'a', 0x301, 0xE1},    {'a', 0x302, 0xE2},    {'a', 0x303, 0xE3},
    {'a', 0x308, 0xE4},    {'a', 0x30A, 0xE5},    {'c', 0x327, 0xE7},    {'e', 0x300, 0xE8},
    {'e', 0x301, 0xE9},    {'e', 0x302, 0xEA},    {'e', 0x308, 0xEB},    {'i', 0x300, 0xEC},
    {'i', 0x301, 0xED},    {'i', 0x302, 0xEE},    {'i', 0x308, 0xEF},    {'n', 0x303, 0xF1},
    {'o', 0x300, 0xF2},    {'o', 0x301, 0xF3},    {'o', 0x302, 0xF4},    {'o', 0x303, 0xF5},
    {'o', 0x308, 0xF6},    {'u', 0x300, 0xF9},    {'u', 0x301, 0xFA},    {'u', 0x302, 0xFB},
    {'u', 0x308, 0xFC},    {'y', 0x301, 0xFD},    {'y', 0x308, 0xFF},    {'a', 0x306, 0x103},
    {'a', 0x328, 0x105},   {'c', 0x301, 0x107},   {'c', 0x30C, 0x10D},   {'d', 0x30C, 0x10F},
    {'e', 0x328, 0x119},   {'e', 0x30C, 0x11B},   {'g', 0x306, 0x11F},   {'n', 0x301, 0x144},
    {'n', 0x30C, 0x148},   {'o', 0x30B, 0x151},   {'r', 0x30C, 0x159},   {'s', 0x301, 0x15B},
    {'s', 0x327, 0x15F},   {'s', 0x30C, 0x161},   {'t', 0x30C, 0x165},   {'u', 0x30A, 0x16F},
    {'u', 0x30B, 0x171},   {'z', 0x301, 0x17A},   {'z', 0x307, 0x17C},   {'z', 0x30C, 0x17E},
    {0x438, 0x306, 0x439}, {0x435, 0x308, 0x451}, {0x3B1, 0x301, 0x3AC}, {0x3B5, 0x301, 0x3AD},
    {0x3B7, 0x301, 0x3AE}, {0x3B9, 0x301, 0x3AF}, {0x3BF, 0x301, 0x3CC}, {0x3C5, 0x301, 0x3CD},
    {0x3C9, 0x301, 0x3CE},
});

char32_t FoldLatinExtended(char32_t c) {
  // Latin Extended-A: pairs of upper and lower, with the parity changing twice.
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xFF;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1) != 0 ? c + 1 : c;
  if (c >= 0x100 && c <= 0x177 && c != 0x131 && c != 0x138) return c | 1;
  return c;
}

char32_t FoldCodePoint(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c <= 0xFF) return c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 32 : c;
  if (c <= 0x17F) return FoldLatinExtended(c);
  if (c >= 0x1E00 && c <= 0x1EFF) return c <= 0x1E95 || c >= 0x1EA0 ? c | 1 : c;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 32;
  if (c == 0x3C2) return 0x3C3;  // final sigma
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F)) {
    return c | 1;
  }
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if (c >= 0xFF21 && c <= 0xFF3A) return c + 32;  // full-width Latin
  return c;
}

std::u32string Folded(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t c = FoldCodePoint(TakeCodePoint(text));
    if (c >= 0x300 && c <= 0x36F && !out.empty()) {
      const auto* found = std::find_if(kComposed.begin(), kComposed.end(), [&](const Composed& x) {
        return x.base == out.back() && x.mark == c;
      });
      if (found != kComposed.end()) {
        out.back() = found->letter;
        continue;
      }
    }
    out.push_back(c);
  }
  return out;
}

bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }

// Length of the run of digits at `at`, and the run without leading zeros.
std::u32string_view DigitRun(std::u32string_view text, size_t at, size_t* length) {
  size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  *length = end - at;
  size_t begin = at;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return text.substr(begin, end - begin);
}

int NaturalCompare(std::u32string_view a, std::u32string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      size_t length_a = 0;
      size_t length_b = 0;
      const auto run_a = DigitRun(a, i, &length_a);
      const auto run_b = DigitRun(b, j, &length_b);
      if (run_a.size() != run_b.size()) return run_a.size() < run_b.size() ? -1 : 1;
      if (const int order = run_a.compare(run_b); order != 0) return order;
      i += length_a;
      j += length_b;
      continue;
    }
    if (a[i] != b[j]) return a[i] < b[j] ? -1 : 1;
    ++i;
    ++j;
  }
  if (i < a.size()) return 1;
  return j < b.size() ? -1 : 0;
}

// True when a file may be named so but a person can not see it.
bool IsInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C || c == 0x115F ||
         c == 0x1160 || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xFFF0 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF) ||
         (c >= 0xD800 && c <= 0xDFFF);
}

}  // namespace

char32_t TakeCodePoint(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t lead = byte(0);
  size_t length = 0;
  char32_t value = 0;
  char32_t smallest = 0;
  if (lead < 0x80) {
    text.remove_prefix(1);
    return lead;
  }
  if (lead >= 0xC2 && lead <= 0xDF) length = 2, value = lead & 0x1F, smallest = 0x80;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3, value = lead & 0x0F, smallest = 0x800;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4, value = lead & 0x07, smallest = 0x10000;
  bool valid = length != 0 && text.size() >= length;
  for (size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    value = value << 6 | (byte(i) & 0x3F);
  }
  if (!valid || value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    text.remove_prefix(1);
    return kRawByte + lead;
  }
  text.remove_prefix(length);
  return value;
}

void AppendUtf8(std::string& text, char32_t c) {
  const auto push = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c >= kRawByte && c <= kRawByte + 0xFF) {
    push(c - kRawByte);
  } else if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | c >> 6);
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3F));
    push(0x80 | (c >> 6 & 0x3F));
    push(0x80 | (c & 0x3F));
  }
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = TakeCodePoint(text);
    if (c >= kRawByte && c <= kRawByte + 0xFF) return false;
  }
  return true;
}

std::string FoldCase(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; })) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : Folded(text)) AppendUtf8(out, c);
  return out;
}

bool NaturalLess(std::string_view a, std::string_view b) {
  const int order = NaturalCompare(Folded(a), Folded(b));
  return order != 0 ? order < 0 : a < b;
}

bool GlobMatch(std::string_view pattern_text, std::string_view name_text) {
  const std::u32string pattern = Folded(pattern_text);
  const std::u32string name = Folded(name_text);
  size_t p = 0;
  size_t n = 0;
  size_t star = std::u32string::npos;  // the last '*', to which a mismatch goes back
  size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::u32string::npos && name[star_name] != '/') {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

int EditDistance(std::string_view a_text, std::string_view b_text, int limit) {
  const std::u32string a = Folded(a_text);
  const std::u32string b = Folded(b_text);
  const auto difference = static_cast<int>(a.size()) - static_cast<int>(b.size());
  if (std::abs(difference) > limit) return limit + 1;
  std::vector<int> before(b.size() + 1);
  std::vector<int> previous(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return std::min(previous[b.size()], limit + 1);
}

std::vector<std::string> NearNames(std::string_view name,
                                   const std::vector<std::string>& candidates, size_t max_names) {
  const std::string folded = FoldCase(name);
  const int limit = folded.size() <= 4 ? 1 : 2;
  std::vector<std::pair<int, const std::string*>> near;
  for (const std::string& candidate : candidates) {
    const std::string other = FoldCase(candidate);
    int distance = EditDistance(folded, other, limit);
    // "report" was probably meant to be "report.pdf".
    if (distance > limit && folded.size() >= 3 && other.starts_with(folded)) distance = limit;
    if (distance > limit && other.size() >= 3 && folded.starts_with(other)) distance = limit;
    if (distance <= limit) near.emplace_back(distance, &candidate);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (size_t i = 0; i < near.size() && i < max_names; ++i) names.push_back(*near[i].second);
  return names;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kNoBreak = "\xC2\xA0";
  for (bool again = true; again;) {
    again = false;
    const size_t begin = text.find_first_not_of(" \t\r\n\v\f");
    if (begin == std::string_view::npos) return {};
    text = text.substr(begin, text.find_last_not_of(" \t\r\n\v\f") - begin + 1);
    if (text.starts_with(kNoBreak)) text.remove_prefix(2), again = true;
    if (text.ends_with(kNoBreak)) text.remove_suffix(2), again = true;
  }
  return text;
}

std::string Latin1ToUtf8(std::string_view bytes) {
  // 0x80 to 0x9F as Windows-1252 has them; 0 where it has none.
  static constexpr std::array<char32_t, 32> kWindows = {
      0x20AC, 0,      0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0,      0x17D,  0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0,      0x17E,  0x178};
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char byte : bytes) {
    char32_t c = static_cast<unsigned char>(byte);
    if (c >= 0x80 && c <= 0x9F && kWindows[c - 0x80] != 0) c = kWindows[c - 0x80];
    AppendUtf8(out, c);
  }
  return out;
}

std::string_view ClipUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string Count(int64_t n, std::string_view singular, std::string_view plural) {
  if (n == 1) return fmt::format("1 {}", singular);
  return plural.empty() ? fmt::format("{} {}s", n, singular) : fmt::format("{} {}", n, plural);
}

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1000) return Count(bytes, "byte");
  static constexpr std::array<std::string_view, 5> kUnits = {"KB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string JoinAnd(const std::vector<std::string>& items) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

std::string EscapeForDisplay(std::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t c = TakeCodePoint(text);
    if (c >= kRawByte && c <= kRawByte + 0xFF) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c - kRawByte));
    } else if (keep_newlines && (c == '\n' || c == '\t')) {
      AppendUtf8(out, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (IsInvisible(c)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
    } else {
      AppendUtf8(out, c);
    }
  }
  return out;
}

}  // namespace weir::tools
