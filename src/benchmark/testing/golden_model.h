#pragma once
// The small model that the tests of this folder measure: lfm2moe, four layers, Q4_0, 1024 tokens in
// the vocabulary.

#include <memory>

#include "model/lfm2_model.h"

namespace weir::benchmark {

std::shared_ptr<const model::Model> GoldenModel(const model::ModelOptions& options);

}  // namespace weir::benchmark
