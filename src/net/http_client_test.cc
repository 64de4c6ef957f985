// The client against a server that does what a test says, most of it wrong.

#include "net/http_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "net/testing/loopback_server.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;

// Far less than the time that an answer would take, far more than a busy machine needs.
constexpr milliseconds kSoon{3'000};
constexpr milliseconds kShort{100};

HttpLimits ShortLimits() { return {.total = milliseconds(20'000)}; }

Result<HttpResponse> Get(const std::string& url, const HttpLimits& limits = ShortLimits()) {
  return NewHttpClient()->Send({.url = url}, limits, {});
}

// The answer of a server that writes `bytes` and closes.
Result<HttpResponse> AnswerOf(const std::string& bytes, const HttpLimits& limits = ShortLimits()) {
  const LoopbackServer server([&](const HttpRequest&, LoopbackPeer& peer) {
    peer.Send(bytes);
    peer.Close();
  });
  return Get(server.Url("/"), limits);
}

ErrorCode CodeOf(const Result<HttpResponse>& response) {
  EXPECT_FALSE(response);
  return response ? ErrorCode::kInternal : response.error().code;
}

class Recorder : public HttpSink {
 public:
  Status OnHead(const HttpResponse& head) override {
    heads.push_back(head.status);
    return head_status;
  }
  Status OnBody(std::string_view bytes) override {
    body += bytes;
    if (body.size() >= stop_after) stop.request_stop();
    return body_status;
  }

  std::vector<int> heads;
  std::string body;
  Status head_status;
  Status body_status;
  size_t stop_after = SIZE_MAX;
  std::stop_source stop;
};

TEST(HttpClient, RefusesARequestThatIsNoneBeforeAnyConnection) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer&) {});
  const auto client = NewHttpClient();
  for (const HttpRequest& request :
       {HttpRequest{.url = "ftp://127.0.0.1/"}, HttpRequest{.url = "file:///etc/passwd"},
        HttpRequest{.url = server.Url("/a b")}, HttpRequest{.url = server.Url("/#x")},
        HttpRequest{.method = "GET /\r\nX: ", .url = server.Url("/")},
        HttpRequest{.url = server.Url("/"), .headers = {{"X", "a\r\nY: b"}}},
        HttpRequest{.url = server.Url("/"), .headers = {{"Content-Length", "5"}}}})
    EXPECT_EQ(CodeOf(client->Send(request, ShortLimits(), {})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(server.n_connections(), 0);
}

TEST(HttpClient, SaysWhichServerIsNotThereAndNoSecret) {
  const std::string origin = "http://127.0.0.1:" + std::to_string(UnusedPort());
  const Result<HttpResponse> response = NewHttpClient()->Send(
      {.url = origin + "/path?token=secret", .headers = {{"Authorization", "Bearer secret"}}},
      ShortLimits(), {});
  ASSERT_EQ(CodeOf(response), ErrorCode::kUnavailable);
  EXPECT_NE(response.error().message.find(origin), std::string::npos);
  EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
  EXPECT_EQ(response.error().message.find("path"), std::string::npos);
}

TEST(HttpClient, AnAnswerThatIsCutOffIsAnError) {
  EXPECT_EQ(CodeOf(AnswerOf("")), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(AnswerOf("HTTP/1.1 200 OK\r\nX: 1")), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(AnswerOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")),
            ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(AnswerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")),
            ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(AnswerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")),
            ErrorCode::kUnavailable);
}

TEST(HttpClient, WhatIsNoHttpIsAnError) {
  EXPECT_EQ(CodeOf(AnswerOf("220 mail.example.org ESMTP\r\n")), ErrorCode::kCorruptData);
  EXPECT_FALSE(AnswerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
  EXPECT_FALSE(AnswerOf("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc"));
}

TEST(HttpClient, AnEndlessHeadEndsAtItsLimit) {
  const HttpLimits limits{.total = milliseconds(20'000), .max_head_bytes = 10'000};
  const LoopbackServer endless([](const HttpRequest&, LoopbackPeer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\n");
    while (!peer.stopping() && peer.Send("X-Name: 0123456789\r\n")) {
    }
    peer.Close();
  });
  EXPECT_EQ(CodeOf(Get(endless.Url("/"), limits)), ErrorCode::kResourceExhausted);
  const LoopbackServer interim([](const HttpRequest&, LoopbackPeer& peer) {
    while (!peer.stopping() && peer.Send("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n")) {
    }
    peer.Close();
  });
  EXPECT_EQ(CodeOf(Get(interim.Url("/"), limits)), ErrorCode::kResourceExhausted);
}

TEST(HttpClient, AnEndlessBodyEndsAtItsLimit) {
  const HttpLimits limits{.total = milliseconds(20'000), .max_body_bytes = 10'000};
  const LoopbackServer server([](const HttpRequest& request, LoopbackPeer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const bool in_chunks = request.url == "/chunks";
    while (!peer.stopping() && peer.Send(in_chunks ? "4\r\nabcd\r\n" : "zzz")) {
    }
    peer.Close();
  });
  EXPECT_EQ(CodeOf(Get(server.Url("/chunks"), limits)), ErrorCode::kResourceExhausted);
  const std::string body(10'000, 'a');
  EXPECT_TRUE(AnswerOf("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + body, limits));
  EXPECT_EQ(CodeOf(AnswerOf("HTTP/1.1 200 OK\r\n\r\n" + body + "a", limits)),
            ErrorCode::kResourceExhausted);
}

TEST(HttpClient, ASilentServerMeetsTheDeadline) {
  const LoopbackServer server([](const HttpRequest& request, LoopbackPeer& peer) {
    if (request.url == "/body") peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    peer.Sleep(milliseconds(20'000));
    peer.Close();
  });
  EXPECT_EQ(CodeOf(Get(server.Url("/"), {.total = kShort})), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(CodeOf(Get(server.Url("/body"), {.total = kShort})), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(CodeOf(Get(server.Url("/body"), {.total = milliseconds(0), .idle = kShort})),
            ErrorCode::kDeadlineExceeded);
}

TEST(HttpClient, ASlowServerMeetsTheDeadlineThoughItNeverFallsSilent) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (!peer.stopping() && peer.Send("a")) peer.Sleep(milliseconds(20));
    peer.Close();
  });
  const HttpLimits limits{.total = milliseconds(300), .idle = milliseconds(10'000)};
  EXPECT_EQ(CodeOf(Get(server.Url("/"), limits)), ErrorCode::kDeadlineExceeded);
}

TEST(HttpClient, AStopEndsAnExchangeAtOnceAndClosesTheConnection) {
  std::atomic<bool> saw_close = false;
  const LoopbackServer server([&](const HttpRequest&, LoopbackPeer& peer) {
    saw_close = peer.WaitForClose(milliseconds(20'000));
    peer.Close();
  });
  std::stop_source stop;
  const std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::sleep_for(milliseconds(1));
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf(NewHttpClient()->Send({.url = server.Url("/")}, {}, stop.get_token())),
            ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kSoon);
  for (int i = 0; i < 300 && !saw_close; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(saw_close);
}

TEST(HttpClient, AStopBeforehandMakesNoConnection) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer&) {});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(CodeOf(NewHttpClient()->Send({.url = server.Url("/")}, {}, stop.get_token())),
            ErrorCode::kCancelled);
  EXPECT_EQ(server.n_connections(), 0);
}

TEST(HttpClient, AnErrorOfTheSinkEndsTheExchangeAndIsWhatStreamReturns) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\n\r\n");
    while (!peer.stopping() && peer.Send("abc")) {
    }
    peer.Close();
  });
  Recorder recorder;
  recorder.body_status = MakeError(ErrorCode::kUnsupported, "enough");
  const auto client = NewHttpClient();
  const auto by_body = client->Stream({.url = server.Url("/")}, ShortLimits(), recorder, {});
  ASSERT_EQ(CodeOf(by_body), ErrorCode::kUnsupported);
  EXPECT_EQ(by_body.error().message, "enough");
  recorder.head_status = MakeError(ErrorCode::kPermissionDenied, "no");
  const auto by_head = client->Stream({.url = server.Url("/")}, ShortLimits(), recorder, {});
  EXPECT_EQ(CodeOf(by_head), ErrorCode::kPermissionDenied);
}

TEST(HttpClient, AStopWhileAStreamComesKeepsWhatCame) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n");
    peer.WaitForClose(milliseconds(20'000));
    peer.Close();
  });
  Recorder recorder;
  recorder.stop_after = 9;
  const auto response =
      NewHttpClient()->Stream({.url = server.Url("/")}, {}, recorder, recorder.stop.get_token());
  EXPECT_EQ(CodeOf(response), ErrorCode::kCancelled);
  EXPECT_EQ(recorder.heads, std::vector<int>{200});
  EXPECT_EQ(recorder.body, "data: a\n\n");
}

TEST(HttpClient, ARequestThatMayHaveAnEffectIsNeverSentTwice) {
  std::atomic<int> n_posts = 0;
  const LoopbackServer server([&](const HttpRequest& request, LoopbackPeer& peer) {
    if (request.url == "/fine") {
      peer.Respond(200, {}, "ok");
      return;
    }
    ++n_posts;  // acted upon, never answered
    peer.Close();
  });
  const auto client = NewHttpClient();
  ASSERT_TRUE(client->Send({.url = server.Url("/fine")}, ShortLimits(), {}));
  const auto response =
      client->Send({.method = "POST", .url = server.Url("/act"), .body = "x"}, ShortLimits(), {});
  EXPECT_EQ(CodeOf(response), ErrorCode::kUnavailable);
  EXPECT_EQ(n_posts, 1);
}

TEST(HttpClient, ASafeRequestIsSentAgainWhenAKeptConnectionWasClosed) {
  std::atomic<int> n_requests = 0;
  const LoopbackServer server([&](const HttpRequest&, LoopbackPeer& peer) {
    if (++n_requests == 2) return peer.Close();
    peer.Respond(200, {}, "ok");
  });
  const auto client = NewHttpClient();
  EXPECT_TRUE(client->Send({.url = server.Url("/")}, ShortLimits(), {}));
  EXPECT_TRUE(client->Send({.url = server.Url("/")}, ShortLimits(), {}));
  EXPECT_EQ(n_requests, 3);
}

TEST(HttpClient, SendsMethodHeadersAndBodyAsGiven) {
  const LoopbackServer server([](const HttpRequest&, LoopbackPeer& peer) {
    peer.Respond(201, {{"X-A", " 1 "}, {"x-a", "2"}}, "made");
  });
  std::string body = "{\"a\":1}";
  body += '\0';
  body += std::string(2'000'000, 'x');  // larger than where clients like to ask first
  const auto client = NewHttpClient();
  const auto response = client->Send({.method = "POST",
                                      .url = server.Url("/mcp?x=%20"),
                                      .headers = {{"Content-Type", "application/json"},
                                                  {"Accept", "application/json"},
                                                  {"X-Empty", ""}},
                                      .body = body},
                                     ShortLimits(), {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "made");
  EXPECT_EQ(response->headers.All("X-A"), (std::vector<std::string_view>{"1", "2"}));
  const std::vector<HttpRequest> requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].url, "/mcp?x=%20");
  EXPECT_EQ(requests[0].body, body);
  EXPECT_EQ(requests[0].headers.All("Content-Type"),
            std::vector<std::string_view>{"application/json"});
  EXPECT_EQ(requests[0].headers.All("Accept"), std::vector<std::string_view>{"application/json"});
  EXPECT_EQ(requests[0].headers.Find("X-Empty"), "");
  EXPECT_FALSE(requests[0].headers.Find("Expect"));
}

TEST(HttpClient, MethodsWithAndWithoutBodies) {
  const LoopbackServer server(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, ""); });
  const auto client = NewHttpClient();
  for (const char* method : {"GET", "DELETE", "POST", "PUT"})
    EXPECT_TRUE(client->Send({.method = method, .url = server.Url("/")}, ShortLimits(), {}));
  const std::vector<HttpRequest> requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[1].method, "DELETE");
  EXPECT_FALSE(requests[1].headers.Find("Content-Length"));
  EXPECT_EQ(requests[2].headers.Find("Content-Length"), "0");
  EXPECT_FALSE(requests[2].headers.Find("Content-Type"));
  EXPECT_EQ(requests[3].method, "PUT");
}

TEST(HttpClient, ReadsChunksTrailersAndInterimAnswers) {
  const auto response = AnswerOf(
      "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
      "X-A: 1\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "abcde");
  EXPECT_EQ(response->headers.Find("X-A"), "1");
  EXPECT_FALSE(response->headers.Find("X-Early"));
  EXPECT_FALSE(response->headers.Find("X-Trailer"));
}

TEST(HttpClient, ErrorsOfTheServerAreResponses) {
  for (const int status : {401, 404, 500, 302}) {
    const LoopbackServer server([&](const HttpRequest&, LoopbackPeer& peer) {
      peer.Respond(status, {{"Location", "/elsewhere"}, {"WWW-Authenticate", "Bearer"}}, "text");
    });
    const auto response = Get(server.Url("/"));
    ASSERT_TRUE(response) << status;
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, "text");
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(HttpClient, FollowsAsManyRedirectsAsItIsToldTo) {
  const LoopbackServer other(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, "other"); });
  const LoopbackServer server([&](const HttpRequest& request, LoopbackPeer& peer) {
    if (request.url == "/away")
      peer.Respond(302, {{"Location", other.Url("/")}}, "go");
    else
      peer.Respond(302, {{"Location", "/more"}}, "go");
  });
  Recorder recorder;
  const HttpLimits limits{.total = milliseconds(20'000), .max_redirects = 2};
  const auto client = NewHttpClient();
  const auto last = client->Stream({.url = server.Url("/")}, limits, recorder, {});
  ASSERT_TRUE(last);
  EXPECT_EQ(last->status, 302);
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(recorder.heads, std::vector<int>{302});
  EXPECT_EQ(recorder.body, "go");
  const auto away = client->Send(
      {.url = server.Url("/away"), .headers = {{"Authorization", "Bearer x"}, {"Accept", "a/b"}}},
      limits, {});
  ASSERT_TRUE(away);
  EXPECT_EQ(away->body, "other");
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_FALSE(other.requests()[0].headers.Find("Authorization"));
  EXPECT_EQ(other.requests()[0].headers.Find("Accept"), "a/b");
}

TEST(HttpClient, KeepsConnectionsForTheNextRequest) {
  const LoopbackServer server(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, "ok"); });
  const auto client = NewHttpClient();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client->Send({.url = server.Url("/")}, {}, {}));
  EXPECT_EQ(server.n_connections(), 1);
}

TEST(HttpClient, AnswersManyThreadsAtOnce) {
  const LoopbackServer server(
      [](const HttpRequest& request, LoopbackPeer& peer) { peer.Respond(200, {}, request.url); });
  const auto client = NewHttpClient();
  std::atomic<int> n_right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 20; ++i) {
          const std::string target = "/" + std::to_string(thread) + "/" + std::to_string(i);
          const auto response = client->Send({.url = server.Url(target)}, ShortLimits(), {});
          if (response && response->body == target) ++n_right;
        }
      });
    }
  }
  EXPECT_EQ(n_right, 160);
}

TEST(HttpClient, AProxyInTheEnvironmentChangesNothing) {
  const LoopbackServer server(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, "direct"); });
  const LoopbackServer proxy(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, "proxied"); });
  ::setenv("http_proxy", proxy.Url("").c_str(), 1);
  ::setenv("all_proxy", proxy.Url("").c_str(), 1);
  const auto response = Get(server.Url("/"));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "direct");
  EXPECT_EQ(proxy.n_connections(), 0);
}

}  // namespace
}  // namespace weir::net
