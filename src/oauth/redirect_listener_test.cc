#include "oauth/redirect_listener.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/http_client.h"
#include "net/testing/loopback_server.h"
#include "net/url.h"

namespace weir::oauth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{20'000};

// Asks for `path_and_query` of the listener, with another Host if one is given.
int StatusOf(const std::string& origin, const std::string& target,
             const std::string& method = "GET", const std::string& host = "") {
  net::HttpRequest request{.method = method, .url = origin + target};
  if (!host.empty()) request.headers.Add("Host", host);
  const auto response = net::NewHttpClient()->Send(request, {.total = kLong}, {});
  return response ? response->status : 0;
}

TEST(RedirectListener, NobodyComesAndItEnds) {
  auto listener = RedirectListener::Open(0);
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->Wait("s", milliseconds(20), {}).error().code, ErrorCode::kDeadlineExceeded);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(listener->Wait("s", kLong, stop.get_token()).error().code, ErrorCode::kCancelled);
}

TEST(RedirectListener, OnlyTheRightRequestEndsTheWait) {
  auto listener = RedirectListener::Open(0);
  ASSERT_TRUE(listener);
  const net::Url url = *net::ParseUrl(listener->redirect_uri());
  Result<std::string> redirect;
  {
    const std::jthread waiter([&] { redirect = listener->Wait("the-state", kLong, {}); });
    const std::string origin = url.Origin();
    EXPECT_EQ(StatusOf(origin, "/callback?code=a&state=other"), 404);
    EXPECT_EQ(StatusOf(origin, "/callback"), 404);
    EXPECT_EQ(StatusOf(origin, "/?code=a&state=the-state"), 404);
    EXPECT_EQ(StatusOf(origin, "/callback/?code=a&state=the-state"), 404);
    EXPECT_EQ(StatusOf(origin, "/favicon.ico"), 404);
    EXPECT_EQ(StatusOf(origin, "/callback?code=a&state=the-state", "POST"), 400);
    EXPECT_EQ(StatusOf(origin, "/callback?code=a&state=the-state", "GET", "evil.example"), 400);
    EXPECT_EQ(StatusOf(origin, "/callback?code=a&state=the-state", "GET",
                       "localhost:" + std::to_string(url.port)),
              400);
    EXPECT_EQ(StatusOf(origin, "/callback?code=a%20b&state=the-state"), 200);
  }
  ASSERT_TRUE(redirect) << redirect.error().message;
  EXPECT_EQ(*redirect, listener->redirect_uri() + "?code=a%20b&state=the-state");
}

TEST(RedirectListener, ConnectionsThatSayNothingOrTooMuchDoNotHoldItUp) {
  auto listener = RedirectListener::Open(0);
  ASSERT_TRUE(listener);
  const net::Url url = *net::ParseUrl(listener->redirect_uri());
  Result<std::string> redirect;
  {
    const std::jthread waiter([&] { redirect = listener->Wait("s", kLong, {}); });
    std::vector<UniqueFd> idle;
    for (int i = 0; i < 40; ++i) idle.push_back(net::ConnectToLoopback(url.port));
    EXPECT_EQ(StatusOf(url.Origin(), "/callback?x=" + std::string(15'000, 'a')), 404);
    net::HttpRequest huge{.url = url.Origin() + "/callback?code=c&state=s"};
    for (int i = 0; i < 50; ++i) huge.headers.Add("X-Filler", std::string(1'000, 'a'));
    EXPECT_FALSE(net::NewHttpClient()->Send(huge, {.total = kLong}, {}));
    EXPECT_EQ(StatusOf(url.Origin(), "/callback?code=c&state=s"), 200);
  }
  EXPECT_TRUE(redirect);
}

TEST(RedirectListener, TakesTheWantedPortWhenItIsFree) {
  const int port = net::UnusedPort();
  auto first = RedirectListener::Open(port);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->redirect_uri(), "http://127.0.0.1:" + std::to_string(port) + "/callback");
  auto second = RedirectListener::Open(port);
  ASSERT_TRUE(second);
  EXPECT_NE(second->redirect_uri(), first->redirect_uri());
}

}  // namespace
}  // namespace weir::oauth
