#include "mcp_client/http_transport.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mcp_client/client.h"
#include "mcp_client/testing/fake_http.h"
#include "mcp_client/testing/fake_mcp_server.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

const net::HttpHeaders kEventStream = {{"Content-Type", "text/event-stream"}};

json::Json ResultMessage(const json::Json& request, json::Json result) {
  return {{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", std::move(result)}};
}

std::string Event(const json::Json& message) { return "data: " + json::Dump(message) + "\n\n"; }

// Answers as a friendly server; `act` may take a message over by returning true.
FakeHttp::Handler FriendlyHttp(
    bool stateless,
    std::function<bool(const net::HttpRequest&, const json::Json&, FakeHttpPeer&)> act = {}) {
  return [stateless, act = std::move(act)](const net::HttpRequest& request, FakeHttpPeer& peer) {
    const json::Json message =
        request.method == "POST" ? json::Parse(request.body).value() : json::Json::object();
    if (act && act(request, message, peer)) return;
    if (request.method != "POST") {
      peer.Empty(405);
    } else if (!message.contains("id")) {
      peer.Empty(202);
    } else {
      peer.Json(200, ResultMessage(message, FriendlyResult(message, stateless)));
    }
  };
}

std::unique_ptr<Client> MakeClient(FakeHttp& http, ClientHandlers* handlers = nullptr,
                                   ClientOptions options = {},
                                   net::Authorizer* authorizer = nullptr) {
  return std::make_unique<Client>(
      std::make_unique<HttpTransport>(
          http, HttpTransportOptions{.url = "http://server/mcp", .authorizer = authorizer}),
      handlers, std::move(options));
}

// Far more than any of this takes.
const CallOptions kSoon{.idle = milliseconds(30'000), .total = milliseconds(30'000)};
const ClientOptions kHandshakeOnly{.era = Era::kHandshake};

TEST(HttpTransport, WhatIsNoAnswerIsAnError) {
  struct Case {
    int status;
    net::HttpHeaders headers;
    std::string body;
    ErrorCode code;
  };
  for (const Case& bad : std::vector<Case>{
           {200, {{"Content-Type", "text/html"}}, "<html>", ErrorCode::kCorruptData},
           {200, {{"Content-Type", "application/json"}}, "{", ErrorCode::kCorruptData},
           {200, {{"Content-Type", "application/json"}}, "", ErrorCode::kCorruptData},
           {200,
            {{"Content-Type", "application/json"}},
            R"({"jsonrpc":"2.0","id":9999,"result":{}})",
            ErrorCode::kCorruptData},
           {200,
            {{"Content-Type", "application/json"}},
            R"({"jsonrpc":"2.0","method":"x"})",
            ErrorCode::kInvalidArgument},
           {202, {}, "", ErrorCode::kCorruptData},
           {500, {}, "oops", ErrorCode::kUnavailable},
           {401, {}, "", ErrorCode::kPermissionDenied},
           {200, kEventStream, "data: {}\n\n", ErrorCode::kUnavailable},
           {200, kEventStream, "", ErrorCode::kUnavailable},
       }) {
    FakeHttp http(FriendlyHttp(
        true, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
          if (message.value("method", "") != "tools/list") return false;
          peer.Head(bad.status, bad.headers);
          peer.Body(bad.body);
          return true;
        }));
    const auto client = MakeClient(http);
    ASSERT_TRUE(client->Connect());
    const auto list = client->ListTools(kSoon);
    ASSERT_FALSE(list) << bad.status << bad.body;
    if (bad.code == ErrorCode::kInvalidArgument) continue;  // any code
    EXPECT_EQ(list.error().code, bad.code) << bad.status << " " << list.error().message;
  }
}

TEST(HttpTransport, AnEndlessAnswerIsCutOff) {
  for (const char* type : {"application/json", "text/event-stream"}) {
    FakeHttp http(FriendlyHttp(
        true, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
          if (message.value("method", "") != "tools/list") return false;
          peer.Head(200, {{"Content-Type", type}});
          const std::string piece(1 << 20, ' ');
          for (int i = 0; i < 40 && peer.Body(piece); ++i) {
          }
          return true;
        }));
    const auto client = MakeClient(http);
    ASSERT_TRUE(client->Connect());
    const auto list = client->ListTools(kSoon);
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().code, ErrorCode::kResourceExhausted) << type;
  }
}

