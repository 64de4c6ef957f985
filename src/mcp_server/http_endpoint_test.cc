#include "mcp_server/http_endpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "mcp/protocol.h"
#include "mcp_server/fixtures.h"
#include "net/testing/raw_peer.h"

namespace weir::mcp_server {
namespace {

using namespace std::chrono_literals;
using net::RawPeer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kJson =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
constexpr const char* kInitialize =
    R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
    R"("capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}})";
constexpr const char* kMeta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                              R"("io.modelcontextprotocol/clientCapabilities":{}})";

class HttpEndpointTest : public ::testing::Test {
 protected:
  explicit HttpEndpointTest(HttpEndpointOptions options = {.sessions = {.max_sessions = 3}})
      : endpoint_(&server_, &SystemClock(), std::move(options)) {
    fixtures_.set_changes(&server_.changes());
    http_ = net::HttpServer::Start({}, [this](const net::HttpRequest& request,
                                              net::HttpResponder& responder) {
              endpoint_.Handle(request, responder);
            }).value();
  }
  ~HttpEndpointTest() override { http_->Stop(); }

  uint16_t port() const { return http_->port(); }
  std::string Ask(const std::string& bytes) {
    RawPeer peer(port());
    EXPECT_TRUE(peer.Send(bytes));
    return peer.ReadResponse();
  }
  std::string PostBytes(const std::string& body, const std::string& headers) {
    return net::PostText(port(), "/mcp", body, kJson + headers);
  }
  std::string Post(const std::string& body, const std::string& headers = "") {
    return Ask(PostBytes(body, headers));
  }
  std::string Plain(const std::string& method, const std::string& headers) {
    return fmt::format("{} /mcp HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", method, port(), headers);
  }
  // The session header of a new session.
  std::string NewSession() {
    const std::string response = Post(kInitialize);
    const size_t at = response.find("Mcp-Session-Id: ");
    return at == std::string::npos ? "" : response.substr(at, response.find("\r\n", at) + 2 - at);
  }
  static std::string StatusOf(const std::string& response) {
    return response.size() < 12 ? response : response.substr(9, 3);
  }
  static std::string Stateless(const std::string& method, const std::string& name = "") {
    return "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method + "\r\n" +
           (name.empty() ? "" : "Mcp-Name: " + name + "\r\n");
  }
  static std::string Body(const std::string& method, const std::string& params, int id = 5) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}}}}})", id, method,
                       params);
  }

  Fixtures fixtures_;
  McpServer server_{fixtures_.features(), &SystemClock()};
  HttpEndpoint endpoint_;
  std::unique_ptr<net::HttpServer> http_;
};

class TokenTest : public HttpEndpointTest {
 protected:
  TokenTest() : HttpEndpointTest({.token = "0123456789abcdef"}) {}
};

TEST_F(HttpEndpointTest, AForeignHostOrPageIsRefusedBeforeAnythingElse) {
  const std::string head = "POST /mcp HTTP/1.1\r\nContent-Length: 0\r\n";
  EXPECT_EQ(StatusOf(Ask(head + "Host: evil.example.com\r\n\r\n")), "403");
  EXPECT_EQ(StatusOf(Ask(head + "\r\n")), "403");
  EXPECT_EQ(StatusOf(Post(kInitialize, "Origin: http://evil.example.com\r\n")), "403");
  EXPECT_EQ(StatusOf(Post(kInitialize, "Origin: null\r\n")), "403");
  EXPECT_EQ(endpoint_.n_sessions(), 0U);
}

