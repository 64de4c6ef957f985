#include "benchmark/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmark/testing/golden_model.h"

namespace weir::benchmark {
namespace {

using ::testing::HasSubstr;

class RequestsTest : public ::testing::Test {
 protected:
  std::string ErrorOf(std::string_view line) {
    const json::Json answer = requests_.Answer(line);
    return answer.contains("error") ? answer["error"].get<std::string>() : "";
  }

  std::shared_ptr<const model::Model> model_ = GoldenModel({.n_threads = 2});
  std::stop_source stop_;
  Requests requests_{*model_, {}, stop_.get_token(), size_t{8} << 20};
};

TEST_F(RequestsTest, AnswersWhatIsNoRequestWithAnError) {
  EXPECT_THAT(ErrorOf("{"), HasSubstr("byte"));
  EXPECT_THAT(ErrorOf("[1]"), HasSubstr("\"op\" is '', expected open, extend, prefill"));
  EXPECT_THAT(ErrorOf(R"({"op":7})"), HasSubstr("\"op\" is ''"));
  EXPECT_THAT(ErrorOf(R"({"op":"dance"})"), HasSubstr("\"op\" is 'dance'"));
}

TEST_F(RequestsTest, RefusesNumbersThatCannotBe) {
  EXPECT_THAT(ErrorOf(R"({"op":"open"})"), HasSubstr("\"context\" is missing"));
  EXPECT_THAT(ErrorOf(R"({"op":"open","context":"8"})"), HasSubstr("is \"8\", expected a number"));
  EXPECT_THAT(ErrorOf(R"({"op":"open","context":1e3})"), HasSubstr("expected a number"));
  EXPECT_THAT(ErrorOf(R"({"op":"open","context":18446744073709551615})"), HasSubstr("expected"));
  EXPECT_THAT(ErrorOf(R"({"op":"open","context":0})"), HasSubstr("this model takes 1 to"));
  EXPECT_EQ(ErrorOf(R"({"op":"open","context":8})"), "");
  EXPECT_THAT(ErrorOf(R"({"op":"extend","tokens":-1})"), HasSubstr("is -1, expected a number"));
}

TEST_F(RequestsTest, WantsAContextBeforeRounds) {
  EXPECT_THAT(ErrorOf(R"({"op":"decode","tokens":1})"), HasSubstr("'decode' before \"open\""));
}

TEST_F(RequestsTest, GoesOnAfterARoundThatDoesNotFit) {
  EXPECT_EQ(ErrorOf(R"({"op":"open","context":8})"), "");
  EXPECT_THAT(ErrorOf(R"({"op":"prefill","tokens":9})"), HasSubstr("there are 8 more"));
  EXPECT_EQ(ErrorOf(R"({"op":"prefill","tokens":8})"), "");
}

TEST_F(RequestsTest, RefusesAContextBeyondTheTokensItWasGiven) {
  Requests few(*model_, {1, 2, 3}, stop_.get_token());
  EXPECT_THAT(few.Answer(R"({"op":"open","context":4})")["error"].get<std::string>(),
              HasSubstr("was given 3 token ids"));
  EXPECT_EQ(few.Answer(R"({"op":"open","context":3})")["context"], 3);
}

TEST_F(RequestsTest, MeasuresRoundsBehindADepth) {
  EXPECT_EQ(requests_.Greeting()["vocabulary"], 1024);
  EXPECT_EQ(requests_.Answer(R"({"op":"open","context":64})")["context"], 64);
  EXPECT_EQ(requests_.Answer(R"({"op":"extend","tokens":20})")["depth"], 20);
  EXPECT_EQ(requests_.Answer(R"({"op":"extend","tokens":12})")["depth"], 32);
  const json::Json prefill = requests_.Answer(R"({"op":"prefill","tokens":16})");
  const json::Json decode = requests_.Answer(R"({"op":"decode","tokens":16})");
  EXPECT_GT(prefill["seconds"].get<double>(), 0);
  EXPECT_EQ(prefill["next_token"], decode["next_token"]);
  EXPECT_GT(decode["synchronisations"].get<int>(), prefill["synchronisations"].get<int>());
  EXPECT_TRUE(decode["roof"].is_null());  // nobody measured it
}

TEST_F(RequestsTest, KnowsTheRoofOnceItIsMeasured) {
  EXPECT_GT(requests_.Answer(R"({"op":"roofs"})")["read_bytes_per_second"].get<double>(), 0);
  EXPECT_EQ(ErrorOf(R"({"op":"open","context":8})"), "");
  EXPECT_GT(requests_.Answer(R"({"op":"decode","tokens":2})")["roof"].get<double>(), 0);
}

}  // namespace
}  // namespace weir::benchmark
