#include "model/lfm2_model.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "platform/cpu.h"
#include "platform/memory.h"

namespace weir::model {
namespace {

// Mixes one token into the hash of the tokens before it (the finaliser of splitmix64).
uint64_t HashWith(uint64_t hash, TokenId token) {
  uint64_t z = hash + 0x9e3779b97f4a7c15 + static_cast<uint64_t>(static_cast<uint32_t>(token));
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Result<const kernels::KernelTable*> ChooseKernels(const ModelOptions& options) {
  if (options.kernels != nullptr) return options.kernels;
  if (options.reference) return &kernels::ReferenceKernels();
  return kernels::KernelsFor(options.target);
}

}  // namespace

Model::Model(gguf::GgufFile file, Lfm2Dims dims, Lfm2Weights weights,
             const kernels::KernelTable& kernels, const ModelOptions& options,
             std::unique_ptr<kernels::ThreadPool> pool)
    : file_(std::move(file)),
      dims_(std::move(dims)),
      weights_(std::move(weights)),
      kernels_(&kernels),
      kv_format_(options.kv_format),
      pool_(std::move(pool)),
      available_bytes_(options.available_bytes) {}

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path,
                                                 const ModelOptions& options) {
  ASSIGN_OR_RETURN(gguf::GgufFile file, gguf::GgufFile::Open(path));
  auto model = Load(std::move(file), options);
  if (!model) return MakeError(model.error().WithContext("model file '" + path + "'"));
  return model;
}

Result<std::shared_ptr<const Model>> Model::Load(gguf::GgufFile file, const ModelOptions& options) {
  ASSIGN_OR_RETURN(const kernels::KernelTable* kernels, ChooseKernels(options));
  ASSIGN_OR_RETURN(Lfm2Dims dims, ReadDims(file));
  if (options.kv_format == kernels::KvFormat::kQ8_0 && dims.head_dim % 32 != 0) {
    return MakeError(
        ErrorCode::kUnsupported,
        "a q8_0 KV cache needs heads of a multiple of 32 values; this model's have {}; "
        "use f16",
        dims.head_dim);
  }
  ASSIGN_OR_RETURN(Lfm2Weights weights, LoadWeights(file, dims));
  const int n_threads = options.n_threads > 0 ? options.n_threads : platform::CoreCount();
  try {
    auto pool = std::make_unique<kernels::ThreadPool>(n_threads);
    // Tensors point into the mapping, which stays in place when its owner moves.
    return std::shared_ptr<const Model>(new Model(
        std::move(file), std::move(dims), std::move(weights), *kernels, options, std::move(pool)));
  } catch (const std::system_error& e) {
    return MakeError(ErrorCode::kResourceExhausted, "cannot start {} worker threads: {}", n_threads,
                     e.what());
  }
}

int64_t Model::KvHeadBytes(int max_tokens) const {
  const int64_t blocks = (int64_t{max_tokens} + kernels::kBlockKeys - 1) / kernels::kBlockKeys;
  const int64_t tile_bytes = kernels_->KvFor(kv_format_).tile_bytes(dims_.head_dim);
  return blocks * (kernels::kBlockKeys / kernels::kTileKeys) * tile_bytes;
}

int64_t Model::KvBytes(int max_tokens) const {
  return int64_t{2} * dims_.n_attention_layers() * dims_.n_kv_heads * KvHeadBytes(max_tokens);
}

int64_t Model::KvBytesPerToken() const {
  return KvBytes(kernels::kBlockKeys) / kernels::kBlockKeys;
}

uint64_t Model::SequenceBytes(int max_tokens) const {
  const auto n = static_cast<uint64_t>(max_tokens);
  const uint64_t conv_values =
      static_cast<uint64_t>(dims_.n_conv_layers()) * 2 * static_cast<uint64_t>(dims_.d_model);
  return static_cast<uint64_t>(KvBytes(max_tokens)) + sizeof(uint64_t) * (n + 1) +
         2 * sizeof(float) * conv_values + Scratch::BytesFor(dims_, max_tokens, pool_->n_threads());
}

// The system lets memory be reserved that it does not have, and ends the process when it is used.
Status Model::CheckMemory(int max_tokens) const {
  uint64_t available = available_bytes_.value_or(0);
  if (!available_bytes_) {
    const Result<uint64_t> free = platform::AvailableMemory();
    if (!free) return {};  // not known: the allocation itself will tell
    available = *free;
  }
  const uint64_t needed = SequenceBytes(max_tokens);
  if (needed <= available) return {};
  int fits = 0;
  for (int step = 1 << 30; step > 0; step /= 2) {  // by halving: bytes grow with tokens
    if (step < max_tokens - fits && SequenceBytes(fits + step) <= available) fits += step;
  }
  return MakeError(ErrorCode::kResourceExhausted,
                   "a sequence of {} tokens needs {:.1f} MB of memory, {:.1f} MB are free; {}",
                   max_tokens, static_cast<double>(needed) / 1e6,
                   static_cast<double>(available) / 1e6,
                   fits > 0 ? fmt::format("ask for at most {} tokens, or free memory", fits)
                            : std::string("not one token fits: free memory"));
}

Result<SequenceState> Model::NewSequence(int max_tokens) const {
  if (max_tokens < 1 || max_tokens > dims_.n_context) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a sequence of {} tokens; this model takes 1 to {}", max_tokens,
                     dims_.n_context);
  }
  RETURN_IF_ERROR(CheckMemory(max_tokens));
  SequenceState sequence;
  sequence.max_tokens_ = max_tokens;
  sequence.prefix_hash_.resize(static_cast<size_t>(max_tokens) + 1);
  sequence.conv_.resize(static_cast<size_t>(dims_.n_conv_layers()) * 2 *
                        static_cast<size_t>(dims_.d_model));
  sequence.conv_before_ = sequence.conv_;
  sequence.kv_head_bytes_ = KvHeadBytes(max_tokens);
  sequence.kv_ = kernels::AlignedBuffer(static_cast<size_t>(KvBytes(max_tokens)));
  sequence.scratch_ = Scratch(dims_, max_tokens, pool_->n_threads());
  if (sequence.kv_.data() == nullptr || !sequence.scratch_.ok()) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "not enough memory for a sequence of {} tokens ({} bytes of KV cache each); "
                     "ask for fewer tokens",
                     max_tokens, KvBytesPerToken());
  }
  return sequence;
}

void SequenceState::Append(TokenId token) {
  const auto pos = static_cast<size_t>(pos_);
  prefix_hash_[pos + 1] = HashWith(prefix_hash_[pos], token);
  valid_end_ = ++pos_;
}

StateSnapshot SequenceState::Snapshot() const {
  StateSnapshot snapshot;
  snapshot.pos_ = pos_;
  snapshot.prefix_hash_ = prefix_hash_[static_cast<size_t>(pos_)];
  snapshot.conv_ = conv_;
  return snapshot;
}

Status SequenceState::Restore(const StateSnapshot& snapshot) {
  if (snapshot.pos_ > valid_end_ || snapshot.conv_.size() != conv_.size() ||
      snapshot.prefix_hash_ != prefix_hash_[static_cast<size_t>(snapshot.pos_)]) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        "the snapshot's {} tokens are not what this sequence holds; compute them again",
        snapshot.pos_);
  }
  std::copy(snapshot.conv_.begin(), snapshot.conv_.end(), conv_.begin());
  pos_ = snapshot.pos_;
  return {};
}

void SequenceState::Reset() {
  pos_ = 0;
  std::fill(conv_.begin(), conv_.end(), 0.0f);
}

}  // namespace weir::model
