#include "app/json_person.h"

#include <cstdio>

#include "app/interrupt.h"
#include "json/json.h"

namespace weir::app {
namespace {

void PrintLine(const json::Json& object) {
  const std::string line = json::Dump(object) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

std::string_view KindName(agent::NoticeKind kind) {
  switch (kind) {
    case agent::NoticeKind::kCall:
      return "call";
    case agent::NoticeKind::kDecision:
      return "decision";
    case agent::NoticeKind::kDenied:
      return "denied";
    case agent::NoticeKind::kResult:
      return "result";
    case agent::NoticeKind::kToolError:
      return "tool_error";
    case agent::NoticeKind::kModelError:
      return "model_error";
    case agent::NoticeKind::kDryRun:
      return "dry_run";
  }
  return "";
}

}  // namespace

// An empty object when there is no line or it is no object.
json::Json JsonPerson::ReadObject(const std::stop_token& stop) {
  const std::optional<std::string> line = ReadLine(in_fd_, stop);
  if (!line) return json::Json::object();
  Result<json::Json> parsed = json::Parse(*line);
  return parsed && parsed->is_object() ? std::move(*parsed) : json::Json::object();
}

policy::Answer JsonPerson::Decide(const agent::RequestApproval& request, std::stop_token stop) {
  const Result<std::string> digest = policy::RequestDigest(request.call, request.decision);
  policy::Answer no{.yes = false, .approver = "json", .request_digest = digest.value_or("")};
  if (!digest) return no;
  PrintLine({{"event", "approval_request"},
             {"request", *digest},
             {"action", request.preview.action},
             {"tool", request.call.tool},
             {"effect", request.call.effect},
             {"arguments", request.call.arguments},
             {"preview", request.preview.body},
             {"reason", request.decision.reason}});
  const json::Json answer = ReadObject(stop);
  if (!answer.contains("request") || answer["request"] != *digest) return no;
  if (!answer.contains("answer") || answer["answer"] != "yes") return no;
  return {.yes = true, .approver = "json", .request_digest = *digest};
}

agent::PersonAnswered JsonPerson::Answer(const agent::AskPerson& question, std::stop_token stop) {
  PrintLine(
      {{"event", "question"}, {"question", question.question}, {"choices", question.choices}});
  const json::Json answer = ReadObject(stop);
  agent::PersonAnswered answered;
  if (answer.contains("answer") && answer["answer"].is_string())
    answered.text = answer["answer"].get<std::string>();
  if (answer.contains("choice") && answer["choice"].is_number_integer())
    answered.choice = answer["choice"].get<int>();
  return answered;
}

void JsonPerson::Show(const agent::Show& notice) {
  PrintLine({{"event", std::string(KindName(notice.kind))},
             {"text", notice.text},
             {"detail", notice.detail}});
}

void JsonPerson::Stream(agent::StreamClass /*kind*/, std::string_view /*text*/) {}

void JsonPerson::PrintFinish(const agent::RunState& state, const agent::Finish& finish) {
  PrintLine({{"event", "finished"},
             {"run", state.run_id},
             {"outcome", std::string(agent::OutcomeName(finish.outcome))},
             {"answer", finish.answer}});
}

}  // namespace weir::app
