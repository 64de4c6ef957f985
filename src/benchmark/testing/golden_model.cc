#include "benchmark/testing/golden_model.h"

#include "base/check.h"

namespace weir::benchmark {

std::shared_ptr<const model::Model> GoldenModel(const model::ModelOptions& options) {
  auto model = model::Model::Load(WEIR_TESTDATA "/golden/tiny-q4_0.gguf", options);
  CHECK(model);
  return *model;
}

}  // namespace weir::benchmark
