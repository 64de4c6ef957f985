#include "grammar/tool_grammar.h"

#include <algorithm>
#include <utility>

#include "grammar/program_builder.h"
#include "schema/schema.h"

namespace weir::grammar {
namespace {

constexpr size_t kMaxSpanSource = 64 << 10;

Status CheckOptions(const ToolGrammarOptions& options, bool has_tools) {
  if (options.max_calls < 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "max_calls is {}; at least 1 call must be allowed", options.max_calls);
  }
  if (options.max_depth < 1) {
    return MakeError(ErrorCode::kInvalidArgument, "max_depth is {}; arguments need at least 1",
                     options.max_depth);
  }
  if (!has_tools && (options.require_call || !options.allow_text)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a call is required but no tool is offered; offer one or allow text");
  }
  if (options.span_source.size() > kMaxSpanSource) {
    return MakeError(
        ErrorCode::kResourceExhausted,
        "the text whose spans may be used has {} bytes, at most {} are indexed; shorten "
        "it or allow free strings",
        options.span_source.size(), kMaxSpanSource);
  }
  return {};
}

Status CheckControls(const VocabIndex& vocab, const ToolGrammarOptions& options, bool has_tools) {
  const auto need = [](bool needed, std::optional<TokenId> id, std::string_view text) -> Status {
    if (!needed || id) return {};
    return MakeError(ErrorCode::kUnsupported,
                     "the vocabulary has no control token '{}', which the grammar needs", text);
  };
  const bool reasons = options.allow_reasoning || options.starts_in_reasoning;
  RETURN_IF_ERROR(need(true, vocab.im_end, "<|im_end|>"));
  RETURN_IF_ERROR(need(has_tools, vocab.call_start, "<|tool_call_start|>"));
  RETURN_IF_ERROR(need(has_tools, vocab.call_end, "<|tool_call_end|>"));
  RETURN_IF_ERROR(need(options.allow_reasoning, vocab.think, "<think>"));
  return need(reasons, vocab.end_think, "</think>");
}

// A tool without parameters takes none.
json::Json SchemaOf(const chat::ToolDefinition& tool) {
  return tool.parameters.is_null() ? json::Json{{"type", "object"}} : tool.parameters;
}

}  // namespace

Result<std::shared_ptr<const ToolGrammar>> ToolGrammar::Compile(
    const tokenizer::Vocab& vocab, std::span<const chat::ToolDefinition> tools,
    ToolGrammarOptions options) {
  return Compile(VocabIndex::Build(vocab), tools, std::move(options));
}

Result<std::shared_ptr<const ToolGrammar>> ToolGrammar::Compile(
    std::shared_ptr<const VocabIndex> vocab, std::span<const chat::ToolDefinition> tools,
    ToolGrammarOptions options) {
  RETURN_IF_ERROR(CheckOptions(options, !tools.empty()));
  RETURN_IF_ERROR(CheckControls(*vocab, options, !tools.empty()));
  ProgramBuilder builder({.syntax = Syntax::kPython,
                          .schema_order = options.schema_order,
                          .max_depth = options.max_depth,
                          .max_calls = options.max_calls,
                          .max_string_bytes = options.max_string_bytes,
                          .span_source = options.span_source});
  for (const chat::ToolDefinition& tool : tools) {
    const Result<schema::Schema> schema = schema::Schema::Compile(SchemaOf(tool));
    if (!schema) return MakeError(schema.error().WithContext("tool '" + tool.name + "'"));
    RETURN_IF_ERROR(builder.AddTool(tool.name, *schema));
  }
  std::shared_ptr<ToolGrammar> grammar(new ToolGrammar(std::move(vocab), std::move(options)));
  ASSIGN_OR_RETURN(grammar->program_, builder.Finish());
  return std::shared_ptr<const ToolGrammar>(std::move(grammar));
}

GrammarState::GrammarState(std::shared_ptr<const ToolGrammar> grammar)
    : grammar_(std::move(grammar)),
      phase_(grammar_->options().starts_in_reasoning ? Phase::kReasoning : Phase::kStart) {}

bool GrammarState::TextPermitted() const {
  switch (phase_) {
    case Phase::kStart:
      return grammar_->allows_text() ||
             (grammar_->options().text_before_call && grammar_->has_tools());
    case Phase::kReasoning:
    case Phase::kText:
      return true;
    default:
      return false;
  }
}

std::vector<TokenId> GrammarState::PermittedControls() const {
  const ToolGrammarOptions& options = grammar_->options();
  const VocabIndex& vocab = grammar_->vocab();
  std::vector<TokenId> controls;
  switch (phase_) {
    case Phase::kStart:
      if (options.allow_reasoning && !reasoned_) controls.push_back(*vocab.think);
      if (grammar_->has_tools()) controls.push_back(*vocab.call_start);
      break;
    case Phase::kReasoning:
      controls.push_back(*vocab.end_think);
      break;
    case Phase::kText:
      if (grammar_->allows_text()) controls.push_back(*vocab.im_end);
      if (options.text_before_call && grammar_->has_tools()) controls.push_back(*vocab.call_start);
      break;
    case Phase::kCalls:
      if (bytes_.IsComplete()) controls.push_back(*vocab.call_end);
      break;
    case Phase::kAfterCalls:
      controls.push_back(*vocab.im_end);
      break;
    case Phase::kDone:
      break;
  }
  return controls;
}

void GrammarState::FillMask(TokenMask& mask) const {
  mask.ClearAll();
  for (const TokenId id : PermittedControls()) mask.Set(id);
  if (TextPermitted()) mask.Union(grammar_->vocab().text());
  if (phase_ == Phase::kCalls) bytes_.AddPermitted(grammar_->vocab(), mask);
}

std::optional<TokenId> GrammarState::ForcedToken() const {
  if (TextPermitted()) return std::nullopt;  // a vocabulary has more than one text token
  std::vector<TokenId> permitted = PermittedControls();
  if (phase_ == Phase::kCalls && permitted.size() < 2) {
    const std::vector<TokenId> text = bytes_.FirstPermitted(grammar_->vocab(), 2);
    permitted.insert(permitted.end(), text.begin(), text.end());
  }
  return permitted.size() == 1 ? std::optional(permitted[0]) : std::nullopt;
}

bool GrammarState::Accept(TokenId id) {
  const std::vector<TokenId> controls = PermittedControls();
  if (std::find(controls.begin(), controls.end(), id) != controls.end()) {
    AcceptControl(id);
    return true;
  }
  const std::string_view bytes = grammar_->vocab().Bytes(id);
  if (bytes.empty()) return false;
  if (phase_ == Phase::kCalls) return bytes_.Accept(bytes);
  if (!TextPermitted()) return false;
  if (phase_ == Phase::kStart) phase_ = Phase::kText;
  return true;
}

// `id` is one of PermittedControls().
void GrammarState::AcceptControl(TokenId id) {
  const VocabIndex& vocab = grammar_->vocab();
  if (id == vocab.think) {
    phase_ = Phase::kReasoning;
  } else if (id == vocab.end_think) {
    reasoned_ = true;
    phase_ = Phase::kStart;
  } else if (id == vocab.call_start) {
    phase_ = Phase::kCalls;
    bytes_ = ByteState::Calls(grammar_->program());
  } else if (id == vocab.call_end) {
    phase_ = Phase::kAfterCalls;
    bytes_ = ByteState();
  } else {
    phase_ = Phase::kDone;
  }
}

}  // namespace weir::grammar
