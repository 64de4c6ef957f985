#include "mcp_client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mcp/protocol.h"
#include "mcp_client/testing/fake_mcp_server.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

// The methods that a server was sent, in order.
std::vector<std::string> Methods(const FakeMcpServer& server) {
  std::vector<std::string> methods;
  for (const json::Json& message : server.received()) {
    methods.push_back(message.value("method", "(answer)"));
  }
  return methods;
}

// Answers `server/discover` as told and all else as a server of the handshake era.
FakeMcpServer::Handler Discovering(std::function<void(FakeMcpServer&, const json::Json&)> discover) {
  return [discover = std::move(discover), friendly = Friendly(false)](FakeMcpServer& server,
                                                                      const json::Json& message) {
    if (message.value("method", "") == "server/discover") return discover(server, message);
    friendly(server, message);
  };
}

TEST(Era, AnyErrorThatIsNotOfTheStatelessEraMeansTheHandshake) {
  for (const int code : {-32601, -32600, -32602, -32603, -32000, -1}) {
    FakeMcpServer server(Discovering([&](FakeMcpServer& peer, const json::Json& request) {
      peer.SendError(request, code, "what?");
    }));
    Client client(server.Connect(), nullptr);
    const Status connected = client.Connect();
    ASSERT_TRUE(connected) << connected.error().message;
    EXPECT_FALSE(client.stateless());
    EXPECT_EQ(client.version(), mcp::kLatestHandshakeVersion);
    EXPECT_EQ(client.server().name, "friendly");
    EXPECT_TRUE(client.ListTools());
    EXPECT_THAT(Methods(server), ElementsAre("server/discover", "initialize",
                                             "notifications/initialized", "tools/list"));
  }
}

TEST(Era, SilenceMeansTheHandshakeAndALateAnswerIsDropped) {
  json::Json probe;
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    if (message.value("method", "") == "server/discover") {
      probe = message;
    } else {
      if (message.value("method", "") == "initialize") {
        peer.SendResult(probe, FriendlyResult(probe, true));
      }
      Friendly(false)(peer, message);
    }
  });
  Client client(server.Connect(), nullptr, {.probe = milliseconds(50)});
  ASSERT_TRUE(client.Connect());
  EXPECT_FALSE(client.stateless());
  EXPECT_EQ(client.counts().calls.unknown_ids, 1U);
}

TEST(Era, ASlowServerOfTheStatelessEraIsAskedAgain) {
  int n_probes = 0;
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    if (message.value("method", "") == "server/discover" && ++n_probes == 1) return;
    Friendly(true)(peer, message);
  });
  Client client(server.Connect(), nullptr, {.probe = milliseconds(50)});
  ASSERT_TRUE(client.Connect());
  EXPECT_TRUE(client.stateless());
  EXPECT_EQ(n_probes, 2);
}

TEST(Era, ARefusedVersionIsChosenFromWhatTheServerSupports) {
  const auto refuse = [](json::Json supported) {
    return Discovering([supported](FakeMcpServer& peer, const json::Json& request) {
      peer.SendError(request, mcp::error_code::kUnsupportedProtocolVersion, "no",
                     {{"supported", supported}, {"requested", "2026-07-28"}});
    });
  };
  FakeMcpServer older(refuse({"2025-06-18", "2025-11-25"}));
  Client handshake(older.Connect(), nullptr);
  ASSERT_TRUE(handshake.Connect());
  EXPECT_FALSE(handshake.stateless());

  FakeMcpServer future(refuse({"2031-01-01"}));
  Client none(future.Connect(), nullptr);
  const Status refused = none.Connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("2031-01-01"), std::string::npos);

  // A server that refuses what it says it supports is asked once more, not for ever.
  FakeMcpServer liar(refuse({"2026-07-28"}));
  Client twice(liar.Connect(), nullptr);
  EXPECT_FALSE(twice.Connect());
  EXPECT_THAT(Methods(liar), ElementsAre("server/discover", "server/discover"));
}