TEST(HttpTransport, ADeadlineClosesTheExchange) {
  FakeHttp http(FriendlyHttp(
      true, [](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") != "tools/call") return false;
        peer.Head(200, kEventStream);
        peer.Hang();
        return true;
      }));
  const auto client = MakeClient(http);
  ASSERT_TRUE(client->Connect());
  ASSERT_TRUE(client->ListTools(kSoon));
  const int64_t begin_us = SystemClock().MonotonicMicros();
  const auto result = client->CallTool("echo", json::Json::object(), {.total = milliseconds(100)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  client->Close();
  EXPECT_LT(SystemClock().MonotonicMicros() - begin_us, 3'000'000);
  // Closing says it: nothing else was sent.
  EXPECT_EQ(http.requests().size(), 3U);
}

TEST(HttpTransport, StatelessRequestsMirrorWhatTheySay) {
  FakeHttp http(FriendlyHttp(
      true, [](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") != "tools/list") return false;
        json::Json result = FriendlyResult(message, true);
        result["tools"][0]["inputSchema"] =
            json::Parse(R"({"properties":{"region":{"type":"string","x-mcp-header":"Region"}}})")
                .value();
        peer.Json(200, ResultMessage(message, result));
        return true;
      }));
  const auto client = MakeClient(http);
  ASSERT_TRUE(client->Connect());
  // Without a list the client reads it first.
  ASSERT_TRUE(client->CallTool("echo",
                               {{"region",
                                 "s\xC3\xBC"
                                 "d"}},
                               kSoon));
  const auto requests = http.requests();
  ASSERT_EQ(requests.size(), 3U);
  for (const net::HttpRequest& request : requests) {
    const json::Json message = json::Parse(request.body).value();
    EXPECT_EQ(request.headers.Find("MCP-Protocol-Version"), "2026-07-28");
    EXPECT_EQ(request.headers.Find("Mcp-Method"), message["method"].get<std::string>());
    EXPECT_EQ(request.headers.Find("Accept"), "application/json, text/event-stream");
    EXPECT_EQ(request.headers.Find("Mcp-Session-Id"), std::nullopt);
  }
  EXPECT_EQ(requests[2].headers.Find("Mcp-Name"), "echo");
  EXPECT_EQ(requests[2].headers.Find("Mcp-Param-Region"), "=?base64?c8O8ZA==?=");
}

TEST(HttpTransport, ARefusedHeaderHasTheToolsListedAgainOnce) {
  std::atomic<int> n_calls = 0;
  FakeHttp http(FriendlyHttp(
      true, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") != "tools/call") return false;
        ++n_calls;
        peer.Json(400, {{"jsonrpc", "2.0"},
                        {"id", message["id"]},
                        {"error", {{"code", -32020}, {"message", "header mismatch"}}}});
        return true;
      }));
  const auto client = MakeClient(http);
  ASSERT_TRUE(client->Connect());
  ASSERT_TRUE(client->ListTools(kSoon));
  EXPECT_FALSE(client->CallTool("echo", json::Json::object(), kSoon));
  EXPECT_EQ(n_calls, 2);
  EXPECT_EQ(http.requests().size(), 5U);
}

TEST(HttpTransport, AStatusAloneCanMeanTheHandshakeEra) {
  for (const int status : {400, 404, 405, 406, 415, 422}) {
    FakeHttp http(FriendlyHttp(
        false, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
          return message.value("method", "") == "server/discover" && peer.Empty(status);
        }));
    const auto client = MakeClient(http);
    ASSERT_TRUE(client->Connect()) << status;
    EXPECT_FALSE(client->stateless());
  }
  for (const int status : {401, 403, 500, 503}) {
    FakeHttp http(FriendlyHttp(
        false, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
          return message.value("method", "") == "server/discover" && peer.Empty(status);
        }));
    EXPECT_FALSE(MakeClient(http)->Connect()) << status;
  }
}

TEST(HttpTransport, ASessionIsKeptRenewedWhenLostAndDeletedAtTheEnd) {
  std::atomic<int> n_sessions = 0;
  FakeHttp http(FriendlyHttp(
      false, [&](const net::HttpRequest& request, const json::Json& message, FakeHttpPeer& peer) {
        const std::string method = message.value("method", "");
        if (method == "initialize") {
          EXPECT_EQ(request.headers.Find("Mcp-Session-Id"), std::nullopt);
          return peer.Json(200, ResultMessage(message, FriendlyResult(message, false)),
                           {{"Mcp-Session-Id", "session-" + std::to_string(++n_sessions)}});
        }
        if (method == "tools/list" && request.headers.Find("Mcp-Session-Id") == "session-1") {
          return peer.Json(404, {{"jsonrpc", "2.0"},
                                 {"id", nullptr},
                                 {"error", {{"code", -32001}, {"message", "no such session"}}}});
        }
        if (method == "tools/list") {
          EXPECT_EQ(request.headers.Find("MCP-Protocol-Version"), "2025-11-25");
        }
        return false;
      }));
  auto client = MakeClient(http, nullptr, kHandshakeOnly);
  ASSERT_TRUE(client->Connect());
  const auto list = client->ListTools(kSoon);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(n_sessions, 2);
  client.reset();
  const net::HttpRequest last = http.requests().back();
  EXPECT_EQ(last.method, "DELETE");
  EXPECT_EQ(last.headers.Find("Mcp-Session-Id"), "session-2");
}

