#include "oauth/system_browser.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "net/http_client.h"
#include "net/url.h"
#include "oauth/sign_in_text.h"

namespace weir::oauth {
namespace {

using std::chrono::milliseconds;

SignIn SomeSignIn() {
  return {.url = "https://as.example/authorize?state=s",
          .server_url = "https://mcp.example/mcp",
          .issuer = "https://as.example",
          .scopes = {"read", "write"},
          .state = "s"};
}

TEST(SignInText, SaysTheHostApartAndTheWholeAddress) {
  const std::string text = SignInText(SomeSignIn());
  EXPECT_NE(text.find("https://mcp.example/mcp"), std::string::npos);
  EXPECT_NE(text.find("host: as.example\n"), std::string::npos);
  EXPECT_NE(text.find("read write"), std::string::npos);
  EXPECT_NE(text.find("https://as.example/authorize?state=s\n"), std::string::npos);
  EXPECT_EQ(text.find("WARNING"), std::string::npos);
}

TEST(SignInText, WarnsOfPunycodeAndOfPlainHttp) {
  SignIn sign_in = SomeSignIn();
  sign_in.url = "https://xn--pple-43d.com/authorize";
  EXPECT_NE(SignInText(sign_in).find("punycode"), std::string::npos);
  sign_in.url = "http://localhost/authorize";
  EXPECT_NE(SignInText(sign_in).find("not https"), std::string::npos);
}

TEST(SignInText, ShowsNoCharacterThatIsNotThere) {
  SignIn sign_in = SomeSignIn();
  sign_in.scopes = {"a\x1b[2Jb"};
  sign_in.server_url = "https://mcp.example/\xe2\x80\xae";
  for (const char c : SignInText(sign_in)) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 127));
  sign_in.url = "javascript:alert(1)";
  EXPECT_NE(SignInText(sign_in).find("say no"), std::string::npos);
}

class OpenUrlTest : public testing::Test {
 protected:
  OpenUrlTest() {
    std::string pattern = testing::TempDir() + "browser-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    program_ = folder_ + "/browser";
    // Writes each of its arguments on a line, and the name when it is done.
    std::ofstream(program_) << "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >" << folder_
                            << "/part\nmv " << folder_ << "/part " << folder_ << "/opened\n";
    EXPECT_EQ(::chmod(program_.c_str(), 0700), 0);
  }
  ~OpenUrlTest() override { std::filesystem::remove_all(folder_); }

  std::string Opened() const {
    for (int i = 0; i < 1000 && !std::filesystem::exists(folder_ + "/opened"); ++i)
      std::this_thread::sleep_for(milliseconds(10));
    std::ifstream file(folder_ + "/opened");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  std::string program_;
};

TEST_F(OpenUrlTest, OpensNothingButHttpAndHttps) {
  for (const char* url : {"file:///etc/passwd", "javascript:alert(1)", "-help", "", "mailto:a@b"})
    EXPECT_EQ(OpenUrl(program_, url).error().code, ErrorCode::kInvalidArgument) << url;
  EXPECT_EQ(OpenUrl(folder_ + "/missing", "https://a/").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/opened"));
}

TEST_F(OpenUrlTest, GivesTheUrlAsOneArgumentThatNoShellReads) {
  const std::string url = "https://as.example/a?x=$(touch%20" + folder_ + "/evil)&y=';&z=1";
  ASSERT_TRUE(OpenUrl(program_, url));
  EXPECT_EQ(Opened(), "1\n" + url + "\n");
}

class FakePrompt : public SignInPrompt {
 public:
  Result<bool> MayOpen(const std::string& text, const std::stop_token&) override {
    shown = text;
    return answer;
  }
  void Tell(const std::string& text) override { told += text; }

  bool answer = true;
  std::string shown;
  std::string told;
};

TEST(SystemBrowser, ANoOpensNothing) {
  FakePrompt prompt;
  prompt.answer = false;
  SystemBrowser browser(prompt, {.program = "/nonexistent"});
  const auto visit = browser.Open("");
  ASSERT_TRUE(visit);
  EXPECT_EQ((*visit)->Go(SomeSignIn(), {}).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(prompt.told, "");
}

TEST(SystemBrowser, WithoutABrowserThePersonOpensTheAddressByHand) {
  FakePrompt prompt;
  SystemBrowser browser(prompt, {.program = "/nonexistent", .timeout = milliseconds(20'000)});
  const auto visit = browser.Open("");
  ASSERT_TRUE(visit);
  Result<std::string> redirect;
  {
    const std::jthread waiter([&] { redirect = (*visit)->Go(SomeSignIn(), {}); });
    const auto page =
        net::NewHttpClient()->Send({.url = (*visit)->redirect_uri() + "?code=c&state=s"}, {}, {});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 200);
  }
  ASSERT_TRUE(redirect);
  EXPECT_EQ(*redirect, (*visit)->redirect_uri() + "?code=c&state=s");
  EXPECT_EQ(prompt.shown, SignInText(SomeSignIn()));
  EXPECT_NE(prompt.told.find("by hand"), std::string::npos);
}

TEST(SystemBrowser, TakesThePortOfAnEarlierVisitWhenItCan) {
  FakePrompt prompt;
  SystemBrowser browser(prompt);
  std::string first_uri;
  {
    const auto first = browser.Open("");
    ASSERT_TRUE(first);
    first_uri = (*first)->redirect_uri();
    EXPECT_NE((*browser.Open(first_uri))->redirect_uri(), first_uri);
  }
  EXPECT_EQ((*browser.Open(first_uri))->redirect_uri(), first_uri);
}

}  // namespace
}  // namespace weir::oauth