TEST(Era, AVersionOfNoRevisionIsRefused) {
  for (const char* version : {R"("2031-01-01")", R"("2026-07-28")", R"("")", "7", "null"}) {
    FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
      json::Json result = FriendlyResult(message, false);
      result["protocolVersion"] = json::Parse(version).value();
      peer.SendResult(message, result);
    });
    Client client(server.Connect(), nullptr, {.era = Era::kHandshake});
    const Status connected = client.Connect();
    ASSERT_FALSE(connected) << version;
    EXPECT_EQ(connected.error().code, ErrorCode::kUnsupported);
  }
}

TEST(Era, AnOlderRevisionThatTheServerChoosesIsTaken) {
  FakeMcpServer server([](FakeMcpServer& peer, const json::Json& message) {
    json::Json result = FriendlyResult(message, false);
    if (result.is_null()) return;
    if (message["method"] == "initialize") result["protocolVersion"] = "2024-11-05";
    peer.SendResult(message, result);
  });
  Client client(server.Connect(), nullptr, {.era = Era::kHandshake});
  ASSERT_TRUE(client.Connect());
  EXPECT_EQ(client.version(), "2024-11-05");
}

TEST(Era, TheStatelessEraCanBeDemanded) {
  FakeMcpServer server(Friendly(false));
  Client client(server.Connect(), nullptr, {.era = Era::kStateless});
  const Status connected = client.Connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(Methods(server), ElementsAre("server/discover"));
}

TEST(Era, EveryStatelessRequestSaysWhoAsksAndWhatItCan) {
  FakeMcpServer server(Friendly(true));
  Client client(server.Connect(), nullptr, {.name = "tester", .version = "9", .tasks = false});
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.ListTools());
  ASSERT_TRUE(client.CallTool("echo", {{"a", 1}}));
  ASSERT_EQ(server.received().size(), 3U);
  for (const json::Json& message : server.received()) {
    const json::Json& meta = message["params"]["_meta"];
    EXPECT_EQ(meta[mcp::kMetaProtocolVersion], "2026-07-28");
    EXPECT_EQ(json::Dump(meta[mcp::kMetaClientInfo]), R"({"name":"tester","version":"9"})");
    EXPECT_EQ(json::Dump(meta[mcp::kMetaClientCapabilities]), "{}");
  }
}

TEST(Client, AToolsOwnErrorIsAResult) {
  FakeMcpServer server(Friendly(true));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto result = client.CallTool("fail", json::Json::object());
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->is_error);
  EXPECT_EQ(result->content[0]["text"], "it failed");
}

TEST(Client, BadToolsAreLeftOutAndTheOthersStay) {
  FakeMcpServer server([](FakeMcpServer& peer, const json::Json& message) {
    json::Json result = FriendlyResult(message, true);
    if (message["method"] == "tools/list") {
      result["tools"] = json::Parse(R"([{"name":"good","inputSchema":{}},
          {"name":"good","inputSchema":{}}, {"name":"bad"}, 7,
          {"name":"header","inputSchema":{"properties":{"a":{"type":"number",
           "x-mcp-header":"A"}}}}])")
                            .value();
    }
    peer.SendResult(message, result);
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto list = client.ListTools();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tools.size(), 1U);
  ASSERT_EQ(list->rejected.size(), 4U);
  EXPECT_EQ(list->rejected[0].reason, "another tool has that name");
  EXPECT_EQ(list->rejected[2].name, "(no name)");
  EXPECT_NE(list->rejected[3].reason.find("string, integer or boolean"), std::string::npos);
}

TEST(Client, ListsGoOverAllPagesAndAnEmptyCursorIsOne) {
  std::vector<json::Json> cursors;
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    json::Json result = FriendlyResult(message, true);
    if (message["method"] == "tools/list") {
      cursors.push_back(message["params"].value("cursor", json::Json()));
      const std::string name = "t" + std::to_string(cursors.size());
      result["tools"] = json::Json::array({{{"name", name}, {"inputSchema", json::Json::object()}}});
      if (cursors.size() == 1) result["nextCursor"] = "";
      if (cursors.size() == 2) result["nextCursor"] = "last";
    }
    peer.SendResult(message, result);
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto list = client.ListTools();
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->tools.size(), 3U);
  EXPECT_THAT(cursors, ElementsAre(json::Json(nullptr), json::Json(""), json::Json("last")));
}

