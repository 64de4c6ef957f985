#pragma once
// Writes a GGUF file as the published folder that it could have been made from. For tests; one
// thread.

#include <functional>
#include <string>

#include "base/result.h"
#include "json/json.h"
#include "quant/quant.h"

namespace weir::convert::testing {

struct ExportOptions {
  quant::Type matrices = quant::Type::kF16;  // F32, F16 or BF16
  quant::Type vectors = quant::Type::kF32;   // norms, taps, routers, biases
  int n_files = 1;                           // of weights; from 2 on with an index
  bool fused_experts = false;                // as newer writers keep them
};

// `gguf_path` has float tensors; `folder` is there. Errors: those of reading and writing.
Status Export(const std::string& gguf_path, const std::string& folder,
              const ExportOptions& options);

// Reads a JSON file, lets `edit` change it, and writes it back.
Status EditJson(const std::string& path, const std::function<void(json::Json&)>& edit);

}  // namespace weir::convert::testing
