// What a server may ask of the person, and what is declined without asking.

#include "mcp_host/person_handlers.h"

#include <gtest/gtest.h>

namespace weir::mcp_host {
namespace {

using Action = mcp_client::ElicitAnswer::Action;

mcp_client::ElicitRequest Form(const std::string& name, const std::string& title = "") {
  mcp_client::ElicitRequest request;
  request.message = "please fill in";
  mcp_client::ElicitField field;
  field.name = name;
  field.title = title;
  request.fields = {field};
  return request;
}

class PersonHandlersTest : public ::testing::Test {
 protected:
  int n_asked_ = 0;
  tools::ServerQuestion asked_;
  tools::ServerAnswer answer_;
  PersonHandlers handlers_{"notes",
                           [this](const tools::ServerQuestion& question, const std::stop_token&) {
                             ++n_asked_;
                             asked_ = question;
                             return answer_;
                           }};
};

TEST_F(PersonHandlersTest, FormsThatWantSecretsAreDeclinedWithoutAsking) {
  for (const char* name : {"password", "API-Key", "access_token", "Credit card", "seed phrase"}) {
    EXPECT_EQ(handlers_.OnElicit(Form(name), {}).action, Action::kDecline) << name;
    EXPECT_EQ(handlers_.OnElicit(Form("field", name), {}).action, Action::kDecline) << name;
  }
  EXPECT_EQ(n_asked_, 0);
}

TEST_F(PersonHandlersTest, UrlsWhoseHostIsInDoubtAreDeclinedWithoutAsking) {
  mcp_client::ElicitRequest request;
  request.mode = mcp_client::ElicitRequest::Mode::kUrl;
  for (const char* url : {"https://good.example@evil.example/", "file:///etc/passwd",
                          "javascript:alert(1)", "https://ex%61mple.org/"}) {
    request.url = url;
    EXPECT_EQ(handlers_.OnElicit(request, {}).action, Action::kDecline) << url;
  }
  EXPECT_EQ(n_asked_, 0);
}

TEST_F(PersonHandlersTest, TheQuestionNamesTheConfiguredServerAndItsWholeUrl) {
  mcp_client::ElicitRequest request;
  request.mode = mcp_client::ElicitRequest::Mode::kUrl;
  request.url = "https://login.example.org/start?state=1";
  answer_.action = tools::ServerAnswer::Action::kAccept;
  EXPECT_EQ(handlers_.OnElicit(request, {}).action, Action::kAccept);
  EXPECT_EQ(asked_.server, "notes");
  EXPECT_EQ(asked_.url, request.url);
  EXPECT_EQ(asked_.host, "login.example.org");
}

TEST_F(PersonHandlersTest, TheAnswerGoesBackAsItWasGiven) {
  answer_ = {tools::ServerAnswer::Action::kAccept, {{"city", "Oslo"}}};
  const auto accepted = handlers_.OnElicit(Form("city"), {});
  EXPECT_EQ(accepted.action, Action::kAccept);
  EXPECT_EQ(accepted.content["city"], "Oslo");
  ASSERT_EQ(asked_.fields.size(), 1u);
  EXPECT_EQ(asked_.fields[0].name, "city");
  answer_ = {tools::ServerAnswer::Action::kCancel, nullptr};
  EXPECT_EQ(handlers_.OnElicit(Form("city"), {}).action, Action::kCancel);
}

TEST_F(PersonHandlersTest, RootsAndSamplingAreNotOffered) {
  EXPECT_FALSE(handlers_.support().roots);
  EXPECT_FALSE(handlers_.support().sampling);
  EXPECT_TRUE(handlers_.OnListRoots().empty());
  EXPECT_FALSE(handlers_.OnSample({}, {}).has_value());
}

}  // namespace
}  // namespace weir::mcp_host
