#include "mcp_server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "mcp/protocol.h"
#include "mcp_server/fixtures.h"
#include "mcp_server/testing/kept_messages.h"

namespace weir::mcp_server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { fixtures_.set_changes(&server_.changes()); }

  static json::Json Meta(json::Json capabilities = json::Json::object()) {
    return {{mcp::kMetaProtocolVersion, mcp::kStatelessVersion},
            {mcp::kMetaClientCapabilities, std::move(capabilities)}};
  }
  static mcp::Request Stateless(const std::string& method, json::Json params = json::Json::object(),
                                json::Json capabilities = json::Json::object()) {
    if (!params.contains("_meta")) params["_meta"] = Meta(std::move(capabilities));
    return {.id = 7, .method = method, .params = std::move(params)};
  }
  Reply Serve(const mcp::Request& request, const std::string& principal = "token") {
    auto meta = McpServer::CheckMeta(request);
    if (auto* refusal = std::get_if<Reply>(&meta)) return std::move(*refusal);
    return server_.ServeStateless(request, std::get<StatelessMeta>(meta), principal, out_, {});
  }
  Reply Call(const char* tool, json::Json more = json::Json::object(),
             json::Json capabilities = json::Json::object()) {
    more["name"] = tool;
    return Serve(Stateless("tools/call", std::move(more), std::move(capabilities)));
  }
  Reply Handshake(const std::string& method, json::Json params = nullptr) {
    return server_.ServeHandshake({.id = 7, .method = method, .params = std::move(params)},
                                  session_, out_, {});
  }
  void Initialize(json::Json capabilities = json::Json::object()) {
    const Reply reply = Handshake("initialize", {{"protocolVersion", "2025-11-25"},
                                                 {"capabilities", std::move(capabilities)}});
    ASSERT_TRUE(reply.response.ok());
  }
  static int Code(const Reply& reply) {
    return reply.response.ok() ? 0 : reply.response.error().code;
  }

  Fixtures fixtures_;
  FakeClock clock_{1'700'000'000'000'000};
  McpServer server_{fixtures_.features(), &clock_};
  KeptMessages out_;
  HandshakeSession session_{"session x"};
};

// ---- the stateless era ----

TEST_F(ServerTest, ARequestWithoutItsMetaIsRefusedWith400) {
  for (json::Json meta : {json::Json(), json::Json(3), json::Json::object(),
                          json::Json{{mcp::kMetaProtocolVersion, "2026-07-28"}},
                          json::Json{{mcp::kMetaClientCapabilities, json::Json::object()}},
                          json::Json{{mcp::kMetaProtocolVersion, 2026},
                                     {mcp::kMetaClientCapabilities, json::Json::object()}},
                          json::Json{{mcp::kMetaProtocolVersion, "2026-07-28"},
                                     {mcp::kMetaClientCapabilities, true}}}) {
    const Reply reply = Serve(Stateless("server/discover", {{"_meta", meta}}));
    EXPECT_EQ(Code(reply), mcp::error_code::kInvalidParams) << json::Dump(meta);
    EXPECT_EQ(reply.http_status, 400);
    EXPECT_EQ(reply.response.id, mcp::RequestId(int64_t{7}));
  }
}

TEST_F(ServerTest, AnotherRevisionIsRefusedWithTheOnesThatAreSpoken) {
  json::Json meta = Meta();
  meta[mcp::kMetaProtocolVersion] = "2099-01-01";
  const Reply reply = Serve(Stateless("tools/list", {{"_meta", meta}}));
  EXPECT_EQ(Code(reply), mcp::error_code::kUnsupportedProtocolVersion);
  EXPECT_EQ(reply.http_status, 400);
  EXPECT_EQ(reply.response.error().data["supported"], json::Json::array({"2026-07-28"}));
  EXPECT_EQ(reply.response.error().data["requested"], "2099-01-01");
}

