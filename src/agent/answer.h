#pragma once
// Judgements about a model's text that must not be left to the model. Pure; any thread.

#include <string_view>

namespace weir::agent {

// True when the text asks the person something: its last character that is no white space is a
// question mark.
bool IsQuestion(std::string_view text);

// True when a request asks what the assistant can do: the registry knows, a small model does not.
bool AsksForAbilities(std::string_view request);

}  // namespace weir::agent
