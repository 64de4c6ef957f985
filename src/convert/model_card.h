#pragma once
// What the README.md of a published model says about its licence.

#include <string>

#include "gguf/metadata_builder.h"

namespace weir::convert {

// Adds general.license, general.license.name and general.license.link as the head of the folder's
// README.md has them ("license: other" between two lines of "---"). A card that is missing or
// without them adds nothing.
void AddModelCard(const std::string& folder, gguf::MetadataBuilder& metadata);

}  // namespace weir::convert
