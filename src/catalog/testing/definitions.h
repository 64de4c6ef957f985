#pragma once
// Real-looking definitions of strangers' tools, and random changes of them, for tests.

#include <random>
#include <string>
#include <vector>

#include "json/json.h"

namespace weir::catalog::testing {

// A dozen definitions as servers send them in tools/list, all members in use.
std::vector<json::Json> SampleTools();

// The same value with the members of every object in another random order.
json::Json Reordered(const json::Json& value, std::mt19937& random);

// `text` with random white space where JSON allows it.
std::string WithWhiteSpace(const json::Json& value, std::mt19937& random);

// One random change of one pinned member of a tool, never none: a value changed, a member added or
// taken away, a list's items swapped, a character slipped in. `what` says which.
json::Json Mutated(const json::Json& tool, std::mt19937& random, std::string* what);

}  // namespace weir::catalog::testing
