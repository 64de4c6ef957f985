#pragma once
// Checks of the tokenizer in a model file. Each gives one line of the report.

#include "check/known_models.h"
#include "check/report.h"
#include "check/subject.h"

namespace weir::check {

// As many tokens as the embedding has rows, and a tokenizer that can be used; names its
// fingerprint. `known` is what FindByVocabulary found, or null; here and below.
Finding CheckVocabulary(const Subject& subject, const KnownModel* known);

// Texts whose ids are published have these ids.
Finding CheckTokenIds(const Subject& subject, const KnownModel* known);

// The tokens of turns, calls and reasoning are there, and of a kind that no text can forge.
Finding CheckSpecials(const Subject& subject);

}  // namespace weir::check
