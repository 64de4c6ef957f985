// Fixtures of the tasks extension: work that takes a while, fails, or asks in the middle.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mcp_server/fixtures.h"

namespace weir::mcp_server {
namespace {

constexpr int kMaxSeconds = 120;

Outcome Greet(const json::Json& arguments, RequestContext& /*context*/) {
  return TextResult(fmt::format("Hello, {}!", arguments.value("name", "")));
}

Outcome SlowCompute(const json::Json& arguments, RequestContext& /*context*/) {
  const json::Json seconds = arguments.value("seconds", json::Json(0));
  const int wait = seconds.is_number()
                       ? static_cast<int>(std::clamp<double>(seconds.get<double>(), 0, kMaxSeconds))
                       : 0;
  return Background{[wait](RequestContext& context) -> Outcome {
    Pause(context, wait * 1000);
    if (context.stop().stop_requested()) return TextResult("stopped", true);
    return TextResult(fmt::format("computed for {} s", wait));
  }};
}

Outcome FailingJob(const json::Json& /*arguments*/, RequestContext& /*context*/) {
  return Background{.work = [](RequestContext& context) -> Outcome {
                      Pause(context, 1000);
                      return TextResult("the job failed, as it always does", true);
                    },
                    .needs_task = true};
}

Outcome ProtocolErrorJob(const json::Json& /*arguments*/, RequestContext& /*context*/) {
  return Background{.work = [](RequestContext&) -> Outcome {
                      return mcp::RpcError{mcp::error_code::kInternalError, "the job broke"};
                    },
                    .needs_task = true};
}

json::Json ConfirmRequest(const std::string& message) {
  return ElicitationRequest(message, {{"confirm", {{"type", "boolean"}}}},
                            json::Json::array({"confirm"}));
}

Outcome ConfirmDelete(const json::Json& arguments, RequestContext& /*context*/) {
  const std::string name = arguments.value("filename", "");
  return Background{[name](RequestContext& context) -> Outcome {
    const json::Json request = ConfirmRequest(fmt::format("Delete {}?", name));
    const Result<json::Json> answer = context.Ask("elicitation/create", request["params"]);
    if (!answer) return TextResult(answer.error().message, true);
    return TextResult("answered: " + json::Dump(*answer));
  }};
}

Outcome MultiInput(const json::Json& /*arguments*/, RequestContext& /*context*/) {
  return Background{[](RequestContext& context) -> Outcome {
    const auto answers = context.AskAll(
        {{"first", ConfirmRequest("The first?")}, {"second", ConfirmRequest("The second?")}});
    if (!answers) return TextResult(answers.error().message, true);
    return TextResult(fmt::format("{} answers came", answers->size()));
  }};
}

Outcome InputThenTask(const json::Json& /*arguments*/, RequestContext& context) {
  const std::optional<json::Json> content = AcceptedContent(context, "user_name");
  if (!content) {
    return InputRequired{
        .requests = {
            {"user_name", ElicitationRequest("What is your name?", {{"name", {{"type", "string"}}}},
                                             json::Json::array({"name"}))}}};
  }
  const std::string name = content->value("name", "");
  return Background{.work = [name](RequestContext& inner) -> Outcome {
                      Pause(inner, 100);
                      return TextResult(fmt::format("done for {}", name));
                    },
                    .needs_task = true};
}

}  // namespace

std::vector<FixtureTool> TaskFixtures() {
  const json::Json text = {{"type", "string"}};
  return {
      {"greet", "Greets", ObjectSchema({{"name", text}}), Greet},
      {"slow_compute", "Takes its time",
       ObjectSchema({{"seconds", {{"type", "number"}}}, {"label", text}}), SlowCompute},
      {"failing_job", "Fails after a second", ObjectSchema(), FailingJob},
      {"protocol_error_job", "Breaks", ObjectSchema(), ProtocolErrorJob},
      {"confirm_delete", "Asks in the middle", ObjectSchema({{"filename", text}}), ConfirmDelete},
      {"multi_input", "Asks for two things in the middle", ObjectSchema(), MultiInput},
      {"test_tool_with_task", "Asks first, then becomes a task", ObjectSchema(), InputThenTask},
  };
}

}  // namespace weir::mcp_server
