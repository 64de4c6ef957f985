#pragma once
// Readers for the values of keywords, shared by the compiler of the subset and that of the full
// validator. `place` names the subschema in errors (kInvalidArgument), as schema/pointer.h does.
// Internal to schema/. Pure; any thread.

#include <optional>
#include <string_view>

#include "base/result.h"
#include "schema/schema.h"

namespace weir::schema {

// "keyword 'minLength' at '/a' must be a whole number from 0, found -1".
tl::unexpected<Error> Malformed(std::string_view place, std::string_view key,
                                std::string_view expected, const json::Json& found);

// `type`: a name or a list of names.
Result<KindSet> ReadKinds(std::string_view place, const json::Json& value);

// A whole number from 0; kNoLimit where it is beyond any count.
Result<int64_t> ReadCount(std::string_view place, std::string_view key, const json::Json& value);

Result<Decimal> ReadNumber(std::string_view place, std::string_view key, const json::Json& value);

// `multipleOf`: a number above 0.
Result<Decimal> ReadStep(std::string_view place, std::string_view key, const json::Json& value);

// Keeps the tighter of two bounds; `side` is 1 for a minimum, -1 for a maximum.
void Tighten(std::optional<Bound>& bound, const Bound& other, int side);

}  // namespace weir::schema