TEST_F(ServerTest, RemovedAndUnknownMethodsAreNotFound) {
  for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                             "tasks/list", "tasks/result", "tools/fly", "x"}) {
    const Reply reply = Serve(Stateless(method));
    EXPECT_EQ(Code(reply), mcp::error_code::kMethodNotFound) << method;
    EXPECT_EQ(reply.http_status, 404);
  }
}

TEST_F(ServerTest, MalformedParametersAreRefused) {
  EXPECT_EQ(Code(Serve(Stateless("tools/call"))), mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Serve(Stateless("tools/call", {{"name", 5}}))), mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Call("no_such_tool")), mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Call("test_simple_text", {{"arguments", json::Json::array()}})),
            mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Serve(Stateless("tools/list", {{"cursor", ""}}))),
            mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Serve(Stateless("prompts/get", {{"name", "test_prompt_with_arguments"},
                                                 {"arguments", {{"arg1", "x"}}}}))),
            mcp::error_code::kInvalidParams);
  const Reply unknown = Serve(Stateless("resources/read", {{"uri", "test://none"}}));
  EXPECT_EQ(Code(unknown), mcp::error_code::kInvalidParams);
  EXPECT_EQ(unknown.response.error().data["uri"], "test://none");
  EXPECT_EQ(Code(Serve(Stateless("completion/complete", {{"ref", 1}, {"argument", 2}}))),
            mcp::error_code::kInvalidParams);
}

TEST_F(ServerTest, WhatTheClientDidNotDeclareIsNotAskedOfIt) {
  const Reply missing = Call("test_missing_capability");
  EXPECT_EQ(Code(missing), mcp::error_code::kMissingClientCapability);
  EXPECT_EQ(missing.http_status, 400);
  EXPECT_TRUE(missing.response.error().data["requiredCapabilities"]["sampling"].is_object());
  EXPECT_EQ(Code(Call("test_input_required_result_elicitation")),
            mcp::error_code::kMissingClientCapability);
  EXPECT_EQ(Code(Call("failing_job")), mcp::error_code::kMissingClientCapability);
  EXPECT_EQ(Code(Serve(Stateless("tasks/get", {{"taskId", "x"}}))),
            mcp::error_code::kMissingClientCapability);
}

TEST_F(ServerTest, EveryResultSaysItsTypeAndWhoMadeItAndListsHowLongTheyHold) {
  for (const char* method : {"server/discover", "tools/list", "prompts/list", "resources/list",
                             "resources/templates/list"}) {
    const Reply reply = Serve(Stateless(method));
    ASSERT_TRUE(reply.response.ok()) << method;
    const json::Json& result = reply.response.result();
    EXPECT_EQ(result["resultType"], "complete");
    EXPECT_GE(result["ttlMs"].get<int>(), 0);
    EXPECT_EQ(result["cacheScope"], "private");
    EXPECT_EQ(result["_meta"][mcp::kMetaServerInfo]["name"], "weir-conformance");
  }
  const json::Json called = Call("test_simple_text").response.result();
  EXPECT_EQ(called["resultType"], "complete");
  EXPECT_FALSE(called.contains("ttlMs"));
}

TEST_F(ServerTest, InputIsAskedForInRoundsAndItsStateIsCheckedForTheClientAndTheCall) {
  const json::Json can = {{"elicitation", json::Json::object()}};
  const char* tool = "test_input_required_result_multi_round";
  const json::Json first = Call(tool, {}, can).response.result();
  ASSERT_EQ(first["resultType"], "input_required");
  const json::Json answer = {{"step1", {{"action", "accept"}, {"content", {{"name", "Ada"}}}}}};
  const std::string state = first["requestState"];
  json::Json params = {{"inputResponses", answer}, {"requestState", state}};
  const json::Json second = Call(tool, params, can).response.result();
  EXPECT_EQ(second["resultType"], "input_required");
  EXPECT_NE(second["requestState"], state);
  params = {
      {"inputResponses", {{"step2", {{"action", "accept"}, {"content", {{"color", "red"}}}}}}},
      {"requestState", second["requestState"]}};
  EXPECT_EQ(Code(Call("test_input_required_result_request_state", params, can)),
            mcp::error_code::kInvalidParams);
  params["name"] = tool;
  EXPECT_EQ(Code(Serve(Stateless("tools/call", params, can), "somebody else")),
            mcp::error_code::kInvalidParams);
  const Reply third = Serve(Stateless("tools/call", params, can));
  EXPECT_EQ(third.response.result()["content"][0]["text"], "Ada likes red");
}

