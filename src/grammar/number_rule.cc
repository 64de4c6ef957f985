#include "grammar/number_rule.h"

#include <algorithm>
#include <initializer_list>

namespace weir::grammar {
namespace {

using schema::Bound;
using schema::Decimal;

constexpr int kMaxExponentDigits = 2;
constexpr int64_t kLargestInteger = (int64_t{1} << 53) - 1;  // every double below is exact
constexpr int64_t kHuge = INT64_MAX / 2;                     // beyond every number here
constexpr int kPowers = 19;

constexpr std::array<int64_t, kPowers> MakePowers() {
  std::array<int64_t, kPowers> powers = {};
  int64_t power = 1;
  for (int64_t& p : powers) {
    p = power;
    power *= power <= INT64_MAX / 10 ? 10 : 1;
  }
  return powers;
}
constexpr std::array<int64_t, kPowers> kPowerOfTen = MakePowers();

int64_t Power(int n) { return kPowerOfTen[static_cast<size_t>(n)]; }

// value * 10^n_fraction as a whole number, rounded down or up, at most `limit`. `value` >= 0.
int64_t Scaled(const Decimal& value, int n_fraction, bool up, int64_t limit) {
  if (value.digits == 0) return 0;
  const int exponent = value.exponent + n_fraction;
  const auto cap = static_cast<uint64_t>(limit);
  if (exponent >= 0) {
    uint64_t result = value.digits;
    for (int i = 0; i < exponent && result <= cap; ++i) result *= 10;
    return static_cast<int64_t>(std::min(result, cap));
  }
  uint64_t result = value.digits;
  bool rest = false;
  for (int i = exponent; i < 0 && result != 0; ++i) {
    rest = rest || result % 10 != 0;
    result /= 10;
  }
  return static_cast<int64_t>(std::min(result + (up && rest ? 1 : 0), cap));
}

// Whether value * 10^n_fraction is a whole number.
bool IsWhole(const Decimal& value, int n_fraction) {
  return value.exponent + n_fraction >= 0 || value.digits == 0;
}

// The multiples of `step` among n / 10^n_fraction are those whose n is a multiple of the result; 0
// when only zero is one.
int64_t StepOf(const std::optional<Decimal>& step, int n_fraction, int64_t limit) {
  if (!step) return 1;
  int exponent = step->exponent + n_fraction;
  uint64_t digits = step->digits;
  // n = k * digits * 10^exponent: with a negative exponent, cancel its twos and fives.
  for (int twos = -exponent; twos > 0 && digits % 2 == 0; --twos) digits /= 2;
  for (int fives = -exponent; fives > 0 && digits % 5 == 0; --fives) digits /= 5;
  for (; exponent > 0; --exponent) {
    if (digits > static_cast<uint64_t>(limit)) return 0;
    digits *= 10;
  }
  return digits > static_cast<uint64_t>(limit) ? 0 : static_cast<int64_t>(digits);
}

// Bounds apply to magnitudes: for negative numbers the maximum bounds them from below. A bound of
// the other sign either says nothing or leaves no number.
bool SameSide(const Bound& bound, bool negative) {
  return bound.value.digits == 0 || bound.value.negative == negative;
}

int64_t LowestMagnitude(const std::optional<Bound>& bound, bool negative, int n_fraction) {
  const int64_t least = negative ? 1 : 0;  // no minus zero
  if (!bound || !SameSide(*bound, negative)) return least;
  const bool skip = bound->exclusive && IsWhole(bound->value, n_fraction);
  return std::max(least, Scaled(bound->value, n_fraction, true, kHuge) + (skip ? 1 : 0));
}

int64_t HighestMagnitude(const std::optional<Bound>& bound, bool negative, int n_fraction) {
  if (!bound) return kHuge;
  if (!SameSide(*bound, negative)) return -1;
  const bool skip = bound->exclusive && IsWhole(bound->value, n_fraction);
  return Scaled(bound->value, n_fraction, false, kHuge) - (skip ? 1 : 0);
}

}  // namespace

NumberRule::NumberRule(const schema::Node& node)
    : NumberRule(node, (node.kinds & schema::kFraction) ? kFractionDigits : kIntegerDigits) {}

NumberRule::NumberRule(const schema::Node& node, int max_digits)
    : max_digits_(max_digits),
      whole_only_((node.kinds & schema::kFraction) == 0),
      free_(!whole_only_ && !node.minimum && !node.maximum && !node.multiple_of) {
  const int64_t limit = std::min(Power(max_digits) - 1, whole_only_ ? kLargestInteger : kHuge);
  for (int n_fraction = 0; n_fraction <= kIntegerDigits; ++n_fraction) {
    const auto f = static_cast<size_t>(n_fraction);
    steps_[f] = StepOf(node.multiple_of, n_fraction, limit);
    for (const bool negative : {false, true}) {
      const std::optional<Bound>& low = negative ? node.maximum : node.minimum;
      const std::optional<Bound>& high = negative ? node.minimum : node.maximum;
      ranges_[negative ? 1 : 0][f] = {
          LowestMagnitude(low, negative, n_fraction),
          std::min(limit, HighestMagnitude(high, negative, n_fraction))};
    }
  }
}

int NumberRule::MaxFraction(int n_whole) const { return whole_only_ ? 0 : max_digits_ - n_whole; }

// Whether a permitted magnitude with `n_fraction` digits after the point is in [low, high].
bool NumberRule::Holds(bool negative, int n_fraction, int64_t low, int64_t high) const {
  const Range& range = ranges_[negative ? 1 : 0][static_cast<size_t>(n_fraction)];
  low = std::max(low, range.low);
  high = std::min(high, range.high);
  if (low > high) return false;
  const int64_t step = steps_[static_cast<size_t>(n_fraction)];
  return step == 0 ? low == 0 : high / step * step >= low;
}

bool NumberRule::CanFinishWhole(const NumberState& state) const {
  // After a leading zero no digit follows before the point.
  const int most = state.digits == 0 ? 0 : max_digits_ - state.n_whole;
  for (int more = 0; more <= most; ++more) {
    const int n_fraction = MaxFraction(state.n_whole + more);
    const int64_t unit = Power(more + n_fraction);
    if (Holds(state.negative, n_fraction, state.digits * unit, (state.digits + 1) * unit - 1)) {
      return true;
    }
  }
  return false;
}

bool NumberRule::CanFinishFraction(const NumberState& state) const {
  const int n_fraction = MaxFraction(state.n_whole);
  const int64_t unit = Power(n_fraction - state.n_fraction);
  return Holds(state.negative, n_fraction, state.digits * unit, (state.digits + 1) * unit - 1);
}

bool NumberRule::StepDigit(NumberState& state, int digit) const {
  using Part = NumberState::Part;
  switch (state.part) {
    case Part::kWhole:
      if (state.digits == 0 || state.n_whole == max_digits_) return false;
      [[fallthrough]];
    case Part::kNothing:
    case Part::kMinus:
      state.part = Part::kWhole;
      ++state.n_whole;
      state.digits = state.digits * 10 + digit;
      return CanFinishWhole(state);
    case Part::kPoint:
    case Part::kFraction:
      if (state.n_fraction == MaxFraction(state.n_whole)) return false;
      state.part = Part::kFraction;
      ++state.n_fraction;
      state.digits = state.digits * 10 + digit;
      return CanFinishFraction(state);
    case Part::kE:
    case Part::kESign:
    case Part::kExponent:
      state.part = Part::kExponent;
      return ++state.n_exponent <= kMaxExponentDigits;
  }
  return false;
}

bool NumberRule::StartsNegative() const {
  for (int digit = 0; digit <= 9; ++digit) {
    NumberState state{.part = NumberState::Part::kMinus, .negative = true};
    if (StepDigit(state, digit)) return true;
  }
  return false;
}

bool NumberRule::satisfiable() const {
  for (int digit = 0; digit <= 9; ++digit) {
    NumberState state;
    if (StepDigit(state, digit)) return true;
  }
  return StartsNegative();
}

bool NumberRule::Step(NumberState& state, uint8_t byte) const {
  using Part = NumberState::Part;
  NumberState next = state;
  bool fits = false;
  if (byte >= '0' && byte <= '9') {
    fits = StepDigit(next, byte - '0');
  } else if (byte == '-' && state.part == Part::kNothing) {
    next.part = Part::kMinus;
    next.negative = true;
    fits = StartsNegative();
  } else if (byte == '.' && state.part == Part::kWhole) {
    next.part = Part::kPoint;
    fits = MaxFraction(state.n_whole) > 0 && CanFinishFraction(next);
  } else if ((byte == 'e' || byte == 'E') && free_) {
    next.part = Part::kE;
    fits = state.part != Part::kExponent && CanEnd(state);
  } else if ((byte == '+' || byte == '-') && state.part == Part::kE) {
    next.part = Part::kESign;
    fits = true;
  }
  if (fits) state = next;
  return fits;
}

bool NumberRule::CanEnd(const NumberState& state) const {
  using Part = NumberState::Part;
  switch (state.part) {
    case Part::kWhole:
      return Holds(state.negative, 0, state.digits, state.digits);
    case Part::kFraction:
      return Holds(state.negative, state.n_fraction, state.digits, state.digits);
    case Part::kExponent:
      return true;
    default:
      return false;
  }
}

}  // namespace weir::grammar
