#include "schema/decimal.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/check.h"

namespace weir::schema {
namespace {

__extension__ using Wide = unsigned __int128;

// Decimal digits of the largest uint64_t, so that two aligned numbers fit into a Wide.
constexpr int kMaxDigits = 20;

Decimal Normal(bool negative, uint64_t digits, int exponent) {
  if (digits == 0) return {};
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  return {negative, digits, exponent};
}

int CountDigits(uint64_t digits) {
  int n = 0;
  for (; digits != 0; digits /= 10) ++n;
  return n;
}

Wide TimesPower(uint64_t digits, int power) {
  Wide wide = digits;
  for (; power > 0; --power) wide *= 10;
  return wide;
}

// The shortest decimal that reads back as `value`.
Decimal FromDouble(double value) {
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  uint64_t digits = 0;
  int n_fraction = 0;
  bool after_point = false;
  size_t at = 0;
  for (; text[at] != 'e'; ++at) {
    if (text[at] == '.') {
      after_point = true;
      continue;
    }
    digits = digits * 10 + static_cast<uint64_t>(text[at] - '0');
    if (after_point) ++n_fraction;
  }
  ++at;                       // 'e'
  if (text[at] == '+') ++at;  // from_chars takes no plus
  int exponent = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), exponent);
  return Normal(std::signbit(value), digits, exponent - n_fraction);
}

int CompareMagnitude(const Decimal& a, const Decimal& b) {
  if (a.digits == 0 || b.digits == 0) return (a.digits != 0 ? 1 : 0) - (b.digits != 0 ? 1 : 0);
  const int a_point = CountDigits(a.digits) + a.exponent;
  const int b_point = CountDigits(b.digits) + b.exponent;
  if (a_point != b_point) return a_point < b_point ? -1 : 1;
  // Equally many digits before the point, so aligning appends fewer than kMaxDigits zeros.
  const int low = std::min(a.exponent, b.exponent);
  const Wide a_wide = TimesPower(a.digits, a.exponent - low);
  const Wide b_wide = TimesPower(b.digits, b.exponent - low);
  if (a_wide == b_wide) return 0;
  return a_wide < b_wide ? -1 : 1;
}

}  // namespace

Decimal ToDecimal(const json::Json& number) {
  if (number.is_number_unsigned()) return Normal(false, number.get<uint64_t>(), 0);
  if (number.is_number_integer()) {
    const auto value = number.get<int64_t>();
    const auto bits = static_cast<uint64_t>(value);
    return Normal(value < 0, value < 0 ? 0 - bits : bits, 0);
  }
  CHECK(number.is_number_float() && std::isfinite(number.get<double>()));
  return FromDouble(number.get<double>());
}

int Compare(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int magnitude = CompareMagnitude(a, b);
  return a.negative ? -magnitude : magnitude;
}

bool IsMultiple(const Decimal& value, const Decimal& step) {
  if (value.digits == 0) return true;
  // Neither has trailing zeros, so a finer value is never a multiple of a coarser step.
  if (value.exponent < step.exponent) return false;
  Wide rest = value.digits % step.digits;
  for (int i = value.exponent; i > step.exponent && rest != 0; --i) rest = rest * 10 % step.digits;
  return rest == 0;
}

std::string ToString(const Decimal& value) {
  const std::string sign = value.negative ? "-" : "";
  std::string digits = fmt::format("{}", value.digits);
  if (value.exponent > kMaxDigits || value.exponent < -kMaxDigits) {
    return fmt::format("{}{}e{}", sign, digits, value.exponent);
  }
  if (value.exponent >= 0) return sign + digits + std::string(value.exponent, '0');
  const auto n_fraction = static_cast<size_t>(-value.exponent);
  if (digits.size() <= n_fraction) digits.insert(0, n_fraction + 1 - digits.size(), '0');
  return sign + digits.substr(0, digits.size() - n_fraction) + "." +
         digits.substr(digits.size() - n_fraction);
}

}  // namespace weir::schema
