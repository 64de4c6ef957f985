#pragma once
// The golden models of testdata/golden: tiny models of random weights in the real file format, with
// the logits of the exact function (weights dequantised, everything else in float64).

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"

namespace weir::model {

struct GoldenFile {
  const char* name;
  const char* tokens;   // file of token ids
  double llama_cpp_kl;  // mean KL divergence of llama.cpp on the same file
};
std::span<const GoldenFile> GoldenFiles();

// An array of float32 in NumPy's file format 1.0, C order, without its shape.
Result<std::vector<float>> ReadNpy(const std::string& path);

struct Golden {
  std::string model_path;
  std::vector<TokenId> tokens;
  std::vector<float> logits;  // [n_tokens, n_vocab]
  int n_vocab = 0;
};
Result<Golden> LoadGolden(const GoldenFile& file);

struct Divergence {
  double mean_kl = 0;  // KL(exact || ours), nats per token
  double max_kl = 0;
  double relative_l2 = 0;  // of all logits
};
Divergence Compare(std::span<const float> exact, std::span<const float> ours, int n_vocab);

}  // namespace weir::model
