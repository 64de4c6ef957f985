#pragma once
// Which tool is meant where the model and the scorer differ.
//
// Both are opinions with a strength: the model's is the log-odds of another tool at the token where
// the names part, the scorer's the log-odds of its scores. The sum decides, as in a product of
// experts (Hinton 2002); a close sum is a question to the person. Pure; any thread.

#include <span>
#include <string>

#include "agent/model_client.h"
#include "chat/message.h"
#include "tools/shortlist.h"

namespace weir::agent {

struct ToolChoice {
  enum class Kind {
    kKeep,    // what the model called
    kSwitch,  // `tool` instead
    kAsk,     // the person says whether it is what the model called or `tool`
  };
  Kind kind = Kind::kKeep;
  std::string tool{};
};

// Weighs the first call of `reply` against every offered tool. `ranked` indexes `all`; `offered`
// names what the model could have chosen. kKeep where the profile's scorer_weight is 0, the reply
// holds no call, or the client does not know the odds of other tools.
ToolChoice ChooseTool(const ModelReply& reply, std::span<const chat::ToolDefinition> offered,
                      std::span<const chat::ToolDefinition> all,
                      std::span<const tools::Ranked> ranked, const ModelProfile& profile);

}  // namespace weir::agent
