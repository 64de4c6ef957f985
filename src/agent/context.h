#pragma once
// What the model is shown: the tools on offer, the text of results; and how its words become a
// proposed call. Pure; any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model_client.h"
#include "base/result.h"
#include "chat/message.h"
#include "policy/call.h"
#include "tools/execute.h"
#include "tools/registry.h"
#include "tools/shortlist.h"

namespace weir::agent {

chat::Message TextMessage(chat::Role role, std::string text);

std::vector<chat::ToolDefinition> Definitions(const tools::Registry& registry);

// All tools, or the scorer's best `profile.shortlist` of them for this request, in the order of
// `all`.
std::vector<chat::ToolDefinition> OfferedTools(std::vector<chat::ToolDefinition> all,
                                               const tools::Shortlist& shortlist,
                                               const ModelProfile& profile,
                                               std::string_view request);

// One line a tool, in the registry's own words.
std::string Abilities(const tools::Registry& registry);

policy::ProposedCall Propose(const tools::ToolEntry& entry, const chat::ToolCall& call);

// A tool result as the model gets to see it: first line and details, cut to the profile's size with
// a note.
std::string ResultForModel(const tools::ToolResult& result, const ModelProfile& profile);

}  // namespace weir::agent
