#pragma once
// How sure a model was of each call of a reply: the least probability, before the grammar, of a
// sampled token between the markers of the call's block. Forced tokens, which had no alternative,
// do not count; the calls of one block share what it came to. One reply; one thread.

#include <optional>
#include <span>
#include <vector>

#include "chat/output_parser.h"
#include "engine/engine.h"

namespace weir::app {

class CallConfidence {
 public:
  // A token and what the parser made of it, in order.
  void OnToken(const engine::TokenEvent& token, std::span<const chat::Event> events);
  // What the parser made of the end of the reply.
  void OnEnd(std::span<const chat::Event> events) { OnEvents(events); }

  // One entry a call that the parser told, in order; empty where nothing was sampled in its block.
  const std::vector<std::optional<double>>& calls() const { return calls_; }

 private:
  // True when a block began or ended.
  bool OnEvents(std::span<const chat::Event> events);

  bool in_block_ = false;
  std::optional<double> least_log_prob_;  // of the open block
  std::vector<std::optional<double>> calls_;
};

}  // namespace weir::app
