#pragma once
// A model of a few kilobytes in memory, whose parts a test can change before it is written: two
// conv layers and one attention layer, the first FFN dense, the others MoE.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "gguf/testing/gguf_writer.h"
#include "model/lfm2_model.h"

namespace weir::model {

struct TinyModel {
  struct Tensor {
    std::vector<uint64_t> shape;  // fastest first
    uint32_t type = 0;
    std::string data;
  };

  TinyModel();  // lfm2moe, float32 weights
  void Resize(const std::string& name, const std::vector<uint64_t>& shape);

  std::string architecture = "lfm2moe";
  std::map<std::string, uint32_t> integers;  // keys without the prefix
  std::map<std::string, float> numbers;
  std::vector<int32_t> kv_heads = {0, 1, 0};
  std::map<std::string, Tensor> tensors;

  std::string Bytes() const;
  // `bytes` must outlive the model.
  static Result<std::shared_ptr<const Model>> Load(const std::string& bytes,
                                                   const ModelOptions& options);
};

}  // namespace weir::model
