#include "grammar/json_grammar.h"

#include <utility>
#include <vector>

#include "grammar/program_builder.h"
#include "schema/schema.h"

namespace weir::grammar {

Result<std::shared_ptr<const JsonGrammar>> JsonGrammar::Compile(
    std::shared_ptr<const VocabIndex> vocab, const json::Json& schema,
    const JsonGrammarOptions& options) {
  const bool reasons = options.allow_reasoning || options.starts_in_reasoning;
  if (!vocab->im_end || (options.allow_reasoning && !vocab->think) ||
      (reasons && !vocab->end_think)) {
    return MakeError(
        ErrorCode::kUnsupported,
        "the vocabulary lacks <|im_end|>, <think> or </think>, which the grammar needs");
  }
  ASSIGN_OR_RETURN(const schema::Schema compiled, schema::Schema::Compile(schema));
  ProgramBuilder builder({.syntax = Syntax::kJson,
                          .schema_order = options.schema_order,
                          .max_depth = options.max_depth,
                          .max_calls = 0,
                          .max_string_bytes = options.max_string_bytes,
                          .span_source = {}});
  RETURN_IF_ERROR(builder.SetRoot(compiled));
  std::shared_ptr<JsonGrammar> grammar(new JsonGrammar(std::move(vocab), options));
  ASSIGN_OR_RETURN(grammar->program_, builder.Finish());
  return std::shared_ptr<const JsonGrammar>(std::move(grammar));
}

JsonState::JsonState(std::shared_ptr<const JsonGrammar> grammar)
    : grammar_(std::move(grammar)),
      phase_(grammar_->options().starts_in_reasoning ? Phase::kReasoning : Phase::kStart),
      bytes_(ByteState::Value(grammar_->program())) {}

std::optional<TokenId> JsonState::PermittedControl() const {
  const VocabIndex& vocab = grammar_->vocab();
  switch (phase_) {
    case Phase::kStart:
      return grammar_->options().allow_reasoning && !reasoned_ ? vocab.think : std::nullopt;
    case Phase::kReasoning:
      return vocab.end_think;
    case Phase::kValue:
      return bytes_.IsComplete() ? vocab.im_end : std::nullopt;
    case Phase::kDone:
      break;
  }
  return std::nullopt;
}

void JsonState::FillMask(TokenMask& mask) const {
  mask.ClearAll();
  if (const std::optional<TokenId> control = PermittedControl()) mask.Set(*control);
  if (phase_ == Phase::kReasoning) mask.Union(grammar_->vocab().text());
  if (InValue()) bytes_.AddPermitted(grammar_->vocab(), mask);
}

std::optional<TokenId> JsonState::ForcedToken() const {
  if (phase_ == Phase::kReasoning) return std::nullopt;  // many text tokens
  std::vector<TokenId> permitted;
  if (InValue()) permitted = bytes_.FirstPermitted(grammar_->vocab(), 2);
  if (const std::optional<TokenId> control = PermittedControl()) permitted.push_back(*control);
  return permitted.size() == 1 ? std::optional(permitted[0]) : std::nullopt;
}

bool JsonState::Accept(TokenId id) {
  if (PermittedControl() == id) {
    if (phase_ == Phase::kReasoning) reasoned_ = true;
    if (phase_ == Phase::kStart) {
      phase_ = Phase::kReasoning;
    } else {
      phase_ = phase_ == Phase::kReasoning ? Phase::kStart : Phase::kDone;
    }
    return true;
  }
  const std::string_view bytes = grammar_->vocab().Bytes(id);
  if (bytes.empty()) return false;
  if (phase_ == Phase::kReasoning) return true;
  if (!InValue() || !bytes_.Accept(bytes)) return false;
  phase_ = Phase::kValue;
  return true;
}

}  // namespace weir::grammar
