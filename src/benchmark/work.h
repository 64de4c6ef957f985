#pragma once
// The least that a model's passes read and compute, and so the speed that no engine can exceed on a
// machine with given roofs.
//
// A pass reads every weight it uses once, and the keys and values of the tokens before it. A token
// multiplies with every weight of its layers and of the experts chosen for it; the output matrix
// and the last layer's feed-forward part are needed for the last token alone. A pass takes at least
// as long as the slower of the two, reading or computing.

#include <cstdint>

#include "benchmark/roofs.h"
#include "model/lfm2_model.h"

namespace weir::benchmark {

// Values; any thread.
class Work {
 public:
  explicit Work(const model::Model& model);

  // Bytes of weights and KV that a pass of n_tokens reads when `depth` tokens are before it. Of the
  // experts it counts those that n_tokens choose on average when each is as likely as the others.
  double PassBytes(int n_tokens, int depth) const;
  // 8-bit multiplications and additions of a pass.
  double PassOperations(int n_tokens) const;

  // Tokens a second at most: n_tokens in one pass, or one after the other. 0: not known, because
  // the roofs are not.
  double PrefillRoof(const Roofs& roofs, int n_tokens, int depth) const;
  double DecodeRoof(const Roofs& roofs, int n_tokens, int depth) const;

 private:
  double expert_bytes_ = 0;  // all experts of all layers
  double other_bytes_ = 0;   // every other weight, the output matrix included
  double token_values_ = 0;  // weights that each token of a pass multiplies with
  double last_values_ = 0;   // and those that only the last one does
  double expert_share_ = 0;  // of the experts, chosen by one token
  double kv_bytes_per_token_ = 0;
};

}  // namespace weir::benchmark
