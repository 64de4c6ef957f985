#include "schema/keyword_readers.h"

#include <map>
#include <string>

#include "schema/pointer.h"

namespace weir::schema {
namespace {

Result<KindSet> KindNamed(std::string_view place, const json::Json& name) {
  static const std::map<std::string, KindSet, std::less<>> kNames = {
      {"null", kNull},       {"boolean", kBoolean},
      {"integer", kInteger}, {"number", kInteger | kFraction},
      {"string", kString},   {"array", kArray},
      {"object", kObject}};
  const auto it = name.is_string() ? kNames.find(name.get<std::string>()) : kNames.end();
  if (it == kNames.end()) return Malformed(place, "type", "the name of a JSON type", name);
  return it->second;
}

}  // namespace

tl::unexpected<Error> Malformed(std::string_view place, std::string_view key,
                                std::string_view expected, const json::Json& found) {
  return MakeError(ErrorCode::kInvalidArgument, "keyword '{}' at {} must be {}, found {}", key,
                   Place(place), expected, json::Dump(found).substr(0, 100));
}

Result<KindSet> ReadKinds(std::string_view place, const json::Json& value) {
  if (!value.is_array()) return KindNamed(place, value);
  if (value.empty()) return Malformed(place, "type", "a type or a non-empty list of types", value);
  KindSet kinds = 0;
  for (const json::Json& name : value) {
    ASSIGN_OR_RETURN(const KindSet kind, KindNamed(place, name));
    kinds |= kind;
  }
  return kinds;
}

Result<int64_t> ReadCount(std::string_view place, std::string_view key, const json::Json& value) {
  constexpr std::string_view kExpected = "a whole number from 0";
  if (KindOf(value) != kInteger) return Malformed(place, key, kExpected, value);
  const Decimal decimal = ToDecimal(value);
  if (decimal.negative) return Malformed(place, key, kExpected, value);
  constexpr Decimal kLargest{false, 1, 15};
  if (Compare(decimal, kLargest) >= 0) return kNoLimit;
  int64_t count = static_cast<int64_t>(decimal.digits);
  for (int i = 0; i < decimal.exponent; ++i) count *= 10;
  return count;
}

Result<Decimal> ReadNumber(std::string_view place, std::string_view key, const json::Json& value) {
  if ((KindOf(value) & (kInteger | kFraction)) == 0) {
    return Malformed(place, key, "a number", value);
  }
  return ToDecimal(value);
}

Result<Decimal> ReadStep(std::string_view place, std::string_view key, const json::Json& value) {
  ASSIGN_OR_RETURN(const Decimal step, ReadNumber(place, key, value));
  if (step.negative || step.digits == 0) return Malformed(place, key, "a number above 0", value);
  return step;
}

void Tighten(std::optional<Bound>& bound, const Bound& other, int side) {
  if (bound) {
    const int order = side * Compare(other.value, bound->value);
    if (order < 0 || (order == 0 && bound->exclusive)) return;
  }
  bound = other;
}

}  // namespace weir::schema
