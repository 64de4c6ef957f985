// Whatever schema a tool declares and whatever a model prefers: compiling never crashes, the mask
// never runs dry, and what is written under it parses and validates.
//
// Input: a JSON Schema, a zero byte, one byte of options, then one byte a step that chooses among
// the permitted tokens.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "chat/call_parser.h"
#include "grammar/testing/vocabs.h"
#include "grammar/tool_grammar.h"
#include "json/json.h"
#include "schema/schema.h"
#include "tokenizer/token_mask.h"

namespace weir::grammar {
namespace {

const std::shared_ptr<const VocabIndex>& Index() {
  static const auto* const kIndex = [] {
    std::vector<std::string> pieces = testing::CallPieces();
    std::erase_if(pieces, [](const std::string& piece) { return piece.size() < 2; });
    return new std::shared_ptr<const VocabIndex>(testing::MakeIndex(pieces));
  }();
  return *kIndex;
}

// Keywords that are checked after the fact only.
bool IsFullyEnforced(std::string_view schema) {
  for (const char* word : {"pattern", "format", "uniqueItems", "minProperties", "maxProperties"}) {
    if (schema.find(word) != std::string_view::npos) return false;
  }
  return true;
}

ToolGrammarOptions OptionsOf(uint8_t bits) {
  ToolGrammarOptions options;
  options.require_call = true;
  options.schema_order = bits & 1;
  options.max_calls = 1 + ((bits >> 1) & 1);
  if (bits & 4) options.span_source = "it's 'my notes.txt' \\ or\n(x) 12 naïve";
  options.max_string_bytes = bits & 8 ? 8 : 300;
  options.max_depth = 6;
  return options;
}

// The permitted token that `choice` points to.
TokenId Pick(const TokenMask& mask, uint8_t choice) {
  int rest = choice * mask.Count() / 256;
  for (TokenId id = 0; id < mask.size(); ++id) {
    if (mask.Has(id) && rest-- == 0) return id;
  }
  CHECK(false);
}

void CheckCall(const std::string& text, const schema::Schema& schema, bool fully_enforced) {
  const Result<std::vector<chat::ToolCall>> calls = chat::ParseCalls(text);
  CHECK(calls.has_value());
  for (const chat::ToolCall& call : *calls) {
    CHECK(call.name == "f");
    CHECK(!fully_enforced || schema.Validate(call.arguments).empty());
  }
}

void Run(std::string_view schema_text, uint8_t option_bits, std::string_view choices) {
  const Result<json::Json> json = json::Parse(schema_text, {.max_bytes = 4096, .max_depth = 32});
  if (!json || json->is_null()) return;
  const Result<schema::Schema> schema = schema::Schema::Compile(*json);
  if (!schema) return;
  const auto grammar =
      ToolGrammar::Compile(Index(), std::vector<chat::ToolDefinition>{{"f", "", *json, nullptr}},
                           OptionsOf(option_bits));
  if (!grammar) return;
  GrammarState state(*grammar);
  TokenMask mask(Index()->size());
  std::string text;
  for (const char c : choices) {
    if (state.CanStop()) break;
    state.FillMask(mask);
    CHECK(mask.Count() > 0);
    const TokenId id = Pick(mask, static_cast<uint8_t>(c));
    const std::optional<TokenId> forced = state.ForcedToken();
    CHECK(forced.has_value() == (mask.Count() == 1));
    // A token that is not permitted is refused and changes nothing.
    const TokenId other = (id + 1) % mask.size();
    CHECK(mask.Has(other) || !state.Accept(other));
    CHECK(state.Accept(id));
    text += Index()->Bytes(id);
  }
  if (state.CanStop()) CheckCall(text, *schema, IsFullyEnforced(schema_text));
}

}  // namespace
}  // namespace weir::grammar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  if (zero == std::string_view::npos || zero + 1 >= size || size > 8192) return 0;
  weir::grammar::Run(input.substr(0, zero), static_cast<uint8_t>(input[zero + 1]),
                     input.substr(zero + 2));
  return 0;
}
