#pragma once
// What a model may write in one assistant turn when tools are offered: plain text, or calls that
// name an offered tool and whose arguments are valid against its JSON Schema.
//
//   turn   := [ <think> text </think> ] ( text | calls ) <|im_end|>
//   calls  := <|tool_call_start|> "[" call { ", " call } "]" <|tool_call_end|>
//   call   := name "(" [ argument { ", " argument } ] ")"      argument := name "=" value
//
// Values are Python literals in one fixed spelling: 'text' with \\ \' \n \r \t as the only escapes,
// numbers, True, False, None, [a, b], {'k': v}. The markers are tokens of their own; text can not
// forge them. docs/structured-output.md says which schema keywords the mask enforces.
//
// ToolGrammar is immutable and may be shared between threads; GrammarState is one turn's position
// in it, a value, used by one thread.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "chat/message.h"
#include "grammar/byte_state.h"
#include "grammar/vocab_index.h"
#include "tokenizer/mask_source.h"
#include "tokenizer/vocab.h"

namespace weir::grammar {

struct ToolGrammarOptions {
  enum class Form { kPythonic };
  Form form = Form::kPythonic;

  bool allow_text = true;            // the turn may be plain text instead of calls
  bool require_call = false;         // the turn must hold a call; overrides allow_text
  bool text_before_call = false;     // text may come before the calls
  int max_calls = 1;                 // inside one pair of brackets
  bool allow_reasoning = false;      // <think> text </think> may come first
  bool starts_in_reasoning = false;  // the prompt ended with an open <think>
  bool schema_order = false;         // arguments and keys stand in the order of the schema

  // Not empty: string values without enum are literal spans of this text, bounded as
  // docs/structured-output.md says. Without any legal span (for a value's length limits) its
  // strings are free. At most 64 KiB.
  std::string span_source = {};

  size_t max_string_bytes = 10'000;  // of one string as the model writes it
  int max_depth = 16;                // nesting of lists and dicts in an argument
};

class ToolGrammar {
 public:
  // Errors name the tool and the place in its schema: a keyword outside the subset, a schema that
  // no value satisfies, a name that the call form can not spell, a missing control token. Builds a
  // VocabIndex; whoever compiles often builds it once and uses the other overload.
  static Result<std::shared_ptr<const ToolGrammar>> Compile(
      const tokenizer::Vocab& vocab, std::span<const chat::ToolDefinition> tools,
      ToolGrammarOptions options);
  static Result<std::shared_ptr<const ToolGrammar>> Compile(
      std::shared_ptr<const VocabIndex> vocab, std::span<const chat::ToolDefinition> tools,
      ToolGrammarOptions options);

  const ToolGrammarOptions& options() const { return options_; }
  const VocabIndex& vocab() const { return *vocab_; }
  const Program& program() const { return program_; }
  bool allows_text() const { return options_.allow_text && !options_.require_call; }
  bool has_tools() const { return !program_.tools.empty(); }

 private:
  ToolGrammar(std::shared_ptr<const VocabIndex> vocab, ToolGrammarOptions options)
      : vocab_(std::move(vocab)), options_(std::move(options)) {}

  std::shared_ptr<const VocabIndex> vocab_;  // shared by all grammars of a vocabulary
  ToolGrammarOptions options_;
  Program program_;
};

class GrammarState final : public MaskSource {
 public:
  // The grammar is shared with whoever compiled it and with copies of this state.
  explicit GrammarState(std::shared_ptr<const ToolGrammar> grammar);

  void FillMask(TokenMask& mask) const override;
  std::optional<TokenId> ForcedToken() const override;
  bool Accept(TokenId id) override;

  // True after <|im_end|>; then no token is permitted.
  bool CanStop() const override { return phase_ == Phase::kDone; }

 private:
  enum class Phase {
    kStart,       // nothing yet, or reasoning is closed
    kReasoning,   // inside <think>
    kText,        // inside an answer
    kCalls,       // after <|tool_call_start|>
    kAfterCalls,  // after <|tool_call_end|>
    kDone,        // after <|im_end|>
  };

  // The control tokens permitted now, at most three.
  std::vector<TokenId> PermittedControls() const;
  bool TextPermitted() const;
  void AcceptControl(TokenId id);

  std::shared_ptr<const ToolGrammar> grammar_;
  Phase phase_;
  bool reasoned_ = false;
  ByteState bytes_;  // inside the brackets
};

}  // namespace weir::grammar
