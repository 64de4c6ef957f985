#pragma once
// An LFM2 or LFM2-MoE model read from a GGUF file, and the state of one token sequence in it.
//
//   ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, Model::Load(path, {}));
//   ASSIGN_OR_RETURN(SequenceState sequence, model->NewSequence(4096));
//   RETURN_IF_ERROR(Forward(*model, prompt, sequence, logits, LogitsWanted::kLast));
//
// Everything in the file is checked at load; a forward pass trusts it. The results of a pass do not
// depend on the number of threads, nor on how the tokens were split into calls, nor on what else
// was computed before.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/token_id.h"
#include "gguf/gguf_file.h"
#include "kernels/aligned_buffer.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"
#include "model/lfm2_dims.h"
#include "model/lfm2_weights.h"
#include "model/scratch.h"

namespace weir::model {

struct ModelOptions {
  std::string target = {};  // of kernels; empty: environment variable WEIR_TARGET, or else the
                            // fastest that runs here
  int n_threads = 0;        // 0: one per processor
  bool reference = false;   // the exact, slow kernels; the same as target "reference"
  // Of sequences. kQ8_0 takes half the memory and needs heads of a multiple of 32.
  kernels::KvFormat kv_format = kernels::KvFormat::kF16;
  // Kernels that no name leads to; tests use it. Must outlive the model.
  const kernels::KernelTable* kernels = nullptr;
  // Memory that sequences may take, in place of what the system has free at the time; tests use it.
  std::optional<uint64_t> available_bytes = {};
};

class SequenceState;

// Immutable and shareable between threads: forward passes of several threads take turns at the
// worker pool. Shared by the engine and by whoever shows facts about the model, hence the
// shared_ptr.
class Model {
 public:
  // Errors: unreadable or damaged file, another architecture, a missing, misshapen or unknown
  // tensor.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path,
                                                   const ModelOptions& options);
  static Result<std::shared_ptr<const Model>> Load(gguf::GgufFile file,
                                                   const ModelOptions& options);

  const Lfm2Dims& dims() const { return dims_; }
  const gguf::GgufFile& file() const { return file_; }
  const Lfm2Weights& weights() const { return weights_; }
  const kernels::KernelTable& kernels() const { return *kernels_; }
  kernels::ThreadPool& pool() const { return *pool_; }
  kernels::KvFormat kv_format() const { return kv_format_; }

  // Room for max_tokens tokens. All memory of later passes is taken here (KV pages on first touch).
  // Errors: max_tokens outside [1, n_context]; kResourceExhausted, before any is taken, when the
  // memory that is free does not hold it, with what is needed, what is free and how many tokens
  // fit.
  Result<SequenceState> NewSequence(int max_tokens) const;

  // Bytes of KV cache per token.
  int64_t KvBytesPerToken() const;
  // Bytes of the keys of one head in a sequence of max_tokens; of its values as many.
  int64_t KvHeadBytes(int max_tokens) const;
  // Bytes that a sequence of max_tokens tokens takes.
  uint64_t SequenceBytes(int max_tokens) const;

 private:
  Model(gguf::GgufFile file, Lfm2Dims dims, Lfm2Weights weights,
        const kernels::KernelTable& kernels, const ModelOptions& options,
        std::unique_ptr<kernels::ThreadPool> pool);
  int64_t KvBytes(int max_tokens) const;
  Status CheckMemory(int max_tokens) const;

  gguf::GgufFile file_;  // weights point into it
  Lfm2Dims dims_;
  Lfm2Weights weights_;
  const kernels::KernelTable* kernels_;
  kernels::KvFormat kv_format_;
  std::unique_ptr<kernels::ThreadPool> pool_;
  std::optional<uint64_t> available_bytes_;
};

// The state of a sequence at one position, without its KV, which only ever grows.
class StateSnapshot {
 public:
  int pos() const { return pos_; }
  int64_t bytes() const { return static_cast<int64_t>(conv_.size() * sizeof(float)); }

 private:
  friend class SequenceState;
  int pos_ = 0;
  uint64_t prefix_hash_ = 0;
  std::vector<float> conv_;
};

// One growing list of tokens with its KV and conv caches and the scratch memory of its passes. One
// thread at a time. Independent of the Model object's address, but only usable with the model that
// made it.
class SequenceState {
 public:
  SequenceState(SequenceState&&) = default;
  SequenceState& operator=(SequenceState&&) = default;

  int pos() const { return pos_; }  // number of tokens held = position of the next
  int max_tokens() const { return max_tokens_; }

  StateSnapshot Snapshot() const;
  // Back (or forth) to where the snapshot was taken; its tokens must still be the ones held in the
  // KV cache, as they are until other tokens are computed over them. Error otherwise; the state is
  // then unchanged.
  Status Restore(const StateSnapshot& snapshot);
  // Empty again.
  void Reset();

 private:
  friend class Model;
  friend struct ForwardPass;
  SequenceState() = default;
  void Append(TokenId token);

  int pos_ = 0;
  int max_tokens_ = 0;
  int valid_end_ = 0;                  // KV of positions [0, valid_end_) belongs to prefix_hash_
  std::vector<uint64_t> prefix_hash_;  // [max_tokens + 1]: hash of the first i tokens
  std::vector<float> conv_;            // [n_conv_layers, 2, d_model]
  std::vector<float> conv_before_;     // the same before the pass that is being computed
  // [n_attention_layers, K then V, n_kv_heads] times KvHeadBytes(), in the kernels' KV format
  kernels::AlignedBuffer kv_;
  int64_t kv_head_bytes_ = 0;
  Scratch scratch_;
};

enum class LogitsWanted { kNone, kLast, kAll };

// Appends `tokens` to the sequence. `logits` holds n_vocab values for kLast, [n_tokens, n_vocab]
// for kAll, none for kNone; larger spans are fine. Allocates nothing. Errors (the sequence then
// ends where a pass of at most kMaxBatch tokens ended): a token outside the vocabulary, no room, no
// tokens, logits too small; kCancelled when `stop` is requested, which is looked at in every layer.
Status Forward(const Model& model, std::span<const TokenId> tokens, SequenceState& sequence,
               std::span<float> logits, LogitsWanted wanted, const std::stop_token& stop = {});

}  // namespace weir::model
