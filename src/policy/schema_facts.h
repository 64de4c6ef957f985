#pragma once
// What a tool's JSON Schema says about one argument, for telling at load what can never match.
//
// Only what is certain counts: behind $ref, anyOf and other keywords that are not read here
// everything is possible. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"
#include "policy/call.h"
#include "policy/pointer.h"
#include "policy/rule.h"

namespace weir::policy {

// The values that one place of the arguments can have.
struct ValueFacts {
  bool may_be_text = true;
  bool may_be_number = true;
  bool may_be_fraction = true;  // a number that is not whole
  bool may_be_boolean = true;
  bool may_be_list = true;
  bool may_be_object = true;
  const json::Json* values = nullptr;             // the list of its `enum`; null: any
  std::optional<json::Json> min, max;             // of a number
  std::optional<int64_t> min_length, max_length;  // of a text in characters
  std::optional<int64_t> min_items, max_items;    // of a list

  // "a whole number", "a text", "one of sum, average", ...
  std::string Text() const;
};

struct Lookup {
  bool exists = true;                // false: no call that fits the schema has this place
  ValueFacts facts;                  // refer to the tool's schema
  std::string missing;               // the part that is not there
  std::vector<std::string> instead;  // names that are
};

Lookup LookUp(const KnownTool& tool, const ArgumentPointer& pointer);

// A test of a condition that no value of the place can meet.
struct Impossible {
  std::string test;  // its key in the file, "glob" and the like
  std::string why;   // a clause: "argument 'seconds' of tool 'fetch' is a whole number"
};

// The first impossible test of the condition for that tool.
std::optional<Impossible> FindImpossible(const Condition& condition, const KnownTool& tool);

// Whether the place can have this scalar. Used for single options of one-of.
bool IsPossible(const Wanted& wanted, const ValueFacts& facts);

}  // namespace weir::policy
