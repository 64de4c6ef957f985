// Calls of the stateless era that take more than one exchange.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "mcp_client/client.h"
#include "mcp_client/testing/fake_mcp_server.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

class AcceptingHandlers : public ClientHandlers {
 public:
  HandlerSupport support() const override { return {.elicitation_form = true, .roots = true}; }
  ElicitAnswer OnElicit(const ElicitRequest& /*request*/, const std::stop_token&) override {
    ++n_asked;
    return {.action = ElicitAnswer::Action::kAccept, .content = {{"ok", true}}};
  }
  int n_asked = 0;
};

json::Json Confirm() {
  return json::Parse(R"({"confirm":{"method":"elicitation/create","params":{"message":"Sure?",
      "requestedSchema":{"type":"object","properties":{"ok":{"type":"boolean"}}}}}})")
      .value();
}

json::Json InputRequired(const json::Json& requests, const json::Json& state) {
  json::Json result{{"resultType", "input_required"}};
  if (!requests.is_null()) result["inputRequests"] = requests;
  if (!state.is_null()) result["requestState"] = state;
  return result;
}

// Answers tools/call by `act`, which sees the params of every round, and all else as a friend.
FakeMcpServer::Handler Rounds(
    std::vector<json::Json>& calls,
    std::function<json::Json(const json::Json& request, size_t round)> act) {
  return [&calls, act = std::move(act)](FakeMcpServer& server, const json::Json& message) {
    if (message.value("method", "") != "tools/call") return Friendly(true)(server, message);
    calls.push_back(message);
    server.SendResult(message, act(message, calls.size()));
  };
}

json::Json Done() { return {{"resultType", "complete"}, {"content", json::Json::array()}}; }

TEST(MultiRound, ALoopOfQuestionsEnds) {
  std::vector<json::Json> calls;
  FakeMcpServer server(Rounds(calls, [](const json::Json&, size_t round) {
    return InputRequired(Confirm(), std::to_string(round));
  }));
  AcceptingHandlers handlers;
  Client client(server.Connect(), &handlers, {.max_input_rounds = 3});
  ASSERT_TRUE(client.Connect());
  const auto result = client.CallTool("echo", json::Json::object());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(calls.size(), 4U);
}

TEST(MultiRound, AQuestionThatWasNotDeclaredEndsTheCall) {
  std::vector<json::Json> calls;
  FakeMcpServer server(
      Rounds(calls, [](const json::Json&, size_t) { return InputRequired(Confirm(), nullptr); }));
  Client client(server.Connect(), nullptr);
  ASSERT_TRUE(client.Connect());
  const auto result = client.CallTool("echo", json::Json::object());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(calls.size(), 1U);
}

TEST(MultiRound, TheStateIsEchoedByteForByteUnderANewId) {
  const std::string state = " {\"a\": 1}\t\xC3\xA4\\u0041\n";
  std::vector<json::Json> calls;
  FakeMcpServer server(Rounds(calls, [&](const json::Json&, size_t round) {
    return round == 1 ? InputRequired(Confirm(), state) : Done();
  }));
  AcceptingHandlers handlers;
  Client client(server.Connect(), &handlers);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.CallTool("echo", {{"x", 1}}));
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_NE(calls[0]["id"], calls[1]["id"]);
  EXPECT_EQ(calls[1]["params"]["requestState"], state);
  EXPECT_EQ(calls[1]["params"]["arguments"], calls[0]["params"]["arguments"]);
  EXPECT_EQ(json::Dump(calls[1]["params"]["inputResponses"]),
            R"({"confirm":{"action":"accept","content":{"ok":true}}})");
  EXPECT_EQ(handlers.n_asked, 1);
}

TEST(MultiRound, NothingOfOneRoundIsSentInTheNext) {
  std::vector<json::Json> calls;
  FakeMcpServer server(Rounds(calls, [&](const json::Json&, size_t round) {
    if (round == 1) return InputRequired(Confirm(), "first");
    if (round == 2) return InputRequired(Confirm(), nullptr);
    if (round == 3) return InputRequired(nullptr, "only state");
    return Done();
  }));
  AcceptingHandlers handlers;
  Client client(server.Connect(), &handlers);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.CallTool("echo", json::Json::object()));
  ASSERT_TRUE(client.CallTool("echo", json::Json::object()));
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_FALSE(calls[2]["params"].contains("requestState"));
  EXPECT_FALSE(calls[3]["params"].contains("inputResponses"));
  EXPECT_EQ(calls[3]["params"]["requestState"], "only state");
  EXPECT_FALSE(calls[4]["params"].contains("requestState"));
  EXPECT_FALSE(calls[4]["params"].contains("inputResponses"));
}

