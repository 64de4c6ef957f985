#pragma once
// A schema prepared for the byte machine: what each value may begin with, how keys are spelled,
// which literals stand for an enum, how deep a value must nest at least.
//
// A Program is closed under "can be finished": a part that no value satisfies is refused at compile
// time or never offered, so a machine that follows it has no dead ends.
// Plain data, immutable once built; any thread.

#include <bitset>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammar/number_rule.h"
#include "grammar/span_index.h"
#include "grammar/syntax.h"
#include "schema/schema.h"

namespace weir::grammar {

inline constexpr int kNone = -1;
inline constexpr int kEndless = INT_MAX;       // height of a value that can not be finished
inline constexpr size_t kMaxProperties = 128;  // declared, per object
inline constexpr int kMaxFreeKeys = 64;        // undeclared, per object

// Some strings, sorted. A partly written one is a range [first, last) and its length so far.
struct LiteralSet {
  struct Position {
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t n_bytes = 0;

    bool operator==(const Position&) const = default;
  };

  std::vector<std::string> texts;  // ascending, all different, none empty

  Position Begin() const { return {0, static_cast<uint32_t>(texts.size()), 0}; }
  // Appends a byte; false (and no change) when no text continues with it.
  bool Extend(Position& position, char byte) const;
  // The text that is complete here: the first of the range, as the shortest one.
  bool IsComplete(const Position& position) const {
    return texts[position.first].size() == position.n_bytes;
  }
};

struct StringPlan {
  schema::CountRange length;  // code points
  size_t max_bytes = 0;
  int spans = kNone;  // index into Program::spans
};

struct ArrayPlan {
  std::vector<int> prefix;  // values
  int rest = kNone;         // value of every further item
  schema::CountRange n_items;

  int ValueAt(int64_t index) const {
    return index < static_cast<int64_t>(prefix.size()) ? prefix[static_cast<size_t>(index)] : rest;
  }
};

struct PropertyPlan {
  int value = kNone;
  bool required = false;
  bool spelled = false;  // has a key; without one it is never offered
};

struct ObjectPlan {
  char close = '}';                      // ')' for the arguments of a call
  std::vector<PropertyPlan> properties;  // in schema order
  LiteralSet keys;                       // `'name': `, or `name=` in a call
  std::vector<int> property_of_key;      // [keys]
  std::vector<std::string> names;        // of the properties, in schema order
  int additional = kNone;                // value of undeclared keys
};

struct ValuePlan {
  std::string pointer;      // in the schema
  std::string why;          // what contradicts itself here, if anything
  bool is_false = false;    // the schema `false`: never offered, and no error
  std::vector<int> any_of;  // values; not empty: the rest says nothing
  LiteralSet literals;      // enum, or True, False, None
  int string = kNone;       // indices into the vectors of Program
  int number = kNone;
  int array = kNone;
  int object = kNone;

  // Least nesting of a value: 0 for a scalar, 1 for a list without items.
  int height = kEndless;
  std::bitset<256> first;  // bytes that a value may begin with
};

struct ToolPlan {
  std::string name;
  std::vector<int> arguments;  // objects; more than one when the schema is an anyOf
};

struct Program {
  Syntax syntax = Syntax::kPython;
  bool schema_order = false;
  int max_depth = 16;
  int max_calls = 1;

  std::vector<ValuePlan> values;
  std::vector<StringPlan> strings;
  std::vector<NumberRule> numbers;
  std::vector<ArrayPlan> arrays;
  std::vector<ObjectPlan> objects;
  std::vector<int> array_heights;  // as ValuePlan::height
  std::vector<int> object_heights;
  std::vector<SpanIndex> spans;

  std::vector<ToolPlan> tools;
  LiteralSet tool_names;          // `name(`
  std::vector<int> tool_of_name;  // [tool_names]
  int root = kNone;               // a value; for JSON output

  // Whether a value of this plan fits at `depth` (0 is the arguments of a call, or a JSON root).
  bool Fits(int value, int depth) const {
    return value != kNone && values[static_cast<size_t>(value)].height <= max_depth - depth;
  }
};

}  // namespace weir::grammar
