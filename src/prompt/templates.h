#pragma once
// One function a prompt form; prompt.cc chooses. Each writes the whole prompt after BOS.

#include "prompt/builder.h"
#include "prompt/prompt.h"

namespace weir::prompt {

// LFM2, LFM2.5 Instruct, LFM2.5-8B-A1B.
Status RenderLfm2(Family family, const chat::Conversation& conversation,
                  const RenderOptions& options, PromptBuilder* out);

// docs/formats/nano_prompt.md
Status RenderNano(const chat::Conversation& conversation, const RenderOptions& options,
                  PromptBuilder* out);

}  // namespace weir::prompt