TEST(Client, AListIsKeptForItsTimeAndNoLonger) {
  int n_lists = 0;
  int64_t ttl_ms = 60'000;
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    json::Json result = FriendlyResult(message, true);
    if (message["method"] == "tools/list") {
      ++n_lists;
      result["ttlMs"] = ttl_ms;
    }
    peer.SendResult(message, result);
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.ListTools());
  ASSERT_TRUE(client.ListTools());
  EXPECT_EQ(n_lists, 1);
  ttl_ms = 0;
  ASSERT_TRUE(client.ListTools({.fresh = true}));
  EXPECT_EQ(n_lists, 2);
  ASSERT_TRUE(client.ListTools());
  EXPECT_EQ(n_lists, 3);
}

TEST(Client, ManyThreadsCallAtOnceAndEachGetsItsOwnAnswer) {
  std::vector<json::Json> waiting;
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    if (message["method"] != "tools/call") return Friendly(true)(peer, message);
    // Answered together, last first.
    waiting.push_back(message);
    if (waiting.size() < 8) return;
    for (auto call = waiting.rbegin(); call != waiting.rend(); ++call) {
      peer.SendResult(*call, FriendlyResult(*call, true));
    }
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  std::vector<json::Json> answers(8);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&, i] {
        const auto result = client.CallTool("echo", {{"i", i}});
        if (result) answers[static_cast<size_t>(i)] = result->structured_content;
      });
    }
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(answers[static_cast<size_t>(i)]["i"], i);
}

TEST(Client, AStopEndsTheCallAtOnce) {
  FakeMcpServer server([](FakeMcpServer& peer, const json::Json& message) {
    if (message["method"] != "tools/call") Friendly(true)(peer, message);
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    source.request_stop();
  });
  const int64_t begin_us = SystemClock().MonotonicMicros();
  const auto result = client.CallTool("echo", json::Json::object(), {.stop = source.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_LT(SystemClock().MonotonicMicros() - begin_us, 3'000'000);
  EXPECT_TRUE(server.WaitFor("notifications/cancelled").is_object());
}

TEST(Client, ClosingEndsTheCallsOfOtherThreads) {
  FakeMcpServer server([](FakeMcpServer& peer, const json::Json& message) {
    if (message["method"] != "tools/call") Friendly(true)(peer, message);
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  Result<CallToolResult> result;
  {
    const std::jthread caller([&] { result = client.CallTool("echo", json::Json::object()); });
    EXPECT_TRUE(server.WaitFor("tools/call").is_object());
    client.Close();
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

// Declares everything, and writes down what it was asked.
class OpenHandlers : public ClientHandlers {
 public:
  HandlerSupport support() const override {
    return {.elicitation_form = true, .elicitation_url = false, .sampling = true, .roots = true};
  }
  ElicitAnswer OnElicit(const ElicitRequest& /*request*/, const std::stop_token&) override {
    return {.action = ElicitAnswer::Action::kAccept, .content = nullptr};
  }
  std::vector<Root> OnListRoots() override { return {{.uri = "file:///work", .name = ""}}; }
  void OnListChanged(ListKind kind) override {
    const std::lock_guard lock(mutex);
    changes.push_back(kind);
    changed.notify_all();
  }
  bool AwaitChanges(size_t n) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(5), [&] { return changes.size() >= n; });
  }

  std::mutex mutex;  // guards changes
  std::condition_variable changed;
  std::vector<ListKind> changes;
};

// The answer to one request of a server of the handshake era.
json::Json AnswerTo(const std::string& request, ClientHandlers* handlers) {
  FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
    if (message.value("method", "") != "tools/call") return Friendly(false)(peer, message);
    peer.Send(json::Parse(request).value());
  });
  Client client(server.Connect(), handlers, {.era = Era::kHandshake});
  EXPECT_TRUE(client.Connect());
  json::Json answer;
  const std::jthread caller([&] {
    (void)client.CallTool("echo", json::Json::object(), {.total = milliseconds(500)});
  });
  for (int i = 0; i < 500 && answer.is_null(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    for (const json::Json& message : server.received()) {
      if (!message.contains("method")) answer = message;
    }
  }
  return answer;
}

TEST(HandshakeEra, WhatIsNotDeclaredIsAnUnknownMethod) {
  for (const char* method : {"elicitation/create", "sampling/createMessage", "roots/list", "x/y"}) {
    const json::Json request{
        {"jsonrpc", "2.0"}, {"id", "s1"}, {"method", method}, {"params", json::Json::object()}};
    const json::Json answer = AnswerTo(json::Dump(request), nullptr);
    EXPECT_EQ(answer["id"], "s1") << method;
    EXPECT_EQ(answer["error"]["code"], -32601) << method;
  }
}

TEST(HandshakeEra, WhatIsDeclaredIsAnswered) {
  OpenHandlers handlers;
  EXPECT_EQ(json::Dump(AnswerTo(R"({"jsonrpc":"2.0","id":7,"method":"ping"})", nullptr)),
            R"({"jsonrpc":"2.0","id":7,"result":{}})");
  EXPECT_EQ(json::Dump(AnswerTo(R"({"jsonrpc":"2.0","id":7,"method":"roots/list"})",
                                &handlers)["result"]),
            R"({"roots":[{"uri":"file:///work"}]})");
  EXPECT_EQ(AnswerTo(R"({"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}})",
                     &handlers)["error"]["code"],
            -1);
  EXPECT_EQ(
      json::Dump(AnswerTo(R"({"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{
                            "message":"m","requestedSchema":{"properties":{"a":{"type":"integer",
                            "default":3}}}}})",
                          &handlers)["result"]),
      R"({"action":"accept","content":{"a":3}})");
}