TEST_F(ServerTest, AnswersThatAreNoObjectsAreRefused) {
  const json::Json can = {{"elicitation", json::Json::object()}};
  for (const json::Json& responses : {json::Json(), json::Json(1), json::Json{{"user_name", 12}}}) {
    EXPECT_EQ(
        Code(Call("test_input_required_result_elicitation", {{"inputResponses", responses}}, can)),
        mcp::error_code::kInvalidParams);
  }
  EXPECT_EQ(Code(Call("test_simple_text", {{"requestState", 5}})), mcp::error_code::kInvalidParams);
}

TEST_F(ServerTest, LogMessagesAreOnlyForThoseWhoAskedForThem) {
  (void)Call("test_logging_tool");
  EXPECT_TRUE(out_.lines().empty());
  json::Json meta = Meta();
  meta[mcp::kMetaLogLevel] = "warning";
  (void)Serve(Stateless("tools/call", {{"name", "test_logging_tool"}, {"_meta", meta}}));
  EXPECT_TRUE(out_.lines().empty());
  meta[mcp::kMetaLogLevel] = "info";
  (void)Serve(Stateless("tools/call", {{"name", "test_logging_tool"}, {"_meta", meta}}));
  EXPECT_EQ(out_.lines().size(), 3U);
}

TEST_F(ServerTest, AClientOfTasksGetsATaskAndAnotherWaits) {
  const json::Json can = {{"extensions", {{mcp::kTasksExtension, json::Json::object()}}}};
  const json::Json arguments = {{"arguments", {{"seconds", 0}}}};
  const Reply made = Call("slow_compute", arguments, can);
  ASSERT_TRUE(made.response.ok());
  EXPECT_EQ(made.response.result()["resultType"], "task");
  const std::string id = made.response.result()["taskId"];
  EXPECT_TRUE(Serve(Stateless("tasks/get", {{"taskId", id}}, can)).response.ok());
  EXPECT_EQ(Code(Serve(Stateless("tasks/get", {{"taskId", id}}, can), "somebody else")),
            mcp::error_code::kInvalidParams);
  EXPECT_EQ(Call("slow_compute", arguments).response.result()["resultType"], "complete");
}

// ---- the handshake era ----

TEST_F(ServerTest, NothingButPingComesBeforeInitializeAndThatComesOnce) {
  EXPECT_EQ(Code(Handshake("tools/list")), mcp::error_code::kInvalidRequest);
  EXPECT_EQ(Code(Handshake("initialize", {{"protocolVersion", 5}})),
            mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Handshake("initialize", {{"protocolVersion", "2025-11-25"}})),
            mcp::error_code::kInvalidParams);
  EXPECT_EQ(Code(Handshake("ping")), 0);
  Initialize();
  EXPECT_EQ(Code(Handshake("initialize", {{"protocolVersion", "2025-11-25"},
                                          {"capabilities", json::Json::object()}})),
            mcp::error_code::kInvalidRequest);
  EXPECT_EQ(Code(Handshake("tools/list")), 0);
  EXPECT_EQ(Code(Handshake("server/fly")), mcp::error_code::kMethodNotFound);
}

TEST_F(ServerTest, AnOldRevisionIsAgreedToAndAnUnknownOneIsAnsweredWithTheNewest) {
  const auto agreed = [&](const char* wanted) {
    HandshakeSession session("x");
    return server_
        .ServeHandshake(
            {.id = 1,
             .method = "initialize",
             .params = {{"protocolVersion", wanted}, {"capabilities", json::Json::object()}}},
            session, out_, {})
        .response.result()["protocolVersion"]
        .get<std::string>();
  };
  EXPECT_EQ(agreed("2024-11-05"), "2024-11-05");
  EXPECT_EQ(agreed("2025-06-18"), "2025-06-18");
  EXPECT_EQ(agreed("2026-07-28"), "2025-11-25");
  EXPECT_EQ(agreed("x"), "2025-11-25");
}

