// The part of Client for calls that take more than one exchange, stateless era: the server asks
// something back (`input_required`), or hands out a task to ask after (the tasks extension).

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/pause.h"
#include "base/printable.h"
#include "mcp_client/client.h"
#include "mcp_client/server_requests.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxInputRequests = 32;
constexpr size_t kMaxTaskIdBytes = 1024;
// A server that only wants to be asked again is not asked at once.
constexpr milliseconds kEmptyRoundPause{100};
constexpr milliseconds kDefaultPoll{1000};
constexpr milliseconds kMinPoll{50};
constexpr milliseconds kMaxPoll{30'000};
constexpr milliseconds kCancelTime{2000};

tl::unexpected<Error> BadRound(std::string_view expected) {
  return MakeError(ErrorCode::kCorruptData, "a result from the MCP server: expected {}", expected);
}

Result<std::string> ResultType(const json::Json& result) {
  const auto type = result.find("resultType");
  if (type == result.end()) return std::string("complete");
  if (!type->is_string()) return BadRound("\"resultType\" to be a text");
  return type->get<std::string>();
}

Status PauseBetween(milliseconds time, int64_t deadline_us, const std::stop_token& stop) {
  const int64_t now_us = SystemClock().MonotonicMicros();
  if (now_us + time.count() * 1000 >= deadline_us) {
    return MakeError(ErrorCode::kDeadlineExceeded, "the MCP server did not finish in time");
  }
  if (PauseFor(time, stop)) return {};
  return MakeError(ErrorCode::kCancelled, "stopped");
}

milliseconds PollInterval(const json::Json& task) {
  const auto interval = task.find("pollIntervalMs");
  if (interval == task.end() || !interval->is_number()) return kDefaultPoll;
  const double ms = std::clamp(interval->get<double>(), 0.0, static_cast<double>(kMaxPoll.count()));
  return std::max(milliseconds(static_cast<int64_t>(ms)), kMinPoll);
}

}  // namespace

Result<json::Json> Client::AnswerInputs(const json::Json& requests, const std::stop_token& stop) {
  if (!requests.is_object() || requests.size() > kMaxInputRequests) {
    return BadRound(
        fmt::format("\"inputRequests\" to be an object of at most {}", kMaxInputRequests));
  }
  json::Json responses = json::Json::object();
  for (const auto& [key, request] : requests.items()) {
    const auto method = request.is_object() ? request.find("method") : request.end();
    if (!request.is_object() || method == request.end() || !method->is_string()) {
      return BadRound("every input request to have a method");
    }
    const auto name = method->get<std::string>();
    if (name == "ping") return BadRound("an input request for elicitation, sampling or roots");
    ServerRequestAnswer answer =
        AnswerServerRequest(handlers_, name, request.value("params", json::Json::object()), stop);
    if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped");
    if (const auto* error = std::get_if<mcp::RpcError>(&answer)) {
      return MakeError(ErrorCode::kPermissionDenied,
                       "the MCP server asks for {}, which it does not get: {}", Printable(name),
                       error->message);
    }
    responses[key] = std::get<json::Json>(std::move(answer));
  }
  return responses;
}

Result<Client::Reply> Client::AskInRounds(const std::string& method, json::Json params,
                                          const net::HttpHeaders& headers,
                                          const CallOptions& options) {
  const int64_t deadline_us = SystemClock().MonotonicMicros() + options.total.count() * 1000;
  for (int round = 0;; ++round) {
    ASSIGN_OR_RETURN(Reply reply, Ask(method, params, headers, options, deadline_us));
    const auto* result = std::get_if<json::Json>(&reply);
    if (result == nullptr || !stateless()) return reply;
    ASSIGN_OR_RETURN(const std::string type, ResultType(*result));
    if (type == "complete") return reply;
    if (type == "task" && options_.tasks && method == "tools/call") {
      return AwaitTask(*result, options, deadline_us);
    }
    if (type != "input_required") return BadRound("a known \"resultType\"");
    if (round >= options_.max_input_rounds) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "the MCP server asked back more than {} times in one call",
                       options_.max_input_rounds);
    }
    const auto requests = result->find("inputRequests");
    const auto state = result->find("requestState");
    const bool has_requests = requests != result->end() && !requests->empty();
    if (state != result->end() && !state->is_string()) {
      return BadRound("\"requestState\" to be a text");
    }
    if (!has_requests && state == result->end()) {
      return BadRound("\"inputRequests\" or \"requestState\"");
    }
    // Each round is made anew: nothing of an earlier one is sent again.
    params.erase("inputResponses");
    params.erase("requestState");
    if (has_requests) {
      ASSIGN_OR_RETURN(params["inputResponses"], AnswerInputs(*requests, options.stop));
    } else {
      RETURN_IF_ERROR(PauseBetween(kEmptyRoundPause, deadline_us, options.stop));
    }
    if (state != result->end()) params["requestState"] = *state;
  }
}

