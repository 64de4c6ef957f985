#pragma once
// Checks that compute with the model: it goes on as is known of it, and calls a tool. Each gives
// one line of the report.

#include <stop_token>

#include "check/known_models.h"
#include "check/report.h"
#include "check/subject.h"
#include "engine/engine.h"

namespace weir::check {

// Tokens that an engine for these checks has room for.
inline constexpr int kBehaviourTokens = 768;

// The most likely tokens after a known prompt are the known ones. `known` as in
// vocabulary_checks.h. The subject's tokenizer can be used.
Finding CheckContinuation(const Subject& subject, const KnownModel* known, engine::Engine& engine,
                          const std::stop_token& stop);

// A conversation with one tool, a call made under its grammar, and the call parsed back: its name
// and arguments fit the tool. Holds by construction for every model, random ones too. The subject's
// tokenizer and prompt form can be used.
Finding CheckToolCall(const Subject& subject, engine::Engine& engine, const std::stop_token& stop);

}  // namespace weir::check
