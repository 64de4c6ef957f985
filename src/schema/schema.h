#pragma once
// A subset of JSON Schema (2020-12), compiled once and used twice: Validate() checks a value, and
// grammar/ builds the mask that lets a model write only such values. docs/structured-output.md
// lists the keywords and where each is enforced.
//
// A keyword outside the subset is an error that names its place, never ignored: a tool whose
// constraints are not understood must not be offered as if they were. Annotations (title,
// description, default, examples, ..., x-*) are ignored.
// Immutable after Compile; any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "schema/decimal.h"
#include "schema/pattern.h"

namespace weir::schema {

// The kinds of JSON values, as bits. Numbers split into whole ones (1, 1.0, 1e3) and the others, so
// that `integer` is kInteger and `number` is kInteger | kFraction.
using KindSet = uint8_t;
inline constexpr KindSet kNull = 1;
inline constexpr KindSet kBoolean = 2;
inline constexpr KindSet kInteger = 4;
inline constexpr KindSet kFraction = 8;
inline constexpr KindSet kString = 16;
inline constexpr KindSet kArray = 32;
inline constexpr KindSet kObject = 64;
inline constexpr KindSet kAnyKind = 127;

// The kind of a value: exactly one bit; none for a number that is not finite, which no JSON text
// holds.
KindSet KindOf(const json::Json& value);

// JSON equality: numbers by value, objects without order.
bool Equal(const json::Json& a, const json::Json& b);

inline constexpr int64_t kNoLimit = INT64_MAX;

struct Bound {
  Decimal value;
  bool exclusive = false;
};

// A range of counts, both ends included.
struct CountRange {
  int64_t min = 0;
  int64_t max = kNoLimit;
};

struct Property {
  std::string name;
  int node = 0;
  bool required = false;
};

// One subschema. Indices refer to Schema::nodes(); a `$ref` is the index of its target, so the
// graph may have cycles, though never through any_of alone.
struct Node {
  std::string pointer;  // where it stands in the document, such as "/properties/unit"

  // Not empty: the value is one of these and the rest of the node says nothing. With `exactly_one`
  // (oneOf) the alternatives are known to exclude one another.
  std::vector<int> any_of;
  bool exactly_one = false;

  KindSet kinds = kAnyKind;  // none for the schema `false`
  std::optional<std::vector<json::Json>>
      values;  // enum and const, already checked against the rest

  // Numbers.
  std::optional<Bound> minimum;
  std::optional<Bound> maximum;
  std::optional<Decimal> multiple_of;

  // Strings: length in code points.
  CountRange length;
  std::shared_ptr<const Pattern> pattern;  // shared with copies of the schema; may be null
  std::string format;

  // Arrays.
  std::vector<int> prefix_items;
  int items = 0;  // those after prefix_items
  CountRange n_items;
  bool unique_items = false;

  // Objects. Required names that `properties` does not declare follow the declared ones.
  std::vector<Property> properties;
  int additional = 0;                // every other property
  bool additional_declared = false;  // additionalProperties is given
  CountRange n_properties;
};

// `pointer` is the place in the value (RFC 6901), `message` the rule it breaks.
struct ValidationError {
  std::string pointer;
  std::string message;
};

class Schema {
 public:
  // `document` is an object or a boolean. Errors: kUnsupported (a keyword or form outside the
  // subset), kInvalidArgument (malformed), kResourceExhausted (too deep or too large); each names
  // the place.
  static Result<Schema> Compile(const json::Json& document);

  // Empty when `value` is valid; otherwise the first few errors.
  std::vector<ValidationError> Validate(const json::Json& value) const;

  // As Validate against one node of the schema.
  bool IsValid(int node, const json::Json& value) const;

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(int index) const { return nodes_[static_cast<size_t>(index)]; }
  int root() const { return root_; }

 private:
  friend class Compiler;
  Schema() = default;

  std::vector<Node> nodes_;
  int root_ = 0;
};

}  // namespace weir::schema
