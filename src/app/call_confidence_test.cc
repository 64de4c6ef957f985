#include "app/call_confidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace weir::app {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// Feeds pieces with their probabilities to a parser and to what is tested, as a model does.
class CallConfidenceTest : public ::testing::Test {
 protected:
  void Special(const std::string& text, double probability) {
    Token(parser_.PushSpecial(text), probability, false);
  }
  void Text(const std::string& text, double probability) {
    Token(parser_.Push(text), probability, false);
  }
  void Forced(const std::string& text) { Token(parser_.Push(text), std::nan(""), true); }
  const std::vector<std::optional<double>>& End() {
    confidence_.OnEnd(parser_.Finish());
    return confidence_.calls();
  }
  void Start() { Special("<|tool_call_start|>", 0.5); }
  void Stop() { Special("<|tool_call_end|>", 0.1); }

 private:
  void Token(const std::vector<chat::Event>& events, double probability, bool forced) {
    engine::TokenEvent token;
    token.log_prob = static_cast<float>(std::log(probability));
    token.forced = forced;
    confidence_.OnToken(token, events);
  }

  chat::OutputParser parser_{{.markers_are_tokens = true}};
  CallConfidence confidence_;
};

TEST_F(CallConfidenceTest, AnAnswerHasNone) {
  Text("Done.", 0.2);
  EXPECT_THAT(End(), IsEmpty());
}

TEST_F(CallConfidenceTest, IsTheLeastProbabilityBetweenTheMarkers) {
  Text("I look.", 0.01);
  Start();
  Text("[read_file(path=\"", 0.9);
  Text("a.txt", 0.4);
  Forced("\")]");
  Stop();
  Text("And more.", 0.02);
  EXPECT_THAT(End(), ElementsAre(Optional(DoubleNear(0.4, 1e-6))));
}

TEST_F(CallConfidenceTest, CallsOfOneBlockShareItAndBlocksDoNot) {
  Start();
  Text("[read_file(path=\"a\"), ", 0.8);
  Text("read_file(path=\"b\")]", 0.6);
  Stop();
  Start();
  Text("[list_files()]", 0.7);
  Stop();
  EXPECT_THAT(End(), ElementsAre(Optional(DoubleNear(0.6, 1e-6)), Optional(DoubleNear(0.6, 1e-6)),
                                 Optional(DoubleNear(0.7, 1e-6))));
}

TEST_F(CallConfidenceTest, IsUnknownWhereNothingWasSampled) {
  Start();
  Forced("[list_files()]");
  Stop();
  EXPECT_THAT(End(), ElementsAre(std::nullopt));
}

TEST_F(CallConfidenceTest, ABlockWithoutAnEndCountsToo) {
  Start();
  Text("[list_files()]", 0.3);
  EXPECT_THAT(End(), ElementsAre(Optional(DoubleNear(0.3, 1e-6))));
}

TEST_F(CallConfidenceTest, ABlockThatCouldNotBeReadLeavesNothingBehind) {
  Start();
  Text("[[[", 0.1);
  Stop();
  Start();
  Text("[list_files()]", 0.9);
  Stop();
  EXPECT_THAT(End(), ElementsAre(Optional(DoubleNear(0.9, 1e-6))));
}

}  // namespace
}  // namespace weir::app
