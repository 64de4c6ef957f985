// Any bytes as a model's output: no crash, the same result however the stream is cut, whole UTF-8
// in what is released, arguments that have a canonical form or an error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "chat/output_parser.h"
#include "chat/testing/show.h"

namespace {

using weir::chat::Event;
using weir::chat::OutputParser;
using weir::chat::ParsedOutput;
using weir::chat::ParserOptions;

const std::vector<weir::chat::ToolDefinition>& Tools() {
  static const std::vector<weir::chat::ToolDefinition> tools = {
      weir::chat::Tool("f", R"({"a": {"type": "string"}, "b": {"type": "integer"}})", R"(["a"])"),
      weir::chat::Tool("resolve-library-id", R"({"user-id": {"type": ["number", "null"]}})")};
  return tools;
}

ParsedOutput ParseInSteps(std::string_view text, size_t step, const ParserOptions& options) {
  OutputParser parser(options);
  ParsedOutput output;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    for (const Event& event : parser.Push(text.substr(0, step))) output.Add(event);
  }
  for (const Event& event : parser.Finish()) output.Add(event);
  return output;
}

}  // namespace

// The first byte chooses the options, the rest is the output.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t flags = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ParserOptions options{.starts_in_reasoning = (flags & 1) != 0,
                              .tools = (flags & 2) != 0 ? &Tools() : nullptr,
                              .drop_repeats = (flags & 4) != 0,
                              .salvage_plain_json = (flags & 8) != 0};
  const ParsedOutput whole = weir::chat::ParseOutput(text, options);
  const std::string shown = ShowAll(whole);
  CHECK(ShowAll(ParseInSteps(text, 1, options)) == shown);
  CHECK(ShowAll(ParseInSteps(text, 2 + (flags >> 4), options)) == shown);
  for (const weir::chat::ToolCall& call : whole.calls) {
    CHECK(call.arguments.is_object());
    CHECK(weir::json::IsValidUtf8(weir::json::Dump(call.arguments)));
    CHECK(weir::json::Parse(weir::json::Dump(call.arguments), {.max_depth = 128}).has_value());
  }
  for (const weir::chat::ParseError& error : whole.errors) CHECK(error.offset <= text.size());
  if (weir::json::IsValidUtf8(text)) {
    CHECK(weir::json::IsValidUtf8(whole.reasoning));
    CHECK(weir::json::IsValidUtf8(whole.answer));
  }
  // The body of a block on its own, too.
  (void)weir::chat::ParseBlock(text, {.tools = options.tools});
  return 0;
}