TEST_F(TokenTest, WithoutTheTokenNothingIsServed) {
  for (const char* header :
       {"", "Authorization: Bearer\r\n", "Authorization: Bearer 0123456789abcdeF\r\n",
        "Authorization: Bearer 0123456789abcdef0\r\n", "Authorization: 0123456789abcdef\r\n",
        "Authorization: Basic 0123456789abcdef\r\n"}) {
    const std::string response = Post(kInitialize, header);
    EXPECT_EQ(StatusOf(response), "401") << header;
    EXPECT_THAT(response, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  }
  EXPECT_EQ(StatusOf(Ask(Plain("GET", ""))), "401");
  EXPECT_EQ(StatusOf(Post(kInitialize, "authorization: bearer 0123456789abcdef\r\n")), "200");
}

TEST_F(HttpEndpointTest, OtherPathsMethodsAndTypesHaveTheirOwnStatus) {
  EXPECT_EQ(StatusOf(Ask(net::PostText(port(), "/", kInitialize, kJson))), "404");
  EXPECT_EQ(StatusOf(Ask(Plain("PUT", ""))), "405");
  EXPECT_EQ(StatusOf(Ask(Plain("GET", "MCP-Protocol-Version: 2026-07-28\r\n"))), "405");
  EXPECT_EQ(StatusOf(Ask(Plain("DELETE", "MCP-Protocol-Version: 2026-07-28\r\n"))), "405");
  EXPECT_EQ(StatusOf(Ask(net::PostText(port(), "/mcp", kInitialize,
                                       "Accept: application/json, text/event-stream\r\n"))),
            "415");
  EXPECT_EQ(StatusOf(Ask(
                net::PostText(port(), "/mcp", kInitialize,
                              "Content-Type: application/json\r\nAccept: application/json\r\n"))),
            "406");
  EXPECT_EQ(StatusOf(Ask(Plain("GET", "Accept: application/json\r\n"))), "406");
}

TEST_F(HttpEndpointTest, ABodyThatIsNoMessageIsA400WithTheCode) {
  EXPECT_THAT(Post("{"), HasSubstr("-32700"));
  EXPECT_THAT(Post("[]"), HasSubstr("-32600"));
  EXPECT_THAT(Post(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), HasSubstr("-32600"));
  EXPECT_EQ(StatusOf(Post("{")), "400");
  EXPECT_EQ(StatusOf(Post("[]")), "400");
}

TEST_F(HttpEndpointTest, ASessionMustBeNamedKnownAndNotEnded) {
  const std::string list = Body("tools/list", "");
  EXPECT_EQ(StatusOf(Post(list)), "400");
  EXPECT_EQ(StatusOf(Post(list, "Mcp-Session-Id: 00\r\n")), "404");
  EXPECT_EQ(StatusOf(Ask(Plain("GET", "Accept: text/event-stream\r\n"))), "400");
  EXPECT_EQ(StatusOf(Ask(Plain("DELETE", ""))), "400");
  const std::string session = NewSession();
  ASSERT_NE(session, "");
  EXPECT_EQ(StatusOf(Post(list, session)), "200");
  EXPECT_EQ(StatusOf(Post(list, session + "MCP-Protocol-Version: 1999-01-01\r\n")), "400");
  EXPECT_EQ(StatusOf(Ask(Plain("DELETE", session))), "204");
  EXPECT_EQ(StatusOf(Post(list, session)), "404");
}

TEST_F(HttpEndpointTest, SessionsHaveIdsOfTheirOwnAndABound) {
  const std::string first = NewSession();
  const std::string second = NewSession();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), std::string("Mcp-Session-Id: \r\n").size() + 32);
  EXPECT_NE(NewSession(), "");
  EXPECT_EQ(StatusOf(Post(kInitialize)), "503");
  EXPECT_EQ(StatusOf(Ask(Plain("DELETE", first))), "204");
  EXPECT_EQ(StatusOf(Post(kInitialize)), "200");
}

TEST_F(HttpEndpointTest, NotificationsAndAnswersAreA202WithoutABody) {
  const std::string session = NewSession();
  for (const char* body : {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                           R"({"jsonrpc":"2.0","id":77,"result":{}})"}) {
    const std::string response = Post(body, session);
    EXPECT_EQ(StatusOf(response), "202");
    EXPECT_TRUE(response.ends_with("\r\n\r\n"));
  }
}

TEST_F(HttpEndpointTest, TheHeadersOfTheStatelessEraMustFitTheBody) {
  const std::string call = Body("tools/call", std::string(R"("name":"test_simple_text",)") + kMeta);
  EXPECT_THAT(Post(call, ""), HasSubstr("-32020"));
  EXPECT_THAT(Post(call, "MCP-Protocol-Version: 2026-07-28\r\n"), HasSubstr("-32020"));
  EXPECT_THAT(Post(call, Stateless("tools/call")), HasSubstr("-32020"));
  EXPECT_THAT(Post(call, Stateless("tools/call", "other")), HasSubstr("-32020"));
  EXPECT_THAT(Post(call, Stateless("tools/list", "test_simple_text")), HasSubstr("-32020"));
  EXPECT_EQ(StatusOf(Post(call, Stateless("tools/call", "other"))), "400");
  EXPECT_EQ(StatusOf(Post(call, Stateless("tools/call", "test_simple_text"))), "200");
  EXPECT_THAT(Post(Body("tools/list", ""), Stateless("tools/list")), HasSubstr("-32602"));
  EXPECT_EQ(StatusOf(Post(Body("ping", kMeta), Stateless("ping"))), "404");
}