// Empty while the task goes on; `task` is what was told last.
Result<std::optional<Client::Reply>> Client::LookAtTask(const std::string& task_id,
                                                        json::Json* task,
                                                        const CallOptions& options,
                                                        int64_t deadline_us) {
  ASSIGN_OR_RETURN(Reply reply, Ask("tasks/get", {{"taskId", task_id}}, {}, options, deadline_us));
  if (std::holds_alternative<mcp::RpcError>(reply)) return std::optional(std::move(reply));
  *task = std::get<json::Json>(std::move(reply));
  const std::string status =
      task->contains("status") && (*task)["status"].is_string() ? (*task)["status"] : "";
  if (status == "working") return std::optional<Reply>();
  if (status == "completed") {
    const auto result = task->find("result");
    if (result == task->end() || !result->is_object()) {
      return BadRound("a completed task to have a \"result\"");
    }
    return std::optional<Reply>(json::Json(*result));
  }
  if (status == "failed") {
    const auto error = task->find("error");
    mcp::RpcError out{.message = "the task failed"};
    if (error != task->end() && error->is_object()) {
      if (error->value("code", json::Json()).is_number_integer()) out.code = (*error)["code"];
      if (error->value("message", json::Json()).is_string()) out.message = (*error)["message"];
    }
    return std::optional<Reply>(std::move(out));
  }
  if (status == "cancelled") {
    return MakeError(ErrorCode::kCancelled, "the MCP server cancelled the task");
  }
  if (status != "input_required") return BadRound("a known status of the task");
  const json::Json requests = task->value("inputRequests", json::Json::object());
  if (requests.empty()) return std::optional<Reply>();
  ASSIGN_OR_RETURN(json::Json responses, AnswerInputs(requests, options.stop));
  const json::Json update{{"taskId", task_id}, {"inputResponses", std::move(responses)}};
  ASSIGN_OR_RETURN(Reply taken, Ask("tasks/update", update, {}, options, deadline_us));
  if (std::holds_alternative<mcp::RpcError>(taken)) return std::optional(std::move(taken));
  return std::optional<Reply>();
}

Result<Client::Reply> Client::AwaitTask(const json::Json& created, const CallOptions& options,
                                        int64_t deadline_us) {
  const auto id = created.find("taskId");
  if (id == created.end() || !id->is_string() ||
      id->get_ref<const std::string&>().size() > kMaxTaskIdBytes) {
    return BadRound("a task to have a \"taskId\"");
  }
  const auto task_id = id->get<std::string>();
  json::Json task = created;
  int input_rounds = 0;
  const auto wait = [&]() -> Result<Reply> {
    for (;;) {
      RETURN_IF_ERROR(PauseBetween(PollInterval(task), deadline_us, options.stop));
      ASSIGN_OR_RETURN(std::optional<Reply> reply,
                       LookAtTask(task_id, &task, options, deadline_us));
      if (reply) return std::move(*reply);
      if (task.value("status", json::Json()) == "input_required" &&
          ++input_rounds > options_.max_input_rounds) {
        return MakeError(ErrorCode::kResourceExhausted,
                         "the MCP server asked back more than {} times in one task",
                         options_.max_input_rounds);
      }
    }
  };
  Result<Reply> reply = wait();
  if (!reply && reply.error().code != ErrorCode::kUnavailable) {
    // Whatever ended the waiting, the work shall end too, if the server listens.
    (void)Ask("tasks/cancel", {{"taskId", task_id}}, {}, {.idle = kCancelTime},
              SystemClock().MonotonicMicros() + kCancelTime.count() * 1000);
  }
  return reply;
}

}  // namespace weir::mcp_client
