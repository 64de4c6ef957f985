#pragma once
// The shapes of the family's published models, under their names. Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/lfm2_dims.h"

namespace weir::synth {

// Which chat template a model was trained with; prompt/ knows them by the same words.
enum class ChatForm { kLfm2, kLfm25Instruct, kLfm25_8B };

struct Preset {
  std::string_view name;
  ChatForm chat_form = ChatForm::kLfm2;
  model::Lfm2Dims dims;
};

// kInvalidArgument lists the names. "tiny" is no published model but one of a few megabytes that
// has every kind of layer.
Result<Preset> FindPreset(std::string_view name);

// "lfm2.5-8b-a1b, lfm2-8b-a1b, ..."
std::string PresetNames();

// Refuses what no file may hold, or this engine does not run: kInvalidArgument naming the number
// and what it may be.
Status CheckDims(const model::Lfm2Dims& dims);

}  // namespace weir::synth
