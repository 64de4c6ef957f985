// The shipped model: loads, and gives the logits that the training code's own implementation gives
// for its file.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "json/json.h"
#include "kernels/kernels.h"
#include "model/lfm2_model.h"
#include "model/testing/golden.h"

namespace weir::model {
namespace {

const std::string kModel = std::string(WEIR_SOURCE_DIR) + "/models/weir-nano.gguf";
const std::string kLogits = std::string(WEIR_SOURCE_DIR) + "/training/testdata/nano_logits";

// Prompts of the training code with its logits of the last position: row i of the .npy is for case
// i of the .json.
struct Reference {
  std::vector<std::vector<TokenId>> prompts;
  std::vector<float> logits;
};

Result<Reference> LoadReference() {
  Reference reference;
  std::ifstream in(kLogits + ".json");
  ASSIGN_OR_RETURN(const json::Json cases,
                   json::Parse(std::string(std::istreambuf_iterator<char>(in), {})));
  for (const json::Json& entry : cases["cases"]) {
    reference.prompts.push_back(entry["tokens"].get<std::vector<TokenId>>());
  }
  ASSIGN_OR_RETURN(reference.logits, ReadNpy(kLogits + ".npy"));
  return reference;
}

class NanoModel : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModel)) GTEST_SKIP() << kModel << " is not there";
  }
  static std::vector<float> LastLogits(const Model& model, const std::vector<TokenId>& prompt) {
    std::vector<float> logits(static_cast<size_t>(model.dims().n_vocab));
    auto sequence = model.NewSequence(static_cast<int>(prompt.size()));
    EXPECT_TRUE(sequence);
    EXPECT_TRUE(Forward(model, prompt, *sequence, logits, LogitsWanted::kLast));
    return logits;
  }
};

TEST_F(NanoModel, LoadsAsADenseModelOnEveryTarget) {
  for (const kernels::KernelTable* kernels : kernels::RunnableKernels()) {
    const auto model = Model::Load(kModel, {.n_threads = 1, .kernels = kernels});
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_FALSE((*model)->dims().is_moe);
    LastLogits(**model, {0, 1, 2});
  }
}

TEST_F(NanoModel, GivesTheLogitsOfTheTrainingCode) {
  if (!std::filesystem::exists(kLogits + ".npy")) GTEST_SKIP() << kLogits << ".npy is not there";
  const auto reference = LoadReference();
  ASSERT_TRUE(reference) << reference.error().message;
  const auto exact = Model::Load(kModel, {.n_threads = 1, .reference = true});
  const auto fast = Model::Load(kModel, {.n_threads = 1});
  ASSERT_TRUE(exact && fast);
  const auto n_vocab = static_cast<size_t>((*exact)->dims().n_vocab);
  ASSERT_EQ(reference->logits.size(), reference->prompts.size() * n_vocab);
  for (size_t i = 0; i < reference->prompts.size(); ++i) {
    const std::span<const float> expected =
        std::span(reference->logits).subspan(i * n_vocab, n_vocab);
    const std::vector<float> ours = LastLogits(**exact, reference->prompts[i]);
    const Divergence d = Compare(expected, ours, static_cast<int>(n_vocab));
    EXPECT_LE(d.relative_l2, 1e-4) << "prompt " << i;
    const Divergence quantised =
        Compare(expected, LastLogits(**fast, reference->prompts[i]), static_cast<int>(n_vocab));
    std::printf("  weir-nano prompt %zu: reference relative L2 %.2e; %s KL %.2e\n", i,
                d.relative_l2, std::string((*fast)->kernels().name).c_str(), quantised.mean_kl);
    EXPECT_LE(quantised.mean_kl, 2e-3) << "prompt " << i;
  }
}

}  // namespace
}  // namespace weir::model