TEST(HttpTransport, ABrokenStreamIsResumedAfterTheTimeThatTheServerSays) {
  std::atomic<int64_t> ended_us = 0;
  std::atomic<int64_t> resumed_us = 0;
  json::Json call;
  FakeHttp http(FriendlyHttp(
      false, [&](const net::HttpRequest& request, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") == "tools/call") {
          call = message;
          peer.Head(200, kEventStream);
          peer.Body("id: ev-1\nretry: 200\ndata:\n\n");
          ended_us = SystemClock().MonotonicMicros();
          return true;
        }
        if (request.method == "GET" && request.headers.Find("Last-Event-ID")) {
          EXPECT_EQ(request.headers.Find("Last-Event-ID"), "ev-1");
          resumed_us = SystemClock().MonotonicMicros();
          peer.Head(200, kEventStream);
          peer.Body("id: ev-2\n" + Event(ResultMessage(call, FriendlyResult(call, false))));
          return true;
        }
        return false;
      }));
  const auto client = MakeClient(http, nullptr, kHandshakeOnly);
  ASSERT_TRUE(client->Connect());
  const auto result = client->CallTool("echo", json::Json::object(), kSoon);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_GE(resumed_us - ended_us, 190'000);
}

TEST(HttpTransport, AStreamThatIsCutOffIsResumedToo) {
  json::Json call;
  FakeHttp http(FriendlyHttp(
      false, [&](const net::HttpRequest& request, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") == "tools/call") {
          call = message;
          peer.Head(200, kEventStream);
          peer.Body("id: ev-1\nretry: 1\ndata:\n\ndata: {\"jsonr");
          return peer.CutOff();
        }
        if (request.method == "GET" && request.headers.Find("Last-Event-ID")) {
          peer.Head(200, kEventStream);
          peer.Body(Event(ResultMessage(call, FriendlyResult(call, false))));
          return true;
        }
        return false;
      }));
  const auto client = MakeClient(http, nullptr, kHandshakeOnly);
  ASSERT_TRUE(client->Connect());
  const auto result = client->CallTool("echo", json::Json::object(), kSoon);
  EXPECT_TRUE(result) << result.error().message;
}

TEST(HttpTransport, AStreamThatNeverSaysAnythingIsResumedAFewTimesOnly) {
  std::atomic<int> n_gets = 0;
  FakeHttp http(FriendlyHttp(
      false, [&](const net::HttpRequest& request, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") == "tools/call") {
          peer.Head(200, kEventStream);
          peer.Body("id: ev-1\nretry: 1\ndata:\n\n");
          return true;
        }
        if (request.method == "GET" && request.headers.Find("Last-Event-ID")) {
          ++n_gets;
          return peer.Head(200, kEventStream);
        }
        return false;
      }));
  const auto client = MakeClient(http, nullptr, kHandshakeOnly);
  ASSERT_TRUE(client->Connect());
  EXPECT_FALSE(client->CallTool("echo", json::Json::object(), kSoon));
  EXPECT_EQ(n_gets, 5);
}

TEST(HttpTransport, AStatelessStreamIsNotResumed) {
  FakeHttp http(FriendlyHttp(
      true, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") != "tools/call") return false;
        peer.Head(200, kEventStream);
        peer.Body("id: ev-1\nretry: 1\ndata:\n\n");
        return true;
      }));
  const auto client = MakeClient(http);
  ASSERT_TRUE(client->Connect());
  EXPECT_FALSE(client->CallTool("echo", json::Json::object(), kSoon));
  for (const net::HttpRequest& request : http.requests()) EXPECT_EQ(request.method, "POST");
}

