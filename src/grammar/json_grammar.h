#pragma once
// What a model may write when its whole answer must be one JSON text valid against a schema.
//
//   turn := [ <think> text </think> ] value <|im_end|>
//
// One spelling: ", " and ": " as separators and no other white space. docs/structured-output.md
// says which schema keywords the mask enforces. JsonGrammar is immutable and may be shared between
// threads; JsonState is one turn's position in it, a value, used by one thread.

#include <cstddef>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/token_id.h"
#include "grammar/byte_state.h"
#include "grammar/program.h"
#include "grammar/vocab_index.h"
#include "json/json.h"
#include "tokenizer/mask_source.h"

namespace weir::grammar {

struct JsonGrammarOptions {
  bool allow_reasoning = false;      // <think> text </think> may come first
  bool starts_in_reasoning = false;  // the prompt ended with an open <think>
  bool schema_order = false;
  size_t max_string_bytes = 10'000;
  int max_depth = 16;
};

class JsonGrammar {
 public:
  // Errors name the place in the schema, or the missing control token.
  static Result<std::shared_ptr<const JsonGrammar>> Compile(std::shared_ptr<const VocabIndex> vocab,
                                                            const json::Json& schema,
                                                            const JsonGrammarOptions& options);

  const JsonGrammarOptions& options() const { return options_; }
  const VocabIndex& vocab() const { return *vocab_; }
  const Program& program() const { return program_; }

 private:
  JsonGrammar(std::shared_ptr<const VocabIndex> vocab, const JsonGrammarOptions& options)
      : vocab_(std::move(vocab)), options_(options) {}

  std::shared_ptr<const VocabIndex> vocab_;  // shared by all grammars of a vocabulary
  JsonGrammarOptions options_;
  Program program_;
};

class JsonState final : public MaskSource {
 public:
  // The grammar is shared with whoever compiled it and with copies of this state.
  explicit JsonState(std::shared_ptr<const JsonGrammar> grammar);

  void FillMask(TokenMask& mask) const override;
  std::optional<TokenId> ForcedToken() const override;
  bool Accept(TokenId id) override;

  // True after <|im_end|>; then no token is permitted.
  bool CanStop() const override { return phase_ == Phase::kDone; }

 private:
  enum class Phase { kStart, kReasoning, kValue, kDone };

  std::optional<TokenId> PermittedControl() const;
  bool InValue() const { return phase_ == Phase::kStart || phase_ == Phase::kValue; }

  std::shared_ptr<const JsonGrammar> grammar_;
  Phase phase_;
  bool reasoned_ = false;
  ByteState bytes_;
};

}  // namespace weir::grammar
