// Servers that break the rules: nothing stalls, nothing grows without bound, and the error says
// what was wrong.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/clock.h"
#include "mcp_client/client.h"
#include "mcp_client/testing/fake_mcp_server.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

// For calls that end by their deadline.
const CallOptions kQuick{.idle = milliseconds(300), .total = milliseconds(3000)};

// Friendly until the first tools/call, which `act` answers.
FakeMcpServer::Handler OnCall(std::function<void(FakeMcpServer&, const json::Json& request)> act) {
  return [act = std::move(act), friendly = Friendly(true)](FakeMcpServer& server,
                                                           const json::Json& message) {
    if (message.value("method", "") == "tools/call") {
      act(server, message);
    } else {
      friendly(server, message);
    }
  };
}

// What calling a tool of such a server gives.
Result<CallToolResult> CallOf(FakeMcpServer& server, ConnectionCounts* counts = nullptr,
                              const CallOptions& options = {}) {
  Client client(server.Connect(), nullptr);
  const Status connected = client.Connect();
  if (!connected) return MakeError(connected.error().WithContext("connect"));
  Result<CallToolResult> result = client.CallTool("echo", {{"a", 1}}, options);
  if (counts != nullptr) *counts = client.counts();
  return result;
}

TEST(HostileServer, SilenceEndsByTheDeadlineAndTheCallIsCancelled) {
  FakeMcpServer server(OnCall([](FakeMcpServer&, const json::Json&) {}));
  const auto result = [&] {
    Client client(server.Connect(), nullptr);
    EXPECT_TRUE(client.Connect());
    auto out = client.CallTool("echo", json::Json::object(), kQuick);
    const json::Json cancelled = server.WaitFor("notifications/cancelled");
    EXPECT_TRUE(cancelled.is_object());
    EXPECT_EQ(cancelled["params"]["requestId"], server.WaitFor("tools/call")["id"]);
    return out;
  }();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(HostileServer, ProgressPutsOffTheIdleDeadlineButNeverTheTotal) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    const json::Json token = request["params"]["_meta"]["progressToken"];
    for (int i = 0; i < 24; ++i) {
      peer.Send({{"jsonrpc", "2.0"},
                 {"method", "notifications/progress"},
                 {"params", {{"progressToken", token}, {"progress", i}}}});
      std::this_thread::sleep_for(milliseconds(50));
    }
  }));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  int n_steps = 0;
  const int64_t begin_us = SystemClock().MonotonicMicros();
  const auto result = client.CallTool("echo", json::Json::object(),
                                      {.idle = milliseconds(250),
                                       .total = milliseconds(900),
                                       .on_progress = [&](const Progress&) { ++n_steps; }});
  const int64_t took_us = SystemClock().MonotonicMicros() - begin_us;
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_GT(took_us, 600'000);
  EXPECT_LT(took_us, 1'900'000);
  EXPECT_GT(n_steps, 3);
}

TEST(HostileServer, AnEndlessLineClosesTheConnection) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json&) {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) peer.SendRaw(piece);
  }));
  const auto result = CallOf(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
  EXPECT_NE(result.error().message.find("16777216 bytes"), std::string::npos);
}

TEST(HostileServer, ManySmallValuesCloseTheConnectionBeforeTheyTakeMemory) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    std::string line =
        R"({"jsonrpc":"2.0","id":)" + json::Dump(request["id"]) + R"(,"result":{"content":[)";
    for (int i = 0; i < 400'000; ++i) line += "[],";
    peer.SendRaw(line + "[]]}}\n");
  }));
  const auto result = CallOf(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
}

TEST(HostileServer, StrayLinesAreDroppedUntilThereAreTooMany) {
  FakeMcpServer some(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    peer.SendRaw("starting up...\n\n[1,2]\n\xFF\xFE\n{\"jsonrpc\":\"1.0\"}\n");
    peer.SendResult(request, FriendlyResult(request, true));
  }));
  ConnectionCounts counts;
  EXPECT_TRUE(CallOf(some, &counts));
  EXPECT_EQ(counts.transport.stray_texts, 4U);

  FakeMcpServer many(OnCall([](FakeMcpServer& peer, const json::Json&) {
    for (int i = 0; i < 101; ++i) peer.SendRaw("no json\n");
  }));
  const auto result = CallOf(many);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorruptData);
}

TEST(HostileServer, ForeignAndRepeatedIdsAreDroppedAndCounted) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    for (const json::Json& id : {json::Json(99), json::Json("1"), json::Json(-1)}) {
      peer.SendResult({{"id", id}}, {{"content", json::Json::array()}, {"isError", true}});
    }
    const std::string id_as_text = json::Dump(request["id"]);
    peer.SendResult({{"id", id_as_text}}, {{"content", json::Json::array()}, {"isError", true}});
    peer.SendRaw(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}})"
                 "\n");
    peer.SendResult(request, FriendlyResult(request, true));
    peer.SendResult(request, {{"content", json::Json::array()}, {"isError", true}});
    peer.SendResult({{"id", 99}}, json::Json::object());
  }));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto result = client.CallTool("echo", {{"a", 1}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->is_error);
  // The next call proves that the stream is still understood, and that all has been counted.
  EXPECT_TRUE(client.ListTools());
  EXPECT_EQ(client.counts().calls.unknown_ids, 7U);
}

