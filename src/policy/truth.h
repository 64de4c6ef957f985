#pragma once
// The tests of a condition on one value, and the three-valued logic they are joined with. Pure; any
// thread.

#include <string>

#include "json/json.h"
#include "policy/rule.h"

namespace weir::policy {

enum class Truth { kMet, kUnmet, kDoubtful };

inline Truth TruthOf(bool met) { return met ? Truth::kMet : Truth::kUnmet; }

// All tests must hold: unmet beats doubtful beats met.
inline Truth And(Truth a, Truth b) {
  if (a == Truth::kUnmet || b == Truth::kUnmet) return Truth::kUnmet;
  return a == Truth::kDoubtful ? a : b;
}

// The same test over several values: met by all, unmet by all (and by no value at all), or in
// doubt.
class Tally {
 public:
  void Add(Truth truth) {
    truth_ = is_empty_ || truth == truth_ ? truth : Truth::kDoubtful;
    is_empty_ = false;
  }
  Truth truth() const { return is_empty_ ? Truth::kUnmet : truth_; }

 private:
  bool is_empty_ = true;
  Truth truth_ = Truth::kUnmet;
};

struct ArgumentValue {
  const json::Json& value;
  const std::string* normal_path = nullptr;  // null when it is no path argument
};

// Every test of the condition but `origin`.
Truth JudgeTests(const Condition& condition, const ArgumentValue& argument);

// The number, exactly: what an int64, a uint64 and a double hold.
long double NumberOf(const json::Json& value);

// Code points of a text.
int64_t CountCharacters(std::string_view text);

}  // namespace weir::policy
