#pragma once
// What the agent needs of a model, wherever it runs: the local engine is one, an OpenAI-compatible
// endpoint another.

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chat/message.h"

namespace weir::agent {

// How a model is best used; chosen by what the model is, not by the person.
struct ModelProfile {
  std::string system_text;          // first message, if any
  int shortlist = 0;                // offer only the scorer's best few tools; 0 offers all
  bool single_call = false;         // one call a request; the tool's own first line is the answer
  bool copies_spans = false;        // string arguments are spans of the person's request
  size_t max_result_bytes = 16384;  // of a tool result that the model gets to see
  // How much the scorer's log-odds count beside the model's own in choosing between tools; 0: not
  // at all. A lead below question_margin, either way, becomes a question to the person.
  float scorer_weight = 0;
  float question_margin = 0;
};

enum class CallMode {
  kAllowed,   // text or calls
  kRequired,  // calls only
  kNone,      // text only
};

struct ModelRequest {
  chat::Conversation conversation;  // with the tools offered in this turn
  CallMode calls = CallMode::kAllowed;
  std::string span_source;  // non-empty: string arguments must be spans of this text
  std::string only_tool{};  // non-empty: the one tool of the conversation that may be called
};

// How likely another tool was: log P(tool) - log P(called), before the grammar.
struct ToolOdds {
  std::string tool;
  float log_odds = 0;
};

// What a model said, with the classes kept apart.
struct ModelReply {
  chat::Message message;            // role assistant: content, thinking, tool_calls, sampled_ids
  std::vector<std::string> errors;  // calls that could not be read, each with its place
  bool cut = false;                 // ended by a length limit

  // Natural-log probability, before the grammar, of the first step (call or text) and the least of
  // the call's sampled tokens; empty when the client does not know them.
  std::optional<double> first_log_prob;
  std::optional<double> least_log_prob;
  // Of each call of `message`, in order: how sure the model was, 0 to 1. The least probability,
  // before the grammar, of a sampled token of its name and arguments (of the whole block, when
  // several calls stand in one). Empty entries, and a shorter list, where it is not known.
  std::vector<std::optional<double>> call_confidence{};
  // Of the first call, the tools that it could have named instead; empty when not known.
  std::vector<ToolOdds> rivals{};

  int n_prompt = 0;
  int n_reused = 0;
  int n_generated = 0;
  int64_t total_us = 0;
};

enum class StreamClass { kReasoning, kAnswer };
using StreamSink = std::function<void(StreamClass, std::string_view text)>;

class ModelClient {
 public:
  virtual ~ModelClient() = default;
  virtual const ModelProfile& profile() const = 0;
  // Blocks until the reply is whole. Error kCancelled within one token of a stop. One caller at a
  // time.
  virtual Result<ModelReply> Complete(const ModelRequest& request, const StreamSink& sink,
                                      std::stop_token stop) = 0;
};

}  // namespace weir::agent
