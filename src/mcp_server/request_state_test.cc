#include "mcp_server/request_state.h"

#include <gtest/gtest.h>

namespace weir::mcp_server {
namespace {

class RequestStateTest : public ::testing::Test {
 protected:
  FakeClock clock_{1'700'000'000'000'000};
  StateSealer sealer_{&clock_};
  StateBinding binding_{"tools/call", {{"name", "t"}, {"arguments", {{"a", 1}}}}, "token"};
  std::string sealed_ = sealer_.Seal(binding_, {{"step", 2}});
};

TEST_F(RequestStateTest, EveryChangedCharacterIsRefused) {
  for (size_t i = 0; i < sealed_.size(); ++i) {
    std::string changed = sealed_;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const Result<json::Json> opened = sealer_.Open(binding_, changed);
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, ErrorCode::kPermissionDenied);
  }
  for (const std::string& text :
       {std::string(), std::string("."), sealed_ + "-TAMPERED", sealed_.substr(1),
        sealed_.substr(0, sealed_.size() - 1), "x" + sealed_}) {
    EXPECT_FALSE(sealer_.Open(binding_, text)) << text;
  }
}

TEST_F(RequestStateTest, AnotherMethodToolArgumentOrClientIsRefused) {
  StateBinding other = binding_;
  other.method = "prompts/get";
  EXPECT_FALSE(sealer_.Open(other, sealed_));
  other = binding_;
  other.params["name"] = "u";
  EXPECT_FALSE(sealer_.Open(other, sealed_));
  other = binding_;
  other.params["arguments"]["a"] = 2;
  EXPECT_FALSE(sealer_.Open(other, sealed_));
  other = binding_;
  other.principal = "anybody";
  EXPECT_FALSE(sealer_.Open(other, sealed_));
}

TEST_F(RequestStateTest, AnotherProcessAndALaterTimeAreRefused) {
  EXPECT_FALSE(StateSealer(&clock_).Open(binding_, sealed_));
  clock_.Advance(kStateLifetimeUs + 1);
  EXPECT_FALSE(sealer_.Open(binding_, sealed_));
}

TEST_F(RequestStateTest, TheSameRequestInItsNextRoundGetsItBack) {
  StateBinding next = binding_;
  next.params["inputResponses"] = {{"k", {{"action", "accept"}}}};
  next.params["requestState"] = sealed_;
  next.params["_meta"] = {{"x", 1}};
  const Result<json::Json> opened = sealer_.Open(next, sealed_);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(*opened, (json::Json{{"step", 2}}));
}

}  // namespace
}  // namespace weir::mcp_server
