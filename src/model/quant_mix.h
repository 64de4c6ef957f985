#pragma once
// Which quant type each tensor of a model gets: the mixes under their usual names, by the rules of
// llama.cpp's quantiser without an importance matrix, so that files are of the same size and read
// at the same speed as the published ones. Pure; any thread.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "model/lfm2_dims.h"
#include "model/lfm2_weights.h"
#include "quant/quant.h"

namespace weir::model {

enum class Mix { kF16, kBF16, kQ4_0, kQ4_K_M, kQ5_K_M, kQ6_K, kQ8_0 };

std::string_view MixName(Mix mix);  // "Q4_K_M"
// kInvalidArgument lists the names.
Result<Mix> MixFromName(std::string_view name);
// What general.file_type says of the mix.
uint32_t MixFileType(Mix mix);

// `tensor` is one of TensorsOf(dims). F32 for tensors that are never quantised; a smaller block, or
// F16, where the rows are no multiple of the mix's block.
quant::Type TypeInMix(Mix mix, const ModelTensor& tensor, const Lfm2Dims& dims);

}  // namespace weir::model
