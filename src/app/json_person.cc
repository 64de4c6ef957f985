#include "app/json_person.h"

#include <algorithm>
#include <cstdio>

#include "app/interrupt.h"
#include "app/server_questions.h"
#include "app/standing_grants.h"
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

// Once when nothing is said; empty for what is no scope.
std::optional<policy::Scope> ScopeOf(const json::Json& answer) {
  if (!answer.contains("scope")) return policy::Scope::kOnce;
  if (!answer["scope"].is_string()) return std::nullopt;
  return policy::ScopeFromName(answer["scope"].get_ref<const std::string&>());
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
  const Result<approvals::ApprovalView> view = approvals::MakeView(RequestFor(request, store_));
  policy::Answer no{.yes = false, .approver = "json", .request_digest = ""};
  if (!view) return no;
  no.request_digest = view->request_digest;
  json::Json event = {{"event", "approval_request"}};
  event.update(approvals::ToJson(*view));
  PrintLine(event);
  const json::Json answer = ReadObject(stop);
  if (!answer.contains("request") || answer["request"] != view->request_digest) return no;
  if (!answer.contains("answer")) return no;
  if (answer["answer"] == "edit" && answer.contains("arguments")) {
    no.edited_arguments.emplace(answer["arguments"]);
    return no;
  }
  if (answer["answer"] != "yes") return no;
  const std::optional<policy::Scope> scope = ScopeOf(answer);
  if (!scope || std::count(view->scopes.begin(), view->scopes.end(), *scope) == 0) return no;
  policy::Answer yes{
      .yes = true, .approver = "json", .request_digest = view->request_digest, .scope = *scope};
  if (answer.contains("typed") && answer["typed"].is_string()) {
    yes.typed = answer["typed"].get<std::string>();
  }
  return yes;
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

tools::ServerAnswer JsonPerson::AnswerServer(const tools::ServerQuestion& question,
                                             const std::stop_token& stop) {
  PrintLine(ServerQuestionJson(question));
  return ServerAnswerFromJson(ReadObject(stop));
}

void JsonPerson::Stream(agent::StreamClass /*kind*/, std::string_view /*text*/) {}

void JsonPerson::PrintFinish(const agent::RunState& state, const agent::Finish& finish) {
  PrintLine({{"event", "finished"},
             {"run", state.run_id},
             {"outcome", std::string(agent::OutcomeName(finish.outcome))},
             {"answer", finish.answer}});
}

}  // namespace weir::app
