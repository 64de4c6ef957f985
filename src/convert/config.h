#pragma once
// The config.json of a published model: its dimensions, and what this engine must refuse because it
// would compute another function. Pure; any thread.

#include "base/result.h"
#include "convert/fields.h"
#include "model/lfm2_dims.h"

namespace weir::convert {

struct Config {
  model::Lfm2Dims dims;
  bool own_output = false;  // an output matrix beside the embedding
};

// Errors: kUnsupported for another architecture or a variant; kNotFound and kCorruptData for keys.
Result<Config> ReadConfig(const Fields& config);

}  // namespace weir::convert
