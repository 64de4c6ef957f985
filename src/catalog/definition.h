#pragma once
// One tool as its server declares it in a `tools/list` result: checked and bounded, nothing
// changed. Values; any thread.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::catalog {

struct Definition {
  std::string name;
  std::string title;                   // may be empty
  std::string description;             // may be empty
  json::Json input_schema;             // an object
  json::Json output_schema = nullptr;  // an object, or null
  json::Json annotations = nullptr;    // an object, or null
  // What a pin covers: those of name, title, description, inputSchema, outputSchema and
  // annotations that are declared, as they are declared.
  json::Json pinned = json::Json::object();
};

// Errors name the tool (as far as it has a name), the member, the expected and the found. Refused:
// a name outside the protocol's rule, a member of the wrong type, a schema or text that is too
// large, names of arguments and fixed values with characters that nobody can see, numbers that
// have no canonical form.
Result<Definition> ReadDefinition(const json::Json& tool);

// The canonical bytes of `pinned` (RFC 8785): what is compared, hashed and kept.
Result<std::string> CanonicalDefinition(const Definition& definition);

// SHA-256 (hex) over the canonical JSON of {definition, program}: changes with every pinned member
// and with the program, not with the order of keys or white space.
std::string PinDigest(std::string_view canonical_definition, std::string_view program_hash);

// A pinned definition (`pinned`, or what CanonicalDefinition made) as lines for a person: a heading
// a member, its text or JSON beneath it, every line of a stranger behind "  | ", the rest of one
// that is too long behind "  > ", everything escaped. Two different definitions never read the
// same.
std::string DefinitionText(const json::Json& pinned);

}  // namespace weir::catalog