TEST_F(HttpEndpointTest, ACallThatTalksBecomesAStreamAndAnotherIsPlainJson) {
  const std::string session = NewSession();
  EXPECT_THAT(Post(Body("tools/call", R"("name":"test_simple_text")"), session),
              HasSubstr("Content-Type: application/json"));
  RawPeer peer(port());
  ASSERT_TRUE(
      peer.Send(PostBytes(Body("tools/call", R"("name":"test_tool_with_logging")"), session)));
  const std::string stream = peer.ReadUntil("0\r\n\r\n");
  EXPECT_THAT(stream, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(stream, HasSubstr("retry: 500"));
  EXPECT_THAT(stream, HasSubstr("Tool execution completed"));
  EXPECT_THAT(stream, HasSubstr(R"("id":5,"result")"));
}

TEST_F(HttpEndpointTest, TheAnswerToAQuestionOfTheServerComesByAnotherPost) {
  const std::string session = NewSession();
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(PostBytes(
      Body("tools/call", R"("name":"test_elicitation","arguments":{"message":"who?"})"), session)));
  EXPECT_THAT(peer.ReadUntil("\n\n\r\n"), HasSubstr("retry"));
  EXPECT_THAT(peer.ReadUntil("\n\n\r\n"), HasSubstr(R"("method":"elicitation/create")"));
  EXPECT_EQ(StatusOf(Post(R"({"jsonrpc":"2.0","id":1,"result":{"action":"decline"}})", session)),
            "202");
  EXPECT_THAT(peer.ReadUntil("0\r\n\r\n"), HasSubstr("decline"));
}

TEST_F(HttpEndpointTest, ACancelledCallEndsItsStreamWithoutAnAnswer) {
  const std::string session = NewSession();
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(PostBytes(
      Body("tools/call", R"("name":"test_elicitation","arguments":{"message":"who?"})"), session)));
  EXPECT_THAT(peer.ReadUntil("elicitation/create"), HasSubstr("elicitation/create"));
  EXPECT_EQ(StatusOf(Post(
                R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})",
                session)),
            "202");
  EXPECT_THAT(peer.ReadUntil("0\r\n\r\n"), Not(HasSubstr(R"("id":5,"result")")));
}

TEST_F(HttpEndpointTest, WhoReconnectsGetsWhatItMissed) {
  const std::string session = NewSession();
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(PostBytes(Body("tools/call", R"("name":"test_reconnection")"), session)));
  const std::string begun = peer.ReadUntil("0\r\n\r\n");
  EXPECT_THAT(begun, Not(HasSubstr("result")));
  const size_t at = begun.find("id: ");
  ASSERT_NE(at, std::string::npos);
  const std::string id = begun.substr(at + 4, begun.find('\n', at) - at - 4);
  RawPeer again(port());
  ASSERT_TRUE(again.Send(
      Plain("GET", session + "Accept: text/event-stream\r\nLast-Event-ID: " + id + "\r\n")));
  EXPECT_THAT(again.ReadUntil("0\r\n\r\n"), HasSubstr("Reconnection test completed"));
  EXPECT_EQ(
      StatusOf(Ask(Plain("GET", session + "Accept: text/event-stream\r\nLast-Event-ID: 99-1\r\n"))),
      "404");
}

TEST_F(HttpEndpointTest, ChangesReachTheGeneralStreamOfWhichThereIsOne) {
  const std::string session = NewSession();
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(Plain("GET", session + "Accept: text/event-stream\r\n")));
  EXPECT_THAT(peer.ReadUntil("data: \n\n"), HasSubstr("text/event-stream"));
  EXPECT_EQ(StatusOf(Ask(Plain("GET", session + "Accept: text/event-stream\r\n"))), "409");
  (void)Post(Body("tools/call", R"("name":"test_trigger_tool_change")"), session);
  EXPECT_THAT(peer.ReadUntil("list_changed"), HasSubstr("notifications/tools/list_changed"));
  EXPECT_EQ(StatusOf(Ask(Plain("DELETE", session))), "204");
  EXPECT_TRUE(peer.ReadUntil("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_F(HttpEndpointTest, AListenerGetsItsChangesAndTheEndWhenTheServerStops) {
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(
      PostBytes(Body("subscriptions/listen",
                     std::string(R"("notifications":{"toolsListChanged":true},)") + kMeta),
                Stateless("subscriptions/listen"))));
  EXPECT_THAT(peer.ReadUntil("\n\n"), HasSubstr("subscriptions/acknowledged"));
  (void)Post(Body("tools/call", std::string(R"("name":"test_trigger_tool_change",)") + kMeta),
             Stateless("tools/call", "test_trigger_tool_change"));
  EXPECT_THAT(peer.ReadUntil("list_changed"), HasSubstr("tools/list_changed"));
  http_->Stop();
  EXPECT_TRUE(peer.SeesEnd());
}

TEST_F(HttpEndpointTest, InTheStatelessEraTheWorkOfAClientThatLeftIsStopped) {
  RawPeer peer(port());
  ASSERT_TRUE(peer.Send(
      PostBytes(Body("tools/call",
                     std::string(R"("name":"slow_compute","arguments":{"seconds":60},)") + kMeta),
                Stateless("tools/call", "slow_compute"))));
  std::this_thread::sleep_for(50ms);
  peer.Close();
  const auto begin = std::chrono::steady_clock::now();
  http_->Stop();  // waits for the handler
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

}  // namespace
}  // namespace weir::mcp_server