TEST(HostileServer, AnswersToWhatWasNotAskedYetAreNotKept) {
  FakeMcpServer server([friendly = Friendly(true)](FakeMcpServer& peer, const json::Json& message) {
    friendly(peer, message);
    if (message.value("method", "") != "server/discover") return;
    for (int id = 1; id < 50; ++id) {
      peer.SendResult({{"id", id}}, {{"content", json::Json::array()}, {"isError", true}});
    }
    // So that all of them are read before the next request.
    peer.Send({{"jsonrpc", "2.0"}, {"id", 1000}, {"method", "ping"}});
    std::this_thread::sleep_for(milliseconds(100));
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  std::this_thread::sleep_for(milliseconds(100));
  const auto result = client.CallTool("echo", {{"a", 1}});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->is_error);
}

TEST(HostileServer, AFloodOfNotificationsIsDroppedAndTheAnswerStillArrives) {
  class SlowHandlers : public ClientHandlers {
   public:
    void OnLog(const LogMessage&) override { std::this_thread::sleep_for(milliseconds(1)); }
  };
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    std::string flood;
    for (int i = 0; i < 20'000; ++i) {
      flood += R"({"jsonrpc":"2.0","method":"notifications/message","params":{"data":"x"}})"
               "\n";
    }
    peer.SendRaw(flood);
    peer.SendResult(request, FriendlyResult(request, true));
  }));
  SlowHandlers handlers;
  Client client(server.Connect(), &handlers);
  ASSERT_TRUE(client.Connect());
  EXPECT_TRUE(client.CallTool("echo", {{"a", 1}}, {}));
  EXPECT_GT(client.counts().dropped_notifications, 10'000U);
}

TEST(HostileServer, RequestsOfAServerOfTheStatelessEraAreNotAnswered) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    peer.Send({{"jsonrpc", "2.0"}, {"id", 5}, {"method", "roots/list"}});
    peer.SendResult(request, FriendlyResult(request, true));
  }));
  ConnectionCounts counts;
  EXPECT_TRUE(CallOf(server, &counts));
  EXPECT_EQ(counts.dropped_server_requests, 1U);
  for (const json::Json& message : server.received()) EXPECT_TRUE(message.contains("method"));
}

TEST(HostileServer, ClosingInTheMiddleOfALineEndsEveryCall) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json&) {
    peer.SendRaw(R"({"jsonrpc":"2.0","id":)");
    peer.CloseOutput();
  }));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto result = client.CallTool("echo", json::Json::object(), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  const auto after = client.CallTool("echo", json::Json::object(), {});
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, ErrorCode::kUnavailable);
}

TEST(HostileServer, AServerThatDoesNotReadHoldsACallUpToItsDeadlineOnly) {
  FakeMcpServer server([friendly = Friendly(true)](FakeMcpServer& peer, const json::Json& message) {
    friendly(peer, message);
    // Its thread reads nothing more until the test is over.
    if (message.value("method", "") == "tools/list") {
      std::this_thread::sleep_for(milliseconds(1500));
    }
  });
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.ListTools());
  const json::Json large{{"text", std::string(1 << 20, 'x')}};
  const auto result = client.CallTool("echo", large, kQuick);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  // Half a message has gone out: nothing can follow it.
  const auto after = client.ListTools(kQuick);
  ASSERT_FALSE(after);
}

TEST(HostileServer, ResultsOfTheWrongFormAreErrors) {
  for (const char* result :
       {R"({"resultType":"riddle","content":[]})", R"({"resultType":7})",
        R"({"resultType":"complete","content":7})", R"({"resultType":"input_required"})",
        R"({"resultType":"input_required","inputRequests":[1]})",
        R"({"resultType":"input_required","requestState":7})", R"({"resultType":"task"})"}) {
    FakeMcpServer server(OnCall([&](FakeMcpServer& peer, const json::Json& request) {
      peer.SendResult(request, json::Parse(result).value());
    }));
    const auto got = CallOf(server);
    ASSERT_FALSE(got) << result;
    EXPECT_EQ(got.error().code, ErrorCode::kCorruptData) << result;
  }
}

TEST(HostileServer, AListOfTheWrongFormIsAnError) {
  for (const char* result : {R"({"resultType":7,"tools":[]})",
                             R"({"resultType":"task","tools":[]})", R"({"tools":7})", "{}"}) {
    FakeMcpServer server([&](FakeMcpServer& peer, const json::Json& message) {
      if (message.value("method", "") != "tools/list") return Friendly(true)(peer, message);
      peer.SendResult(message, json::Parse(result).value());
    });
    Client client(server.Connect(), nullptr);
    ASSERT_TRUE(client.Connect());
    const auto list = client.ListTools();
    ASSERT_FALSE(list) << result;
    EXPECT_EQ(list.error().code, ErrorCode::kCorruptData) << result;
  }
}

TEST(HostileServer, ErrorTextsAreShortAndHaveNoControlCharacters) {
  FakeMcpServer server(OnCall([](FakeMcpServer& peer, const json::Json& request) {
    peer.SendError(request, -32602, "\x1B[2Jgone\n" + std::string(100'000, 'x'));
  }));
  const auto result = CallOf(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_LT(result.error().message.size(), 1200U);
  EXPECT_EQ(result.error().message.find('\x1B'), std::string::npos);
  EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
}

TEST(HostileServer, ListsWithoutEndAreCutOff) {
  for (const bool repeats : {true, false}) {
    FakeMcpServer server([&, n = 0, friendly = Friendly(true)](FakeMcpServer& peer,
                                                               const json::Json& message) mutable {
      if (message.value("method", "") != "tools/list") return friendly(peer, message);
      json::Json result = FriendlyResult(message, true);
      result["nextCursor"] = repeats ? "same" : std::to_string(++n);
      peer.SendResult(message, result);
    });
    Client client(server.Connect(), nullptr, {.max_pages = 5});
    ASSERT_TRUE(client.Connect());
    const auto list = client.ListTools();
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().code, repeats ? ErrorCode::kCorruptData : ErrorCode::kResourceExhausted);
  }
}

}  // namespace
}  // namespace weir::mcp_client
