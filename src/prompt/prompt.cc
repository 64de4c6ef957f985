#include "prompt/prompt.h"

#include <utility>

#include "prompt/builder.h"
#include "prompt/templates.h"

namespace weir::prompt {
namespace {

Status CheckFrame(const tokenizer::Vocab& vocab) {
  for (const std::string_view text : {"<|im_start|>", "<|im_end|>"}) {
    if (vocab.FindSpecial(text)) continue;
    return MakeError(ErrorCode::kUnsupported,
                     "vocabulary has no special token '{}', which every prompt form needs; use a "
                     "file of the LFM2 family",
                     text);
  }
  return {};
}

}  // namespace

std::string_view OriginKindName(Origin::Kind kind) {
  switch (kind) {
    case Origin::Kind::kTemplate:
      return "template";
    case Origin::Kind::kSystem:
      return "system";
    case Origin::Kind::kToolDefinition:
      return "tool_definition";
    case Origin::Kind::kUser:
      return "user";
    case Origin::Kind::kAssistant:
      return "assistant";
    case Origin::Kind::kToolCall:
      return "tool_call";
    case Origin::Kind::kTool:
      return "tool";
    case Origin::Kind::kFile:
      return "file";
    case Origin::Kind::kOther:
      return "other";
  }
  return {};
}

Result<Rendered> Render(Family family, const chat::Conversation& conversation,
                        const RenderOptions& options, const tokenizer::Tokenizer* tokenizer) {
  if (tokenizer != nullptr) RETURN_IF_ERROR(CheckFrame(tokenizer->vocab()));
  PromptBuilder builder(tokenizer);
  builder.Bos();
  if (family == Family::kNano) {
    RETURN_IF_ERROR(RenderNano(conversation, options, &builder));
  } else {
    RETURN_IF_ERROR(RenderLfm2(family, conversation, options, &builder));
  }
  if (options.add_generation_prompt) builder.StartTurn("assistant");
  return std::move(builder).Finish();
}

}  // namespace weir::prompt
