#include "mcp_server/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mcp_server/fixtures.h"
#include "mcp_server/testing/kept_messages.h"

namespace weir::mcp_server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SubscriptionTest : public ::testing::Test {
 protected:
  auto Open(json::Json params) {
    return Subscription::Open(
        {.id = "s1", .method = "subscriptions/listen", .params = std::move(params)},
        fixtures_.features(), hub_, out_);
  }

  Fixtures fixtures_;
  ChangeHub hub_;
  KeptMessages out_;
};

TEST_F(SubscriptionTest, MalformedFiltersAreRefusedAndNothingIsSent) {
  for (const json::Json& params :
       {json::Json::object(), json::Json{{"notifications", 1}},
        json::Json{{"notifications", {{"toolsListChanged", "yes"}}}},
        json::Json{{"notifications", {{"resourceSubscriptions", "x"}}}},
        json::Json{{"notifications", {{"resourceSubscriptions", json::Json::array({1})}}}}}) {
    const auto opened = Open(params);
    ASSERT_TRUE(std::holds_alternative<mcp::RpcError>(opened)) << json::Dump(params);
    EXPECT_EQ(std::get<mcp::RpcError>(opened).code, mcp::error_code::kInvalidParams);
  }
  EXPECT_TRUE(out_.lines().empty());
}

TEST_F(SubscriptionTest, TheAcknowledgementIsFirstAndOnlyWhatWasAskedForFollows) {
  auto opened = Open({{"notifications", {{"promptsListChanged", true}}}});
  auto& subscription = std::get<std::unique_ptr<Subscription>>(opened);
  hub_.Publish({.kind = ChangeKind::kTools});
  hub_.Publish({.kind = ChangeKind::kPrompts});
  hub_.Publish({.kind = ChangeKind::kResource, .uri = "test://x"});
  EXPECT_THAT(out_.lines(), ElementsAre(HasSubstr("subscriptions/acknowledged"),
                                        HasSubstr("prompts/list_changed")));
  for (const std::string& line : out_.lines()) {
    EXPECT_THAT(line, HasSubstr(R"("io.modelcontextprotocol/subscriptionId":"s1")"));
  }
  subscription->End();
  hub_.Publish({.kind = ChangeKind::kPrompts});
  ASSERT_EQ(out_.lines().size(), 3U);
  EXPECT_THAT(out_.lines()[2], HasSubstr(R"("id":"s1","result")"));
  subscription.reset();
  hub_.Publish({.kind = ChangeKind::kPrompts});
  EXPECT_EQ(out_.lines().size(), 3U);
}

TEST_F(SubscriptionTest, WhatTheServerCanNotTellOfIsNotAccepted) {
  Features bare{.name = "bare", .version = "1"};
  const auto opened = Subscription::Open(
      {.id = 1,
       .method = "subscriptions/listen",
       .params = {{"notifications",
                   {{"toolsListChanged", true},
                    {"resourceSubscriptions", json::Json::array({"test://x"})}}}}},
      bare, hub_, out_);
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<Subscription>>(opened));
  EXPECT_THAT(out_.lines(), ElementsAre(HasSubstr(R"("notifications":{})")));
}

TEST_F(SubscriptionTest, AWatchedResourceIsToldOfByItsUri) {
  const auto opened =
      Open({{"notifications", {{"resourceSubscriptions", json::Json::array({"test://watched"})}}}});
  hub_.Publish({.kind = ChangeKind::kResource, .uri = "test://other"});
  hub_.Publish({.kind = ChangeKind::kResource, .uri = "test://watched"});
  ASSERT_EQ(out_.lines().size(), 2U);
  EXPECT_THAT(out_.lines()[1], HasSubstr("test://watched"));
}

}  // namespace
}  // namespace weir::mcp_server
