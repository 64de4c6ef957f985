#include "mcp_server/tasks.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "mcp_server/fixtures.h"

namespace weir::mcp_server {
namespace {

using namespace std::chrono_literals;

class TasksTest : public ::testing::Test {
 protected:
  std::string Start(std::function<Outcome(RequestContext&)> work) {
    const auto made = store_.Start(Background{std::move(work)}, "token", json::Json::object());
    return std::get<json::Json>(made).at("taskId").get<std::string>();
  }
  json::Json Get(const std::string& id) { return std::get<json::Json>(store_.Get(id, "token")); }
  // The task once it is in that state, or whatever it is after ten seconds.
  json::Json WaitFor(const std::string& id, const std::string& status) {
    for (int i = 0; i < 2000 && Get(id)["status"] != status; ++i) std::this_thread::sleep_for(5ms);
    return Get(id);
  }
  static int CodeOf(const TaskStore::Answer& answer) {
    const auto* error = std::get_if<mcp::RpcError>(&answer);
    return error == nullptr ? 0 : error->code;
  }

  FakeClock clock_{1'700'000'000'000'000};
  TaskStore store_{&clock_};
};

TEST_F(TasksTest, OnlyItsOwnClientFindsATask) {
  const std::string id = Start([](RequestContext&) -> Outcome { return TextResult("x"); });
  for (const auto& [task, client] : std::vector<std::pair<std::string, std::string>>{
           {id, "anybody"}, {"", "token"}, {id.substr(1), "token"}}) {
    EXPECT_EQ(CodeOf(store_.Get(task, client)), mcp::error_code::kInvalidParams);
    EXPECT_EQ(CodeOf(store_.Cancel(task, client)), mcp::error_code::kInvalidParams);
    EXPECT_EQ(CodeOf(store_.Update(task, client, json::Json::object())),
              mcp::error_code::kInvalidParams);
  }
}

TEST_F(TasksTest, ErrorsOfTheWorkAreToldApartFromErrorsOfTheTool) {
  const std::string broken = Start([](RequestContext&) -> Outcome {
    return mcp::RpcError{mcp::error_code::kInternalError, "broke"};
  });
  const json::Json failed = WaitFor(broken, "failed");
  EXPECT_EQ(failed["error"]["message"], "broke");
  EXPECT_FALSE(failed.contains("result"));
  const std::string bad = Start([](RequestContext&) -> Outcome { return TextResult("no", true); });
  const json::Json completed = WaitFor(bad, "completed");
  EXPECT_EQ(completed["result"]["isError"], true);
  EXPECT_FALSE(completed.contains("error"));
}

TEST_F(TasksTest, ACancelledTaskStaysCancelledWhateverItsWorkReturns) {
  const std::string id = Start([](RequestContext& context) -> Outcome {
    Pause(context, 60'000);
    return TextResult("too late");
  });
  EXPECT_EQ(Get(id)["status"], "working");
  EXPECT_EQ(CodeOf(store_.Cancel(id, "token")), 0);
  EXPECT_EQ(Get(id)["status"], "cancelled");
  EXPECT_EQ(CodeOf(store_.Cancel(id, "token")), 0);
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(Get(id)["status"], "cancelled");
}

TEST_F(TasksTest, QuestionsAreAnsweredOneByOneAndUnknownAnswersIgnored) {
  const std::string id = Start([](RequestContext& context) -> Outcome {
    const json::Json request = {{"method", "elicitation/create"}, {"params", json::Json::object()}};
    const auto answers = context.AskAll({{"a", request}, {"b", request}});
    return answers ? TextResult(json::Dump(answers->at("a")) + json::Dump(answers->at("b")))
                   : TextResult(answers.error().message, true);
  });
  const json::Json asking = WaitFor(id, "input_required");
  ASSERT_EQ(asking["inputRequests"].size(), 2U);
  std::vector<std::string> keys;
  for (const auto& [key, request] : asking["inputRequests"].items()) keys.push_back(key);
  EXPECT_EQ(CodeOf(store_.Update(id, "token", {{"unknown", {{"x", 1}}}})), 0);
  EXPECT_EQ(CodeOf(store_.Update(id, "token", json::Json(7))), mcp::error_code::kInvalidParams);
  EXPECT_EQ(CodeOf(store_.Update(id, "token", {{keys[0], {{"n", 1}}}})), 0);
  const json::Json one_left = Get(id);
  EXPECT_EQ(one_left["status"], "input_required");
  EXPECT_EQ(one_left["inputRequests"].size(), 1U);
  EXPECT_TRUE(one_left["inputRequests"].contains(keys[1]));
  EXPECT_EQ(CodeOf(store_.Update(id, "token", {{keys[1], {{"n", 2}}}})), 0);
  const json::Json done = WaitFor(id, "completed");
  EXPECT_EQ(done["result"]["content"][0]["text"], R"({"n":1}{"n":2})");
}

TEST_F(TasksTest, ATaskIsForgottenAfterItsTimeAndNotBefore) {
  const std::string id = Start([](RequestContext&) -> Outcome { return TextResult("x"); });
  (void)WaitFor(id, "completed");  // its thread reads the clock
  clock_.Advance(kTaskLifetimeMs * 1000);
  EXPECT_EQ(CodeOf(store_.Get(id, "token")), 0);
  clock_.Advance(1);
  EXPECT_EQ(CodeOf(store_.Get(id, "token")), mcp::error_code::kInvalidParams);
}

TEST_F(TasksTest, TheStoreEndsWithoutWaitingForWorkToFinishByItself) {
  const auto begin = std::chrono::steady_clock::now();
  {
    TaskStore store(&clock_);
    (void)store.Start(Background{[](RequestContext& context) -> Outcome {
                        Pause(context, 60'000);
                        return TextResult("x");
                      }},
                      "token", json::Json::object());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

}  // namespace
}  // namespace weir::mcp_server
