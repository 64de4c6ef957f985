// Every golden model on every target that runs here: accuracy against the exact function, and that
// neither the split into chunks, nor the number of threads, nor a restored snapshot changes a
// single bit.

#include "model/testing/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/testing/emulated_avx512.h"
#include "model/lfm2_model.h"

namespace weir::model {
namespace {

constexpr double kReferenceL2 = 1e-4;
// The slack is for expert choices that tip either way; the floor, for files where both are near
// exact.
constexpr double kSlack = 1.2;
constexpr double kFloor = 3e-6;

std::shared_ptr<const Model> Load(const Golden& golden, const kernels::KernelTable& kernels,
                                  int n_threads) {
  auto model =
      Model::Load(golden.model_path, {.target = "", .n_threads = n_threads, .kernels = &kernels});
  if (!model) ADD_FAILURE() << model.error().message;
  return model ? *model : nullptr;
}

// Appends tokens [begin, end) in chunks; their logits go to their place in `logits`.
void Compute(const Model& model, const Golden& golden, int begin, int end, int chunk,
             SequenceState& sequence, std::vector<float>& logits) {
  const auto n_vocab = static_cast<size_t>(golden.n_vocab);
  for (int pos = begin; pos < end; pos += chunk) {
    const auto n = static_cast<size_t>(std::min(chunk, end - pos));
    const auto at = static_cast<size_t>(pos);
    const Status done =
        Forward(model, std::span(golden.tokens).subspan(at, n), sequence,
                std::span(logits).subspan(at * n_vocab, n * n_vocab), LogitsWanted::kAll);
    ASSERT_TRUE(done) << done.error().message;
  }
}

// Not worth a long test: after the straight run, a part of the tokens has to do.
bool IsSlow(const kernels::KernelTable& kernels) {
  return kernels.name == "reference" || kernels.name == "baseline" ||
         kernels.name == "avx512_vnni_emulated";
}

// The logits of all tokens in one pass; computed once per target and file.
const std::vector<float>& Straight(const Golden& golden, const kernels::KernelTable& kernels) {
  static std::map<std::pair<std::string_view, std::string>, std::vector<float>> cache;
  std::vector<float>& logits = cache[{kernels.name, golden.model_path}];
  if (logits.empty()) {
    logits.resize(golden.logits.size());
    const std::shared_ptr<const Model> model = Load(golden, kernels, 1);
    SequenceState sequence = std::move(*model->NewSequence(128));
    const int n = static_cast<int>(golden.tokens.size());
    Compute(*model, golden, 0, n, n, sequence, logits);
  }
  return logits;
}

class GoldenModel
    : public testing::TestWithParam<std::tuple<const kernels::KernelTable*, GoldenFile>> {
 protected:
  void SetUp() override {
    auto golden = LoadGolden(std::get<1>(GetParam()));
    ASSERT_TRUE(golden) << golden.error().message;
    golden_ = std::move(*golden);
    n_tokens_ = IsSlow(kernels()) ? 8 : static_cast<int>(golden_.tokens.size());
    straight_ = Straight(golden_, kernels());
    straight_.resize(static_cast<size_t>(n_tokens_) * static_cast<size_t>(golden_.n_vocab));
  }

  const kernels::KernelTable& kernels() const { return *std::get<0>(GetParam()); }

  Golden golden_;
  int n_tokens_ = 0;
  std::vector<float> straight_;  // logits of one pass over n_tokens_
};

TEST_P(GoldenModel, MeetsItsAccuracyGate) {
  const GoldenFile& file = std::get<1>(GetParam());
  const Divergence d = Compare(golden_.logits, Straight(golden_, kernels()), golden_.n_vocab);
  std::printf("  %-20s %-13s mean KL %.2e (llama.cpp %.2e)  max KL %.2e  relative L2 %.2e\n",
              std::string(kernels().name).c_str(), file.name, d.mean_kl, file.llama_cpp_kl,
              d.max_kl, d.relative_l2);
  if (&kernels() == &kernels::ReferenceKernels()) {
    EXPECT_LE(d.relative_l2, kReferenceL2);
  } else {
    EXPECT_LE(d.mean_kl, std::max(kSlack * file.llama_cpp_kl, kFloor));
  }
}

TEST_P(GoldenModel, GivesTheSameBitsInChunksOfAnySizeOnAnyNumberOfThreads) {
  struct Way {
    int chunk;
    int n_threads;
  };
  for (const auto [chunk, n_threads] : {Way{1, 1}, {2, 1}, {3, 1}, {7, 2}, {96, 3}}) {
    const std::shared_ptr<const Model> model = Load(golden_, kernels(), n_threads);
    std::vector<float> logits(straight_.size());
    SequenceState sequence = std::move(*model->NewSequence(128));
    Compute(*model, golden_, 0, n_tokens_, chunk, sequence, logits);
    EXPECT_EQ(logits, straight_) << "chunks of " << chunk;
  }
}

TEST_P(GoldenModel, ContinuesFromASnapshotAsIfNothingHadHappened) {
  const int snapshot_at = n_tokens_ * 3 / 7;
  const std::shared_ptr<const Model> model = Load(golden_, kernels(), 1);
  std::vector<float> logits(straight_.size());
  SequenceState sequence = std::move(*model->NewSequence(128));
  Compute(*model, golden_, 0, snapshot_at, snapshot_at, sequence, logits);
  const StateSnapshot snapshot = sequence.Snapshot();
  Compute(*model, golden_, snapshot_at, n_tokens_ * 5 / 7, 5, sequence, logits);
  std::fill(logits.begin() + ptrdiff_t{snapshot_at} * golden_.n_vocab, logits.end(), 0.0f);
  ASSERT_TRUE(sequence.Restore(snapshot));
  Compute(*model, golden_, snapshot_at, n_tokens_, 16, sequence, logits);
  EXPECT_EQ(logits, straight_);
}

std::string NameOf(const testing::TestParamInfo<GoldenModel::ParamType>& info) {
  std::string name =
      std::string(std::get<0>(info.param)->name) + "_" + std::get<1>(info.param).name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(AllTargets, GoldenModel,
                         testing::Combine(testing::ValuesIn(kernels::TestedKernels()),
                                          testing::ValuesIn(GoldenFiles().begin(),
                                                            GoldenFiles().end())),
                         NameOf);

// Keys and values in 8 bits: near the exact function, and the same bits however tokens are split.
TEST(GoldenModels, StayNearWithKeysAndValuesInEightBits) {
  constexpr double kLargestMeanKl = 2e-3;
  for (const GoldenFile& file : GoldenFiles()) {
    if (std::string_view(file.name).find("f16") == std::string_view::npos) continue;
    const auto golden = LoadGolden(file);
    ASSERT_TRUE(golden) << golden.error().message;
    const int n = static_cast<int>(golden->tokens.size());
    for (const kernels::KernelTable* kernels : kernels::RunnableKernels()) {
      std::vector<float> logits[2];
      for (const int chunk : {n, 7}) {
        auto model = Model::Load(
            golden->model_path,
            {.n_threads = 2, .kv_format = kernels::KvFormat::kQ8_0, .kernels = kernels});
        ASSERT_TRUE(model) << model.error().message;
        SequenceState sequence = std::move(*(*model)->NewSequence(128));
        std::vector<float>& out = logits[chunk == n ? 0 : 1];
        out.resize(golden->logits.size());
        Compute(**model, *golden, 0, n, chunk, sequence, out);
      }
      const Divergence d = Compare(golden->logits, logits[0], golden->n_vocab);
      std::printf("  %-20s %-13s q8_0 KV: mean KL %.2e  max KL %.2e\n",
                  std::string(kernels->name).c_str(), file.name, d.mean_kl, d.max_kl);
      EXPECT_LE(d.mean_kl, kLargestMeanKl);
      EXPECT_EQ(logits[0], logits[1]);
    }
  }
}

TEST(GoldenModels, GiveTheSameBitsOnAvx2AndAvx512Vnni) {
  const auto avx2 = kernels::KernelsFor("avx2");
  if (!avx2) GTEST_SKIP() << avx2.error().message;
  const auto native = kernels::KernelsFor("avx512_vnni");
  if (!native)
    std::printf("  avx512_vnni: native run left out (%s); emulated instead\n",
                native.error().message.c_str());
  const kernels::KernelTable& avx512 = native ? **native : *kernels::EmulatedAvx512VnniKernels();
  for (const GoldenFile& file : GoldenFiles()) {
    const auto golden = LoadGolden(file);
    ASSERT_TRUE(golden) << golden.error().message;
    EXPECT_EQ(Straight(*golden, **avx2), Straight(*golden, avx512)) << file.name;
  }
}

}  // namespace
}  // namespace weir::model
