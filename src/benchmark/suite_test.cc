#include "benchmark/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmark/testing/golden_model.h"

namespace weir::benchmark {
namespace {

using ::testing::HasSubstr;

class SuiteTest : public ::testing::Test {
 protected:
  Result<Report> Run(const SuiteOptions& options) {
    return RunSuite(
        *model_, roofs_, options,
        [&](const std::string& step, double part) {
          steps_.push_back(step);
          parts_.push_back(part);
        },
        stop_.get_token());
  }

  std::shared_ptr<const model::Model> model_ = GoldenModel({.n_threads = 1});
  const Roofs roofs_{.mapped_bytes_per_second = 1e9, .int8_per_second = 1e11};
  std::stop_source stop_;
  std::vector<std::string> steps_;
  std::vector<double> parts_;
};

TEST_F(SuiteTest, RefusesADepthBeyondTheModel) {
  const auto report = Run({.depths = {1 << 20}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("this model takes 1 to"));
}

TEST_F(SuiteTest, RefusesTooFewTokenIds) {
  const auto report = Run({.prefill = {4}, .decode = {2}, .depths = {8}, .tokens = {1, 2, 3}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("3 token ids were given and 12 are needed"));
}

TEST_F(SuiteTest, StopsWhenAsked) {
  stop_.request_stop();
  const auto report = Run({.prefill = {4}, .decode = {}, .depths = {0}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
}

TEST_F(SuiteTest, MeasuresEveryLengthAtEveryDepthInOrder) {
  const auto report = Run({.prefill = {4, 8}, .decode = {3}, .depths = {10, 0, 10}, .n_rounds = 2});
  ASSERT_TRUE(report) << report.error().message;
  std::vector<std::string> names;
  for (const Row& row : report->rows) {
    names.push_back(std::string(row.is_prefill ? "prefill " : "decode ") +
                    std::to_string(row.n_tokens) + " at " + std::to_string(row.depth));
    EXPECT_EQ(row.tokens_per_second.size(), 2U);
    EXPECT_GT(row.Median(), 0);
    EXPECT_GT(row.roof, 0);
    EXPECT_EQ(row.runs_per_pass, 0);  // one thread waits for nobody
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"prefill 4 at 0", "prefill 8 at 0", "decode 3 at 0",
                                      "prefill 4 at 10", "prefill 8 at 10", "decode 3 at 10"}));
  EXPECT_EQ(report->n_threads, 1);
  EXPECT_THAT(report->file, HasSubstr("tiny-q4_0.gguf"));
}

TEST_F(SuiteTest, TellsHowFarItIs) {
  ASSERT_TRUE(Run({.prefill = {4}, .decode = {3}, .depths = {5}, .n_rounds = 1}));
  EXPECT_TRUE(std::is_sorted(parts_.begin(), parts_.end()));
  EXPECT_NEAR(parts_.back(), 1, 1e-9);
  EXPECT_EQ(steps_.front(), "fill to depth 5");
  EXPECT_EQ(steps_.back(), "decode 3 at depth 5");
}

TEST(Row, MedianOfOddAndEvenNumbersOfRounds) {
  EXPECT_EQ(Row().Median(), 0);
  EXPECT_EQ((Row{.tokens_per_second = {5, 1, 3}}).Median(), 3);
  const Row row{.tokens_per_second = {5, 1, 3, 4}};
  EXPECT_EQ(row.Median(), 3.5);
  EXPECT_EQ(row.Least(), 1);
  EXPECT_EQ(row.Most(), 5);
}

}  // namespace
}  // namespace weir::benchmark
