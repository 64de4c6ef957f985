// Payment cards and bank accounts: the ranges that issuers and countries have, and the check
// digits.

#include <array>
#include <span>
#include <string>

#include "redact/chars.h"
#include "redact/checks.h"
#include "redact/detectors.h"

namespace weir::redact {
namespace {

// Groups of digits as they are printed on cards; the one without blanks is handled apart.
constexpr std::array<uint8_t, 4> kFourFours = {4, 4, 4, 4};
constexpr std::array<uint8_t, 5> kNineteen = {4, 4, 4, 4, 3};
constexpr std::array<uint8_t, 3> kAmex = {4, 6, 5};
constexpr std::array<uint8_t, 3> kDiners = {4, 6, 4};

constexpr size_t kMinCardDigits = 13;
constexpr size_t kMaxCardDigits = 19;

// A range of first digits, all of the same number of places, and the lengths it comes in.
struct Issuer {
  int from, to;
  size_t min, max;
};
constexpr Issuer kIssuers[] = {
    {4, 4, 13, 19},       {51, 55, 16, 16},     {2221, 2720, 16, 16}, {34, 34, 15, 15},
    {37, 37, 15, 15},     {6011, 6011, 16, 19}, {644, 649, 16, 19},   {65, 65, 16, 19},
    {3528, 3589, 16, 19}, {300, 305, 14, 19},   {36, 36, 14, 19},     {38, 39, 14, 19},
    {62, 62, 16, 19},     {5018, 5018, 13, 19}, {5020, 5020, 13, 19}, {5038, 5038, 13, 19},
    {6304, 6304, 13, 19}, {6759, 6759, 13, 19}, {6761, 6763, 13, 19},
};

int FirstDigits(std::string_view digits, int like) {
  int value = 0;
  for (size_t i = 0; like > 0 && i < digits.size(); ++i, like /= 10)
    value = value * 10 + (digits[i] - '0');
  return value;
}

bool IsCardNumber(std::string_view digits) {
  for (const Issuer& issuer : kIssuers) {
    if (digits.size() < issuer.min || digits.size() > issuer.max) continue;
    // Visa's lengths have nothing between.
    if (issuer.from == 4 && digits.size() % 3 != 1) continue;
    const int first = FirstDigits(digits, issuer.from);
    if (first >= issuer.from && first <= issuer.to) return LuhnHolds(digits);
  }
  return false;
}

// The length in bytes of digits in these groups with `separator` between; 0 when they are not.
size_t GroupedLength(std::string_view text, std::span<const uint8_t> groups, char separator,
                     std::string* digits) {
  digits->clear();
  size_t at = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i > 0) {
      if (at >= text.size() || text[at] != separator) return 0;
      ++at;
    }
    if (RunLength(text.substr(at), IsDigit, groups[i] + 1U) != groups[i]) return 0;
    digits->append(text.substr(at, groups[i]));
    at += groups[i];
  }
  return at;
}

// Part of a longer number: 1.4111..., 4111...-22.
bool IsInsideNumber(const View& view, size_t n) {
  const std::string_view before = view.before;
  if (before.size() >= 2 && (before.ends_with('.') || before.ends_with('-')) &&
      IsWord(before[before.size() - 2])) {
    return true;
  }
  // A telephone number: +49 4111...
  std::string_view country =
      before.substr(0, before.size() - TrailingRun(before, IsBlank, 1).size());
  country.remove_suffix(TrailingRun(country, IsDigit, 3).size());
  if (country.ends_with('+')) return true;
  const std::string_view rest = view.line.substr(n);
  return rest.size() >= 2 && (rest[0] == '.' || rest[0] == '-') && IsWord(rest[1]);
}

Match CardOf(const View& view, size_t n, std::string_view digits) {
  const bool is_card = EndsWordAt(view, n) && !IsInsideNumber(view, n) && IsCardNumber(digits);
  return is_card ? Match{Kind::kCardNumber, n} : Match{};
}

}  // namespace

Match MatchCardNumber(const View& view) {
  const size_t run = RunLength(view.line, IsDigit, kMaxCardDigits + 1);
  if (run >= kMinCardDigits && run <= kMaxCardDigits)
    return CardOf(view, run, view.line.substr(0, run));
  if (run != 4 || run >= view.line.size()) return {};
  const char separator = view.line[run];
  if (separator != ' ' && separator != '-') return {};
  constexpr std::array<std::span<const uint8_t>, 4> kGroupings = {
      std::span<const uint8_t>(kNineteen), kFourFours, kAmex, kDiners};
  std::string digits;
  for (const std::span<const uint8_t> groups : kGroupings) {
    const size_t n = GroupedLength(view.line, groups, separator, &digits);
    if (n == 0) continue;
    if (const Match match = CardOf(view, n, digits); match.size > 0) return match;
  }
  return {};
}

Match MatchIban(const View& view) {
  if (view.line.size() < 15 || !IsDigit(view.line[2]) || !IsDigit(view.line[3])) return {};
  const size_t length = IbanLength(view.line);
  if (length == 0) return {};
  std::string iban;
  size_t at = 0;
  // Blanks only where they are printed, after every fourth character.
  for (; at < view.line.size() && iban.size() < length; ++at) {
    const char c = view.line[at];
    if (c == ' ' && !iban.empty() && iban.size() % 4 == 0 && view.line[at - 1] != ' ') continue;
    if (!IsUpperOrDigit(c)) return {};
    iban.push_back(c);
  }
  const bool is_iban = EndsWordAt(view, at) && IbanHolds(iban);
  return is_iban ? Match{Kind::kIban, at} : Match{};
}

}  // namespace weir::redact