TEST(MultiRound, EveryQuestionIsAnsweredUnderItsKey) {
  json::Json requests = Confirm();
  requests["where"] = {{"method", "roots/list"}};
  std::vector<json::Json> calls;
  FakeMcpServer server(Rounds(calls, [&](const json::Json&, size_t round) {
    return round == 1 ? InputRequired(requests, nullptr) : Done();
  }));
  AcceptingHandlers handlers;
  Client client(server.Connect(), &handlers);
  ASSERT_TRUE(client.Connect());
  ASSERT_TRUE(client.CallTool("echo", json::Json::object()));
  EXPECT_EQ(json::Dump(calls[1]["params"]["inputResponses"]["where"]), R"({"roots":[]})");
}

// A server whose tool becomes a task that passes through `states`, one a look.
FakeMcpServer::Handler Tasks(std::vector<json::Json> states) {
  return [states = std::move(states), n = size_t{0}](FakeMcpServer& server,
                                                     const json::Json& message) mutable {
    const std::string method = message.value("method", "");
    if (method == "tools/call") {
      server.SendResult(message, {{"resultType", "task"},
                                  {"taskId", "t1"},
                                  {"status", "working"},
                                  {"ttlMs", 60000},
                                  {"pollIntervalMs", 50}});
    } else if (method == "tasks/get") {
      json::Json state = states[std::min(n++, states.size() - 1)];
      state["taskId"] = "t1";
      state["resultType"] = "complete";
      state["pollIntervalMs"] = 50;
      server.SendResult(message, state);
    } else if (method == "tasks/update" || method == "tasks/cancel") {
      server.SendResult(message, {{"resultType", "complete"}});
    } else {
      Friendly(true)(server, message);
    }
  };
}

Result<CallToolResult> CallTask(FakeMcpServer& server, const CallOptions& options = {}) {
  AcceptingHandlers handlers;
  Client client(server.Connect(), &handlers);
  EXPECT_TRUE(client.Connect());
  return client.CallTool("echo", json::Json::object(), options);
}

TEST(Tasks, ATaskThatNeverEndsIsCancelledAtTheDeadline) {
  FakeMcpServer server(Tasks({{{"status", "working"}}}));
  const auto result = CallTask(server, {.total = milliseconds(400)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(server.WaitFor("tasks/cancel")["params"]["taskId"], "t1");
}

TEST(Tasks, FailureCancellationAndNonsenseAreErrors) {
  FakeMcpServer failed(
      Tasks({{{"status", "failed"}, {"error", {{"code", -32602}, {"message", "bad"}}}}}));
  EXPECT_EQ(CallTask(failed).error().code, ErrorCode::kInvalidArgument);
  FakeMcpServer cancelled(Tasks({{{"status", "cancelled"}}}));
  EXPECT_EQ(CallTask(cancelled).error().code, ErrorCode::kCancelled);
  FakeMcpServer odd(Tasks({{{"status", "sleeping"}}}));
  EXPECT_EQ(CallTask(odd).error().code, ErrorCode::kCorruptData);
  FakeMcpServer empty(Tasks({{{"status", "completed"}}}));
  EXPECT_EQ(CallTask(empty).error().code, ErrorCode::kCorruptData);
}

TEST(Tasks, ATaskIsAskedAfterUntilItsResultIsThere) {
  json::Json asks{{"status", "input_required"}};
  asks["inputRequests"] = Confirm();
  json::Json done{{"status", "completed"}};
  done["result"] = {{"content", json::Json::array()}, {"structuredContent", 42}};
  FakeMcpServer server(Tasks({{{"status", "working"}}, asks, done}));
  const auto result = CallTask(server);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->structured_content, 42);
  EXPECT_EQ(json::Dump(server.WaitFor("tasks/update")["params"]["inputResponses"]),
            R"({"confirm":{"action":"accept","content":{"ok":true}}})");
}

}  // namespace
}  // namespace weir::mcp_client
