#pragma once
// Where the arguments of a call came from, told by their text: what the person wrote, what a tool's
// result said, or else the model. Pure; any thread.
//
// An argument is traced as a whole: a text by itself without white space around it, a number or
// truth value by the way JSON writes it. It came from a text in which it occurs letter for letter
// with no letter or digit right before or after it. What has fewer than 4 characters, or is a
// number of fewer than 3 digits, could be there by chance and counts as the model's own. So does
// what the model put together or reworded: origins tell copying, not influence.
// docs/formats/policy.md says what rules make of them.

#include <map>
#include <string>
#include <vector>

#include "chat/message.h"
#include "json/json.h"
#include "policy/call.h"

namespace weir::agent {

// The texts that arguments can have come from.
struct OriginTexts {
  std::vector<std::string> person;
  std::vector<std::string> tool_results;
};

// Those of a conversation. What the tool `asking_tool` returned are the person's own words.
OriginTexts TextsOf(const chat::Conversation& conversation, std::string_view asking_tool);

// By argument name, in the form of ProposedCall::origins, one entry each: every origin of any part
// of it. One that is in both the person's words and a tool's result has both, so that the stricter
// counts. Nested names that a tool's result holds count as from there too.
std::map<std::string, std::vector<policy::Origin>> OriginsOf(const json::Json& arguments,
                                                             const OriginTexts& texts);

}  // namespace weir::agent
