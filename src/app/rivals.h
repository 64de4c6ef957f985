#pragma once
// Follows the tokens of a reply and tells how likely each other offered tool was where its name
// parts from the one that was written. Spelled by bytes, so that any segmentation counts.

#include <span>
#include <string>
#include <vector>

#include "agent/model_client.h"
#include "chat/message.h"
#include "engine/engine.h"
#include "tokenizer/vocab.h"

namespace weir::app {

// One reply; one thread. `tools` and `vocab` outlive it.
class Rivals {
 public:
  Rivals(std::span<const chat::ToolDefinition> tools, const tokenizer::Vocab& vocab);

  // Every event of the reply, in order.
  void OnToken(const engine::TokenEvent& event);

  // Of the first call, for every tool that is not the one called: log P(tool) - log P(called) at
  // the token where they part, before the grammar. A tool below the reported alternatives has the
  // least of them, an upper bound. A tool whose name parts at a forced token is left out.
  std::vector<agent::ToolOdds> Odds() const;

 private:
  struct Candidate {
    std::string tool;
    std::string text;   // "[name(", as the call begins
    bool alive = true;  // the reply still spells it
    bool known = false;
    float log_odds = 0;
  };
  void Part(Candidate& candidate, const engine::TokenEvent& event) const;

  const tokenizer::Vocab& vocab_;
  std::vector<Candidate> candidates_;
  bool in_call_ = false;
  bool done_ = false;
  std::string written_;  // since the marker of the first call
};

}  // namespace weir::app