TEST(HandshakeEra, ListChangesAreTold) {
  OpenHandlers handlers;
  FakeMcpServer server(Friendly(false));
  Client client(server.Connect(), &handlers, {.era = Era::kHandshake});
  ASSERT_TRUE(client.Connect());
  server.Send({{"jsonrpc", "2.0"}, {"method", "notifications/tools/list_changed"}});
  server.Send({{"jsonrpc", "2.0"}, {"method", "notifications/prompts/list_changed"}});
  ASSERT_TRUE(handlers.AwaitChanges(2));
  EXPECT_THAT(handlers.changes, ElementsAre(ListKind::kTools, ListKind::kPrompts));
}

TEST(Watch, OnlyAcknowledgedStreamsOfOurOwnTellOfChanges) {
  FakeMcpServer server([](FakeMcpServer& peer, const json::Json& message) {
    if (message["method"] != "subscriptions/listen") return Friendly(true)(peer, message);
    const auto tell = [&](const char* method, const json::Json& id) {
      json::Json params;
      params["_meta"][mcp::kMetaSubscriptionId] = id;
      peer.Send({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
    };
    tell("notifications/tools/list_changed", message["id"]);  // before the acknowledgement
    tell("notifications/subscriptions/acknowledged", message["id"]);
    tell("notifications/prompts/list_changed", 12345);
    peer.Send({{"jsonrpc", "2.0"}, {"method", "notifications/tools/list_changed"}});
    tell("notifications/resources/list_changed", message["id"]);
  });
  OpenHandlers handlers;
  Client client(server.Connect(), &handlers);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.Watch({.tools = true, .resources = true, .prompts = false}));
  ASSERT_TRUE(handlers.AwaitChanges(1));
  EXPECT_THAT(handlers.changes, ElementsAre(ListKind::kResources));
  EXPECT_EQ(json::Dump(server.WaitFor("subscriptions/listen")["params"]["notifications"]),
            R"({"toolsListChanged":true,"resourcesListChanged":true})");
}

TEST(Client, MethodsOfTheHandshakeEraAreNotSentInTheOther) {
  FakeMcpServer server(Friendly(true));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  for (const Status& status : {client.Ping(), client.SetLogLevel("info"),
                               client.SubscribeResource("a:b"), client.UnsubscribeResource("a:b")}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  }
  EXPECT_EQ(server.received().size(), 1U);
}

}  // namespace
}  // namespace weir::mcp_client