TEST(HttpTransport, AnAnswerAmongEventsOfOthersIsTaken) {
  FakeHttp http(FriendlyHttp(
      true, [&](const net::HttpRequest&, const json::Json& message, FakeHttpPeer& peer) {
        if (message.value("method", "") != "tools/call") return false;
        peer.Head(200, kEventStream);
        peer.Body(": hello\n\nevent: other\ndata: no message\n\n");
        peer.Body(Event({{"jsonrpc", "2.0"},
                         {"method", "notifications/progress"},
                         {"params", {{"progressToken", message["id"]}, {"progress", 1}}}}));
        peer.Body(Event(ResultMessage({{"id", 777}}, json::Json::object())));
        EXPECT_FALSE(peer.Body(Event(ResultMessage(message, FriendlyResult(message, true)))));
        return true;
      }));
  const auto client = MakeClient(http);
  ASSERT_TRUE(client->Connect());
  int n_steps = 0;
  CallOptions options = kSoon;
  options.on_progress = [&](const Progress& step) { n_steps += step.progress == 1 ? 1 : 100; };
  const auto result = client->CallTool("echo", {{"a", 1}}, options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(n_steps, 1);
  EXPECT_EQ(client->counts().calls.unknown_ids, 1U);
}

// Proves who it is with a number that grows by each refusal.
class CountingAuthorizer : public net::Authorizer {
 public:
  explicit CountingAuthorizer(int gives_up_after) : gives_up_after_(gives_up_after) {}
  Result<net::HttpHeaders> Authorize(const std::string&, const std::stop_token&) override {
    if (n_refused == 0) return net::HttpHeaders{};
    return net::HttpHeaders{{"Authorization", "Bearer t" + std::to_string(n_refused)}};
  }
  Status Refused(const std::string& url, const net::HttpResponse& response,
                 const std::stop_token&) override {
    EXPECT_EQ(url, "http://server/mcp");
    EXPECT_TRUE(response.headers.Find("WWW-Authenticate"));
    if (++n_refused > gives_up_after_) {
      return MakeError(ErrorCode::kPermissionDenied, "nothing more can be done");
    }
    return {};
  }
  std::atomic<int> n_refused = 0;

 private:
  const int gives_up_after_;
};

FakeHttp::Handler NeedsToken(const std::string& token) {
  return FriendlyHttp(
      true, [token](const net::HttpRequest& request, const json::Json&, FakeHttpPeer& peer) {
        if (request.headers.Find("Authorization") == "Bearer " + token) return false;
        return peer.Head(401, {{"WWW-Authenticate", "Bearer"}});
      });
}

TEST(HttpTransport, ARefusedRequestIsRepeatedAsTheAuthorizerSays) {
  FakeHttp http(NeedsToken("t2"));
  CountingAuthorizer authorizer(5);
  const auto client = MakeClient(http, nullptr, {}, &authorizer);
  ASSERT_TRUE(client->Connect());
  EXPECT_EQ(http.requests().size(), 3U);
  EXPECT_TRUE(client->ListTools(kSoon));
  EXPECT_EQ(http.requests().size(), 4U);
}

TEST(HttpTransport, ARefusalThatStaysIsAnError) {
  FakeHttp http(NeedsToken("never"));
  CountingAuthorizer patient(1000);
  const Status refused = MakeClient(http, nullptr, {}, &patient)->Connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_LE(http.requests().size(), 12U);
  CountingAuthorizer strict(0);
  const Status given_up = MakeClient(http, nullptr, {}, &strict)->Connect();
  ASSERT_FALSE(given_up);
  EXPECT_NE(given_up.error().message.find("nothing more can be done"), std::string::npos);
}

TEST(HttpTransport, WhatTheServerSendsOnItsOwnComesOnTheGetStream) {
  class Handlers : public ClientHandlers {
   public:
    HandlerSupport support() const override { return {.roots = true}; }
    std::vector<Root> OnListRoots() override { return {{.uri = "file:///w", .name = "w"}}; }
  };
  std::mutex mutex;
  std::condition_variable changed;
  json::Json answer;
  FakeHttp http(FriendlyHttp(
      false, [&](const net::HttpRequest& request, const json::Json& message, FakeHttpPeer& peer) {
        if (request.method == "GET") {
          peer.Head(200, kEventStream);
          peer.Body(Event({{"jsonrpc", "2.0"}, {"id", "s"}, {"method", "roots/list"}}));
          peer.Hang();
          return true;
        }
        if (!message.contains("method")) {
          const std::lock_guard lock(mutex);
          answer = message;
          changed.notify_all();
        }
        return false;
      }));
  Handlers handlers;
  const auto client = MakeClient(http, &handlers, kHandshakeOnly);
  ASSERT_TRUE(client->Connect());
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return !answer.is_null(); }));
  EXPECT_EQ(json::Dump(answer["result"]), R"({"roots":[{"uri":"file:///w","name":"w"}]})");
}

}  // namespace
}  // namespace weir::mcp_client