TEST_F(ServerTest, AResultOfTheHandshakeEraHasNothingOfTheOtherOne) {
  Initialize();
  const json::Json result = Handshake("tools/list").response.result();
  EXPECT_EQ(result.size(), 1U);
  EXPECT_EQ(Code(Handshake("resources/read", {{"uri", "test://none"}})),
            mcp::error_code::kLegacyResourceNotFound);
}

TEST_F(ServerTest, TheClientIsAskedInTheMiddleOfTheCallIfItCan) {
  Initialize();
  Reply reply = Handshake("tools/call", {{"name", "test_elicitation"}});
  EXPECT_EQ(reply.response.result()["isError"], true);
  EXPECT_TRUE(out_.lines().empty());

  HandshakeSession able("y");
  ASSERT_TRUE(able.Agree("2025-11-25", {{"elicitation", json::Json::object()}}));
  out_.on_send = [&](const mcp::Message& message) {
    const auto* asked = std::get_if<mcp::Request>(&message);
    if (asked == nullptr) return;
    able.Answer({.id = int64_t{4711}, .outcome = json::Json::object()});  // nobody asked that
    able.Answer({.id = asked->id, .outcome = json::Json{{"action", "decline"}}});
  };
  reply = server_.ServeHandshake(
      {.id = 1, .method = "tools/call", .params = {{"name", "test_elicitation"}}}, able, out_, {});
  EXPECT_THAT(reply.response.result()["content"][0]["text"].get<std::string>(),
              HasSubstr("decline"));
}

TEST_F(ServerTest, ACancelledCallEndsWhileItWaitsForTheClient) {
  HandshakeSession able("y");
  ASSERT_TRUE(able.Agree("2025-11-25", {{"sampling", json::Json::object()}}));
  std::stop_source stop;
  out_.on_send = [&](const mcp::Message& message) {
    if (std::holds_alternative<mcp::Request>(message)) stop.request_stop();
  };
  const Reply reply = server_.ServeHandshake(
      {.id = 1, .method = "tools/call", .params = {{"name", "test_sampling"}}}, able, out_,
      stop.get_token());
  EXPECT_EQ(reply.response.result()["content"][0]["text"], "cancelled");
}

TEST_F(ServerTest, TheLogLevelOfTheSessionHolds) {
  Initialize();
  EXPECT_EQ(Code(Handshake("logging/setLevel", {{"level", "loud"}})),
            mcp::error_code::kInvalidParams);
  ASSERT_EQ(Code(Handshake("logging/setLevel", {{"level", "error"}})), 0);
  (void)Handshake("tools/call", {{"name", "test_tool_with_logging"}});
  EXPECT_TRUE(out_.lines().empty());
  ASSERT_EQ(Code(Handshake("logging/setLevel", {{"level", "debug"}})), 0);
  (void)Handshake("tools/call", {{"name", "test_tool_with_logging"}});
  EXPECT_EQ(out_.lines().size(), 3U);
}

TEST_F(ServerTest, ProgressIsOnlyForThoseWhoGaveATokenAndRises) {
  Initialize();
  (void)Handshake("tools/call", {{"name", "test_tool_with_progress"}});
  EXPECT_TRUE(out_.lines().empty());
  (void)Handshake("tools/call",
                  {{"name", "test_tool_with_progress"}, {"_meta", {{"progressToken", "p"}}}});
  EXPECT_THAT(out_.lines(),
              ElementsAre(HasSubstr(R"("progress":0.0)"), HasSubstr("50.0"), HasSubstr("100.0")));
}

}  // namespace
}  // namespace weir::mcp_server
