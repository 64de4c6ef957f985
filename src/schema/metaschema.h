#pragma once
// The meta-schemas that schemas may refer to, which describe what a schema looks like: drafts
// 2020-12 and 7. Written for Weir from the specifications; the published files are not needed.
// Internal to schema/. Any thread.

#include <string_view>

#include "json/json.h"

namespace weir::schema {

inline constexpr std::string_view kMetaschema2020Uri =
    "https://json-schema.org/draft/2020-12/schema";
// Each vocabulary of draft 2020-12 is a resource inside that document.
inline constexpr std::string_view kMetaVocabularyPrefix =
    "https://json-schema.org/draft/2020-12/meta/";
inline constexpr std::string_view kMetaschema7Uri = "http://json-schema.org/draft-07/schema";

// The document of one of the two URIs above; null for any other. Lives as long as the program.
const json::Json* BuiltinMetaschema(std::string_view uri);

}  // namespace weir::schema
