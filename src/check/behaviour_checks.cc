#include "check/behaviour_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "chat/output_parser.h"
#include "grammar/tool_grammar.h"
#include "prompt/prompt.h"
#include "schema/schema.h"

namespace weir::check {
namespace {

using Events = std::vector<engine::TokenEvent>;

constexpr int kMaxCallTokens = 160;  // the longest call that the tool below permits needs fewer

Result<Events> Generate(engine::Engine& engine, engine::GenerateRequest request,
                        const std::stop_token& stop) {
  const std::unique_ptr<engine::Generation> generation = engine.Submit(std::move(request));
  const std::stop_callback on_stop(stop, [&] { generation->Cancel(); });
  Events events;
  while (std::optional<engine::TokenEvent> event = generation->Next())
    events.push_back(std::move(*event));
  const Result<engine::Summary>& summary = generation->Wait();
  if (!summary) return MakeError(summary.error());
  if (summary->reason == engine::StopReason::kCancelled)
    return MakeError(ErrorCode::kCancelled, "interrupted");
  return events;
}

// Logits that are not finite are the model's fault; a stop, or a context that is too short, says
// nothing of it.
Finding Failed(std::string subject, const Error& error) {
  if (error.code != ErrorCode::kCorruptData)
    return {Level::kUnknown, std::move(subject), "not computed: " + error.message};
  return {Level::kWrong, std::move(subject), error.message, "finite logits",
          "fetch or convert the model again"};
}

// ---- continuation ----

// How many of the most likely tokens after the probe are among those known.
Result<int> ProbeHits(const KnownModel& known, engine::Engine& engine,
                      const std::stop_token& stop) {
  engine::GenerateRequest request;
  request.prompt = known.probe;
  request.max_new_tokens = 1;
  request.n_alternatives = static_cast<int>(known.probe_top.size());
  ASSIGN_OR_RETURN(const Events events, Generate(engine, std::move(request), stop));
  int n_hits = 0;
  for (const engine::TokenEvent& event : events) {
    for (const engine::Alternative& found : event.alternatives)
      n_hits +=
          static_cast<int>(std::count(known.probe_top.begin(), known.probe_top.end(), found.id));
  }
  return n_hits;
}

Finding JudgeContinuation(const KnownModel& known, const std::vector<TokenId>& found, int n_hits) {
  const std::vector<TokenId>& expected = known.continuation;
  const size_t n_shorter = std::min(found.size(), expected.size());
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(n_shorter);
  const auto n_same = static_cast<size_t>(
      std::mismatch(found.begin(), end, expected.begin()).first - found.begin());
  std::string text =
      fmt::format("{} of the {} tokens known of {}", n_same, expected.size(), known.name);
  if (!known.probe.empty())
    text +=
        fmt::format(", and {} of the {} likeliest after a probe", n_hits, known.probe_top.size());
  const bool probe_fits =
      known.probe.empty() || 2 * n_hits > static_cast<int>(known.probe_top.size());
  if (2 * n_same < expected.size() || !probe_fits) {
    return {Level::kWarning, "continuation",
            text + fmt::format("; found {}", fmt::join(found, " ")),
            fmt::format("{}", fmt::join(expected, " ")),
            "nothing if it is a fine-tune; otherwise fetch or convert the model again"};
  }
  if (n_same < expected.size()) text += "; quantised weights may part from there";
  return {Level::kOk, "continuation", text};
}

// ---- tool call ----

chat::ToolDefinition ForecastTool() {
  const Result<json::Json> parameters = json::Parse(R"({
    "type": "object",
    "properties": {
      "city": {"type": "string", "minLength": 1, "maxLength": 12},
      "days": {"type": "integer", "minimum": 1, "maximum": 9},
      "metric": {"type": "boolean"}
    },
    "required": ["city", "days", "metric"]
  })");
  CHECK(parameters.has_value());
  return {.name = "get_forecast",
          .description = "Weather forecast for a city",
          .parameters = *parameters,
          .declared = {}};
}

chat::Conversation ForecastConversation() {
  chat::Message question;
  question.content = "What will the weather be in Lima in the next 3 days?";
  return {.messages = {question}, .tools = {ForecastTool()}};
}

Result<engine::GenerateRequest> CallRequest(const Subject& subject,
                                            const chat::Conversation& conversation) {
  const tokenizer::Tokenizer& tokenizer = *subject.tokenizer;
  ASSIGN_OR_RETURN(prompt::Rendered rendered, prompt::Render(*subject.family, conversation,
                                                             prompt::RenderOptions{}, &tokenizer));
  ASSIGN_OR_RETURN(
      std::shared_ptr<const grammar::ToolGrammar> compiled,
      grammar::ToolGrammar::Compile(tokenizer.vocab(), conversation.tools, {.require_call = true}));
  engine::GenerateRequest request;
  request.prompt = std::move(rendered.ids);
  request.mask = std::make_unique<grammar::GrammarState>(std::move(compiled));
  request.max_new_tokens = kMaxCallTokens;
  request.stop_ids = {*tokenizer.vocab().FindSpecial("<|im_end|>")};
  return request;
}

// Written and parsed as a client of the engine does it.
struct ParsedCall {
  std::string text;  // as the model wrote it
  chat::ParsedOutput output;
};

ParsedCall ParseBack(const tokenizer::Vocab& vocab, const Events& events,
                     const std::vector<chat::ToolDefinition>& tools) {
  chat::OutputParser parser({.tools = &tools, .markers_are_tokens = true});
  ParsedCall parsed;
  const auto add = [&](const std::vector<chat::Event>& parts) {
    for (const chat::Event& part : parts) parsed.output.Add(part);
  };
  for (const engine::TokenEvent& event : events) {
    const std::string_view piece = vocab.Piece(event.id);
    parsed.text += piece;
    add(vocab.IsSpecial(event.id) ? parser.PushSpecial(piece) : parser.Push(piece));
  }
  add(parser.Finish());
  return parsed;
}

// What is wrong with the parsed call; empty when nothing is.
std::string ComplaintAbout(const chat::ParsedOutput& output, const chat::ToolDefinition& tool) {
  if (!output.errors.empty()) return output.errors[0].message;
  if (output.calls.size() != 1) return fmt::format("{} calls", output.calls.size());
  if (output.calls[0].name != tool.name) return "a call of " + output.calls[0].name;
  const Result<schema::Schema> schema = schema::Schema::Compile(tool.parameters);
  if (!schema) return schema.error().message;
  const auto errors = schema->Validate(output.calls[0].arguments);
  return errors.empty() ? "" : errors[0].pointer + ": " + errors[0].message;
}

}  // namespace

