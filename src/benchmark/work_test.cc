#include "benchmark/work.h"

#include <gtest/gtest.h>

#include "benchmark/testing/golden_model.h"

namespace weir::benchmark {
namespace {

constexpr Roofs kFastMemory{.mapped_bytes_per_second = 1e18, .int8_per_second = 1e9};
constexpr Roofs kSlowMemory{.mapped_bytes_per_second = 1e6, .int8_per_second = 1e18};

class WorkTest : public ::testing::Test {
 protected:
  // Bytes of the tensors whose name holds `part`.
  double BytesOf(std::string_view part) const {
    double sum = 0;
    for (const gguf::TensorInfo& tensor : model_->file().tensors()) {
      if (tensor.name.find(part) != std::string_view::npos)
        sum += static_cast<double>(tensor.data.size());
    }
    return sum;
  }

  std::shared_ptr<const model::Model> model_ = GoldenModel({.n_threads = 1});
  Work work_{*model_};
};

TEST_F(WorkTest, RoofsThatAreNotKnownGiveNone) {
  EXPECT_EQ(work_.PrefillRoof({}, 8, 0), 0);
  EXPECT_EQ(work_.DecodeRoof({.mapped_bytes_per_second = 1e9}, 8, 0), 0);
  EXPECT_EQ(work_.DecodeRoof({.int8_per_second = 1e9}, 8, 0), 0);
}

TEST_F(WorkTest, ATokenReadsItsExpertsAndEverythingElse) {
  const double experts = BytesOf("_exps.weight");
  const double used = 4.0 / 6;  // four of the six experts
  EXPECT_DOUBLE_EQ(work_.PassBytes(1, 0), BytesOf("") - experts + used * experts);
}

TEST_F(WorkTest, ManyTokensReadEveryExpert) {
  EXPECT_NEAR(work_.PassBytes(500, 0), BytesOf(""), 1);
}

TEST_F(WorkTest, TokensBeforeAddTheirKeysAndValues) {
  EXPECT_DOUBLE_EQ(work_.PassBytes(1, 100) - work_.PassBytes(1, 0),
                   100.0 * static_cast<double>(model_->KvBytesPerToken()));
}

TEST_F(WorkTest, TheOutputMatrixIsMultipliedOnceAPass) {
  const double two = work_.PassOperations(2);
  const double three = work_.PassOperations(3);
  const double output = 2.0 * 256 * 1024;  // and the last layer's feed-forward part
  EXPECT_GT(work_.PassOperations(1) - (three - two), output);
}

TEST_F(WorkTest, TheSlowerOfReadingAndComputingIsTheRoof) {
  EXPECT_DOUBLE_EQ(work_.PrefillRoof(kFastMemory, 8, 0), 8 / (work_.PassOperations(8) / 1e9));
  EXPECT_DOUBLE_EQ(work_.PrefillRoof(kSlowMemory, 8, 0), 8 / (work_.PassBytes(8, 0) / 1e6));
}

TEST_F(WorkTest, DecodingReadsTheContextOfTheMiddleStep) {
  EXPECT_DOUBLE_EQ(work_.DecodeRoof(kSlowMemory, 64, 1000), 1 / (work_.PassBytes(1, 1032) / 1e6));
}

}  // namespace
}  // namespace weir::benchmark
