#pragma once
// Numbers digit by digit: which byte may come next so that a number within its bounds can still
// become of it. Bounds and multipleOf hold exactly, because every number here has at most 15
// significant digits (16 for integers, up to 2^53 - 1) and is compared as a decimal.
//
//   number := [-] whole [ . digits ] [ e [+|-] digits ]     whole := 0 | nonzero digit { digit }
//
// The exponent only where neither bound nor multipleOf is given, two digits at most. Minus zero is
// never written. Immutable; any thread.

#include <array>
#include <cstdint>
#include <optional>

#include "schema/schema.h"

namespace weir::grammar {

// A number partly written.
struct NumberState {
  enum class Part : uint8_t { kNothing, kMinus, kWhole, kPoint, kFraction, kE, kESign, kExponent };
  Part part = Part::kNothing;
  bool negative = false;
  uint8_t n_whole = 0;     // digits before the point
  uint8_t n_fraction = 0;  // digits after it
  uint8_t n_exponent = 0;
  int64_t digits = 0;  // all of whole and fraction as one number

  bool operator==(const NumberState&) const = default;
};

class NumberRule {
 public:
  static constexpr int kFractionDigits = 15;
  static constexpr int kIntegerDigits = 16;

  // The numbers that `node` accepts, whole ones only when it lacks kFraction. `max_digits` bounds
  // the significant digits and is lower in tests only.
  explicit NumberRule(const schema::Node& node);
  NumberRule(const schema::Node& node, int max_digits);

  // False when there is no such number.
  bool satisfiable() const;

  // Whether `byte` may come next; advances when so.
  bool Step(NumberState& state, uint8_t byte) const;

  // Whether the number may end here.
  bool CanEnd(const NumberState& state) const;

 private:
  // Magnitudes with n digits after the point, as whole numbers (value * 10^n), both ends included.
  struct Range {
    int64_t low = 0;
    int64_t high = -1;
  };

  int MaxFraction(int n_whole) const;
  bool Holds(bool negative, int n_fraction, int64_t low, int64_t high) const;
  bool CanFinishWhole(const NumberState& state) const;
  bool CanFinishFraction(const NumberState& state) const;
  bool StepDigit(NumberState& state, int digit) const;
  bool StartsNegative() const;

  int max_digits_;
  bool whole_only_;
  bool free_;  // no bound, no multipleOf, fractions allowed
  std::array<std::array<Range, kIntegerDigits + 1>, 2> ranges_;  // [negative][n_fraction]
  std::array<int64_t, kIntegerDigits + 1> steps_;  // multiples of this only; 0: zero only
};

}  // namespace weir::grammar