Finding CheckContinuation(const Subject& subject, const KnownModel* known, engine::Engine& engine,
                          const std::stop_token& stop) {
  const model::Lfm2Dims& dims = engine.model().dims();
  if (known == nullptr || known->continuation.empty() || subject.IsSynthetic() ||
      known->n_layers != dims.n_layers || known->d_model != dims.d_model) {
    return {Level::kUnknown, "continuation", "none is known of this model"};
  }
  engine::GenerateRequest request;
  request.prompt = known->prompt;
  request.max_new_tokens = static_cast<int>(known->continuation.size());
  const Result<Events> events = Generate(engine, std::move(request), stop);
  if (!events) return Failed("continuation", events.error());
  std::vector<TokenId> found;
  for (const engine::TokenEvent& event : *events) found.push_back(event.id);
  Result<int> n_hits = 0;
  if (!known->probe.empty()) n_hits = ProbeHits(*known, engine, stop);
  if (!n_hits) return Failed("continuation", n_hits.error());
  return JudgeContinuation(*known, found, *n_hits);
}

Finding CheckToolCall(const Subject& subject, engine::Engine& engine, const std::stop_token& stop) {
  const chat::Conversation conversation = ForecastConversation();
  Result<engine::GenerateRequest> request = CallRequest(subject, conversation);
  if (!request) {
    return {Level::kWrong, "tool call", request.error().message, "a grammar for calls",
            "use a file of the LFM2 family with its own vocabulary"};
  }
  const Result<Events> events = Generate(engine, std::move(*request), stop);
  if (!events) return Failed("tool call", events.error());
  const ParsedCall parsed = ParseBack(subject.tokenizer->vocab(), *events, conversation.tools);
  const std::string complaint = ComplaintAbout(parsed.output, conversation.tools[0]);
  if (!complaint.empty()) {
    return {Level::kWrong, "tool call", fmt::format("{} from '{}'", complaint, parsed.text),
            "one call that fits the tool's schema", "report it: calls are valid by construction"};
  }
  const chat::ToolCall& call = parsed.output.calls[0];
  return {Level::kOk, "tool call",
          fmt::format("made under the grammar and parsed back: {} {}", call.name,
                      json::Dump(call.arguments))};
}

}  // namespace weir::check
