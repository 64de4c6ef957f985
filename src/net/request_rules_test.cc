#include "net/request_rules.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

Url At(const char* text) { return *ParseUrl(text); }

HttpResponse RedirectTo(int status, const char* location) {
  return {.status = status, .headers = {{"Location", location}}};
}

TEST(CheckRequest, RefusesWhatWouldBecomeAnotherHeader) {
  for (const char* value : {"a\r\nEvil: 1", "a\nb", "a\rb", "a\x01", "\x7f"}) {
    const Status status = CheckRequest({.url = "http://a/", .headers = {{"X-Name", value}}});
    ASSERT_FALSE(status) << value;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(status.error().message.find("X-Name"), std::string::npos);
  }
  EXPECT_FALSE(CheckRequest({.headers = {{"X", std::string("a\0b", 3)}}}));
  for (const char* name : {"", "a b", "a:", "a\r\nb", "\xc3\xa4"})
    EXPECT_FALSE(CheckRequest({.headers = {{name, "x"}}})) << name;
  for (const char* method : {"", "GET /", "G\r\n"})
    EXPECT_FALSE(CheckRequest({.method = method})) << method;
}

TEST(CheckRequest, RefusesHeadersThatSayHowLongTheBodyIs) {
  for (const char* name : {"content-length", "Transfer-Encoding", "EXPECT", "Connection"})
    EXPECT_FALSE(CheckRequest({.headers = {{name, "1"}}})) << name;
}

TEST(CheckRequest, DoesNotRepeatTheValue) {
  const Status status = CheckRequest({.headers = {{"Authorization", "Bearer secret\n"}}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message.find("secret"), std::string::npos);
}

TEST(CheckRequest, TakesOrdinaryHeaders) {
  EXPECT_TRUE(CheckRequest({.method = "POST",
                            .headers = {{"Accept", "application/json, text/event-stream"},
                                        {"X-Empty", ""},
                                        {"X-Tab", "a\tb"},
                                        {"X-Latin", "\xe4"}}}));
}

TEST(RedirectTarget, IsOnlyWhereItMayBeFollowed) {
  const HttpRequest get{.method = "GET"};
  const HttpRequest post{.method = "POST", .body = "x"};
  const Url from = At("https://a/x");
  EXPECT_EQ(RedirectTarget(get, from, RedirectTo(302, "/y"))->Text(), "https://a/y");
  EXPECT_EQ(RedirectTarget(get, from, RedirectTo(302, "https://b/"))->Text(), "https://b/");
  EXPECT_FALSE(RedirectTarget(get, from, RedirectTo(302, "http://a/")));
  EXPECT_FALSE(RedirectTarget(get, from, RedirectTo(302, "file:///etc/passwd")));
  EXPECT_FALSE(RedirectTarget(get, from, RedirectTo(304, "/y")));
  EXPECT_FALSE(RedirectTarget(get, from, RedirectTo(200, "/y")));
  EXPECT_FALSE(RedirectTarget(get, from, {.status = 302}));
  EXPECT_TRUE(RedirectTarget(post, from, RedirectTo(307, "/y")));
  EXPECT_FALSE(RedirectTarget(post, from, RedirectTo(307, "https://b/")));
  EXPECT_FALSE(RedirectTarget(post, from, RedirectTo(308, "https://a:444/")));
}

TEST(Redirected, LeavesSecretsAtTheOriginTheyAreFor) {
  const HttpRequest request{.method = "POST",
                            .headers = {{"Authorization", "Bearer x"},
                                        {"Mcp-Session-Id", "s"},
                                        {"Accept", "text/plain"},
                                        {"Content-Type", "text/plain"}},
                            .body = "body"};
  const HttpRequest same = Redirected(request, At("http://a/"), At("http://a/b"), 307);
  EXPECT_EQ(same.headers.fields(), request.headers.fields());
  EXPECT_EQ(same.method, "POST");
  EXPECT_EQ(same.body, "body");
  EXPECT_EQ(same.url, "http://a/b");
  const HttpRequest other = Redirected(request, At("http://a/"), At("http://a:81/"), 303);
  EXPECT_EQ(other.headers.fields(), (HttpHeaders{{"Accept", "text/plain"}}.fields()));
  EXPECT_EQ(other.method, "GET");
  EXPECT_EQ(other.body, "");
}

}  // namespace
}  // namespace weir::net
