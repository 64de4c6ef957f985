#include "agent/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/answer.h"
#include "agent/context.h"
#include "agent/origins.h"
#include "agent/tool_choice.h"
#include "base/check.h"
#include "json/json.h"

namespace weir::agent {
namespace {

constexpr std::string_view kAskUserTool =
    "ask_user";  // never reaches a worker: the person is asked

// The state machine's working set for one step.
struct Stepper {
  RunState& state;
  const RunContext& context;
  Outputs out;

  void Emit(Output output) { out.push_back(std::move(output)); }
  void Note(NoticeKind kind, std::string text, std::string detail = {}) {
    Emit(Show{kind, std::move(text), std::move(detail)});
  }
  void RecordEvent(audit::EventKind kind, json::Json data = json::Json::object()) {
    Emit(Record{audit::MakeEvent(kind, state.run_id, state.current ? state.current->id : "",
                                 std::move(data))});
  }

  void End(Outcome outcome, std::string answer) {
    state.phase = Phase::kDone;
    RecordEvent(audit::EventKind::kRunFinished,
                {{"outcome", std::string(OutcomeName(outcome))}, {"n_calls", state.n_calls}});
    Emit(Finish{outcome, std::move(answer)});
  }

  void Fail(const Error& error) {
    Note(NoticeKind::kModelError, error.message);
    End(error.code == ErrorCode::kCancelled ? Outcome::kStopped : Outcome::kFailed, error.message);
  }

  void AskModel(CallMode mode) {
    if (state.n_turns >= context.max_turns) {
      return End(Outcome::kStopped,
                 fmt::format("stopped after {} model turns without an answer", state.n_turns));
    }
    ++state.n_turns;
    state.phase = Phase::kModel;
    ModelRequest request;
    request.conversation = state.conversation;
    request.calls = mode;
    if (context.profile.copies_spans) request.span_source = state.request;
    if (mode == CallMode::kRequired && state.settled_tool) request.only_tool = *state.settled_tool;
    Emit(CallModel{std::move(request)});
  }

  void Ask(Phase phase, std::string question, std::vector<std::string> choices = {}) {
    state.phase = phase;
    state.choices = choices;
    Emit(AskPerson{std::move(question), std::move(choices)});
  }

  // ---- a request begins ----

  void Begin(std::string text) {
    state.request = std::move(text);
    state.queue.clear();
    state.current.reset();
    state.is_edited = false;
    state.seen.clear();
    state.n_approved.clear();
    state.settled_tool.reset();
    state.n_turns = 0;
    state.any_denied = false;
    state.last_result.clear();
    RecordEvent(audit::EventKind::kRunStarted,
                {{"policy", context.policy.hash()}, {"dry_run", context.dry_run}});
    if (context.profile.single_call && AsksForAbilities(state.request))
      return End(Outcome::kAnswered, Abilities(context.registry));
    Offer();
  }

  std::vector<chat::ToolDefinition> Candidates() const {
    return context.offered.empty() ? Definitions(context.registry) : context.offered;
  }

  // One call of a client. The run goes on from call to call, so that rules which count calls see
  // all of them.
  void BeginCall(ClientCalled called) {
    if (!state.is_client_run) {
      RecordEvent(audit::EventKind::kRunStarted, {{"policy", context.policy.hash()},
                                                  {"dry_run", context.dry_run},
                                                  {"interface", called.entrance}});
    }
    state.is_client_run = true;
    state.seen.clear();  // a client may repeat itself; a model in a loop may not
    state.any_denied = false;
    state.last_rule.clear();
    state.last_result.clear();
    state.conversation.messages.clear();
    state.queue.clear();
    state.queue.push_back({std::move(called.call), std::nullopt});
    NextCall();
  }

  // Puts the request and the tools on offer into the conversation and asks the model.
  void Offer() {
    if (context.profile.single_call) state.conversation.messages.clear();
    if (state.conversation.messages.empty() && !context.profile.system_text.empty()) {
      state.conversation.messages.push_back(
          TextMessage(chat::Role::kSystem, context.profile.system_text));
    }
    state.conversation.messages.push_back(TextMessage(chat::Role::kUser, state.request));
    state.conversation.tools =
        OfferedTools(Candidates(), context.shortlist, context.profile, state.request);
    AskModel(state.settled_tool ? CallMode::kRequired : CallMode::kAllowed);
  }

  // ---- the model spoke ----

  void OnReply(ModelReply reply) {
    for (const std::string& error : reply.errors) Note(NoticeKind::kModelError, error);
    const std::string answer =
        reply.message.content.is_string() ? reply.message.content.get<std::string>() : "";
    if (MaybeOtherTool(reply)) return;
    std::deque<MadeCall> calls;
    for (size_t i = 0; i < reply.message.tool_calls.size(); ++i) {
      const bool is_known = i < reply.call_confidence.size();
      calls.push_back({reply.message.tool_calls[i],
                       is_known ? reply.call_confidence[i] : std::optional<double>()});
    }
    state.conversation.messages.push_back(std::move(reply.message));
    if (reply.cut && calls.empty()) {
      return End(Outcome::kFailed, answer + " [cut: the model reached its length limit]");
    }
    if (calls.empty()) return OnText(answer, !reply.errors.empty());
    state.queue = std::move(calls);
    NextCall();
  }

  // Where the scorer speaks for another tool than the first call names: the model is asked again
  // for that one, or the person says which is meant.
  bool MaybeOtherTool(const ModelReply& reply) {
    if (context.profile.scorer_weight <= 0 || state.settled_tool || state.n_turns > 1) return false;
    const std::vector<chat::ToolDefinition> all = Candidates();
    const ToolChoice choice =
        ChooseTool(reply, state.conversation.tools, all, context.shortlist.Rank(state.request, all),
                   context.profile);
    if (choice.kind == ToolChoice::Kind::kKeep) return false;
    if (choice.kind == ToolChoice::Kind::kSwitch) {
      state.settled_tool = choice.tool;
      AskModel(CallMode::kRequired);
    } else {
      Ask(Phase::kChoice, "I am not sure what you mean. Which one?",
          {reply.message.tool_calls.front().name, choice.tool});
    }
    return true;
  }

  void OnText(const std::string& answer, bool had_errors) {
    if (answer.empty() && had_errors)
      return End(Outcome::kFailed, "the model's call could not be read");
    if (IsQuestion(answer)) return Ask(Phase::kQuestion, answer);
    End(Outcome::kAnswered, answer);
  }

  // ---- one call after the other ----

  void NextCall() {
    state.current.reset();
    state.proposed.reset();
    state.decision.reset();
    state.is_edited = false;
    if (state.queue.empty()) return AfterCalls();
    state.current = std::move(state.queue.front().call);
    state.confidence = state.queue.front().confidence;
    state.written = state.current->arguments;
    state.queue.pop_front();
    ++state.n_calls;
    if (state.current->id.empty()) state.current->id = fmt::format("call-{}", state.n_calls);
    Consider();
  }

  void AfterCalls() {
    if (state.is_client_run) {
      state.phase = Phase::kDone;
      Emit(Finish{state.any_denied ? Outcome::kDenied : Outcome::kAnswered, state.last_result});
      return;
    }
    if (context.profile.single_call) {
      return End(state.any_denied ? Outcome::kDenied : Outcome::kAnswered, state.last_result);
    }
    AskModel(CallMode::kAllowed);
  }

  // The checks between a model's words and a decision. Every way out is a tool error, a question or
  // a decision.
  void Consider() {
    const chat::ToolCall& call = *state.current;
    const tools::ToolEntry* entry = context.registry.Find(call.name);
    if (entry == nullptr) return ToolError(fmt::format("there is no tool '{}'", call.name));
    const Result<std::string> canonical = json::Canonical(call.arguments);
    if (!canonical) return ToolError(canonical.error().message);
    if (Status valid = context.registry.CheckArguments(*entry, call.arguments); !valid)
      return ToolError(valid.error().message);
    if (++state.seen[call.name + *canonical] > context.max_repeats) {
      return End(Outcome::kStopped,
                 fmt::format("stopped: the model made the same call {} times: {}",
                             context.max_repeats + 1, call.name));
    }
    Note(NoticeKind::kCall, fmt::format("{} {}", call.name, *canonical));
    if (call.name == kAskUserTool)
      return Ask(Phase::kQuestion, call.arguments.value("question", ""));
    Decide(*entry);
  }

  void Decide(const tools::ToolEntry& entry) {
    policy::ProposedCall proposed = Propose(entry, *state.current);
    proposed.calls_so_far = state.n_approved[proposed.tool];
    proposed.minute_of_day = context.minute_of_day;
    proposed.confidence = state.confidence;
    proposed.origins = Origins();
    const policy::Decision decision = context.policy.Decide(proposed);
    RecordEvent(audit::EventKind::kDecision,
                {{"server", proposed.server},
                 {"tool", proposed.tool},
                 {"effect", proposed.effect},
                 {"definition", proposed.definition_hash},
                 {"verdict", std::string(policy::VerdictName(decision.verdict))},
                 {"rule", decision.rule_id},
                 {"reason", decision.reason},
                 {"policy", decision.policy_hash}});
    Note(NoticeKind::kDecision,
         fmt::format("{} ({})", policy::VerdictName(decision.verdict), decision.reason));
    state.proposed = proposed;
    state.decision = decision;
    state.last_rule = decision.rule_id;
    state.bound = {.sandbox_profile = SandboxProfileOf(proposed.server)};
    if (policy::NeedsTypedWord(decision.verdict)) {
      state.bound.typed_word = policy::TargetName(proposed);
    }
    if (decision.verdict == policy::Verdict::kDeny) return Denied("policy: " + decision.reason);
    if (policy::NeedsPerson(decision.verdict) || context.dry_run) {
      state.phase = Phase::kPreview;
      Emit(PreviewTool{std::move(proposed)});
      return;
    }
    Run(std::nullopt);
  }

  std::string SandboxProfileOf(const std::string& server) const {
    const auto found = context.sandbox_profiles.find(server);
    if (found != context.sandbox_profiles.end()) return found->second;
    return server == policy::kBuiltinServer ? "" : "unknown";
  }

  // What a person changed in the arguments is the person's, wherever else it stands.
  std::map<std::string, std::vector<policy::Origin>> Origins() const {
    OriginTexts texts = TextsOf(state.conversation, kAskUserTool);
    texts.person.push_back(state.request);
    if (!state.is_edited) return OriginsOf(state.current->arguments, texts);
    json::Json changed = json::Json::object();
    json::Json kept = json::Json::object();
    for (const auto& [name, value] : state.current->arguments.items()) {
      const auto written = state.written.find(name);
      const bool is_kept = written != state.written.end() && *written == value;
      (is_kept ? kept : changed)[name] = value;
    }
    std::map<std::string, std::vector<policy::Origin>> origins = OriginsOf(kept, texts);
    for (auto& [place, list] : OriginsOf(changed, {})) origins[place] = {policy::Origin::kPerson};
    return origins;
  }

  void OnPreview(Result<tools::Preview> preview) {
    if (!preview) return ToolError(preview.error().message);
    if (preview->is_error) return ToolError(preview->body);
    const bool acts = state.proposed->effect != "read" && state.proposed->effect != "none";
    if (context.dry_run && acts) {
      Note(NoticeKind::kDryRun, preview->action, preview->body);
      state.last_result = "dry run: not done: " + preview->action;
      state.any_denied = true;
      RecordEvent(audit::EventKind::kDenied, {{"by", "dry_run"}, {"tool", state.proposed->tool}});
      PushToolResult(state.last_result);
      return NextCall();
    }
    if (state.decision->verdict == policy::Verdict::kAllow) return Run(std::nullopt);
    if (state.decision->verdict == policy::Verdict::kPreview && acts && !preview->is_exact) {
      return Denied("an exact preview is demanded, and this tool can give none");
    }
    state.bound.preconditions = preview->preconditions;
    state.phase = Phase::kApproval;
    Emit(RequestApproval{.call = *state.proposed,
                         .decision = *state.decision,
                         .preview = std::move(*preview),
                         .bound = state.bound,
                         .run_id = state.run_id,
                         .call_id = state.current->id});
  }

  void OnDecided(const policy::Answer& answer) {
    const bool edited = answer.edited_arguments.has_value();
    json::Json data = {{"answer", edited       ? "edited"
                                  : answer.yes ? "yes"
                                               : "no"},
                       {"by", answer.approver},
                       {"request", answer.request_digest}};
    if (!answer.reason.empty()) data["reason"] = answer.reason;
    RecordEvent(audit::EventKind::kApproval, std::move(data));
    if (edited) return Edit(answer);
    if (!answer.yes) return Denied("the person said no");
    Run(answer);
  }

  // The person's arguments are another call: nothing that was decided about the first one counts.
  void Edit(const policy::Answer& answer) {
    const Result<std::string> asked =
        policy::RequestDigest(*state.proposed, *state.decision, state.bound);
    if (!asked || answer.request_digest != *asked) {
      return Denied("the edit was made to another request than this");
    }
    state.current->arguments = *answer.edited_arguments;
    state.is_edited = true;
    state.confidence.reset();
    state.proposed.reset();
    state.decision.reset();
    Consider();
  }

  void Run(const std::optional<policy::Answer>& answer) {
    Result<policy::ApprovedCall> approved =
        policy::Approve(*state.proposed, *state.decision, answer,
                        {.run_id = state.run_id,
                         .call_id = state.current->id,
                         .now_us = context.now_us,
                         .bound = state.bound});
    if (!approved) return Denied(approved.error().message);
    ++state.n_approved[state.proposed->tool];
    state.phase = Phase::kTool;
    Emit(ExecuteTool{std::move(*approved)});
  }

  void Denied(const std::string& why) {
    state.any_denied = true;
    RecordEvent(audit::EventKind::kDenied, {{"reason", why}, {"tool", state.proposed->tool}});
    state.last_result = fmt::format("Not done: {}.", why);
    Note(NoticeKind::kDenied, state.last_result);
    PushToolResult("denied: " + why);
    NextCall();
  }

  void ToolError(const std::string& message) {
    Note(NoticeKind::kToolError, message);
    state.last_result = "Not done: " + message;
    state.any_denied = state.any_denied || context.profile.single_call;
    PushToolResult("error: " + message);
    NextCall();
  }

  void OnFinished(const Result<tools::ToolResult>& finished) {
    // Nothing was done, because something else is true now than when it was approved.
    if (!finished && finished.error().code == ErrorCode::kPermissionDenied)
      return Denied(finished.error().message);
    if (!finished) return Fail(finished.error());
    const tools::ToolResult& result = *finished;
    if (result.is_error) return ToolError(result.summary);
    state.last_result = result.summary;
    Note(NoticeKind::kResult, result.summary, result.text);
    PushToolResult(ResultForModel(result, context.profile));
    NextCall();
  }

  void PushToolResult(std::string text) {
    // Otherwise the model would take the result for that of the call it made.
    if (state.is_edited) {
      text = fmt::format("(the person changed the arguments to {})\n{}",
                         json::Dump(state.current->arguments), text);
    }
    chat::Message message = TextMessage(chat::Role::kTool, std::move(text));
    message.tool_name = state.current ? state.current->name : "";
    state.conversation.messages.push_back(std::move(message));
  }

  // ---- the person spoke ----

  void OnAnswered(const PersonAnswered& answer) {
    if (!answer.text && answer.choice < 0) return End(Outcome::kNeedsAnswer, LastQuestion());
    if (state.phase == Phase::kChoice) {
      if (answer.choice < 0 || answer.choice >= static_cast<int>(state.choices.size())) {
        return End(Outcome::kNeedsAnswer, LastQuestion());
      }
      state.settled_tool = state.choices[static_cast<size_t>(answer.choice)];
      state.conversation.messages.clear();
      state.seen.clear();
      return Offer();
    }
    if (state.current) {  // the ask_user tool
      PushToolResult(*answer.text);
      return NextCall();
    }
    state.conversation.messages.push_back(TextMessage(chat::Role::kUser, *answer.text));
    state.request += "\n" + *answer.text;
    AskModel(CallMode::kAllowed);
  }

  std::string LastQuestion() const {
    if (state.phase == Phase::kChoice)
      return "which tool is meant: " + fmt::format("{}", fmt::join(state.choices, " or ")) + "?";
    if (state.current) return state.current->arguments.value("question", "");
    const chat::Message& last = state.conversation.messages.back();
    return last.content.is_string() ? last.content.get<std::string>() : "";
  }
};

// True when `input` can happen in `phase`; everything else is our bug and ends the run.
bool Fits(Phase phase, const Input& input) {
  if (std::holds_alternative<StopRequested>(input)) return phase != Phase::kDone;
  switch (phase) {
    case Phase::kIdle:
    case Phase::kDone:
      return std::holds_alternative<PersonAsked>(input) ||
             std::holds_alternative<ClientCalled>(input);
    case Phase::kModel:
      return std::holds_alternative<ModelReplied>(input) ||
             std::holds_alternative<ModelFailed>(input);
    case Phase::kPreview:
      return std::holds_alternative<ToolPreviewed>(input);
    case Phase::kApproval:
      return std::holds_alternative<PersonDecided>(input);
    case Phase::kTool:
      return std::holds_alternative<ToolFinished>(input);
    case Phase::kQuestion:
    case Phase::kChoice:
      return std::holds_alternative<PersonAnswered>(input);
  }
  return false;
}

}  // namespace

Outputs Step(RunState& state, Input input, const RunContext& context) {
  Stepper stepper{state, context, {}};
  if (!Fits(state.phase, input)) {
    stepper.End(Outcome::kFailed, "internal error: an input that does not fit the run's phase");
    return std::move(stepper.out);
  }
  if (auto* asked = std::get_if<PersonAsked>(&input)) stepper.Begin(std::move(asked->text));
  if (auto* called = std::get_if<ClientCalled>(&input)) stepper.BeginCall(std::move(*called));
  if (auto* replied = std::get_if<ModelReplied>(&input)) stepper.OnReply(std::move(replied->reply));
  if (auto* failed = std::get_if<ModelFailed>(&input)) stepper.Fail(failed->error);
  if (auto* previewed = std::get_if<ToolPreviewed>(&input))
    stepper.OnPreview(std::move(previewed->preview));
  if (auto* decided = std::get_if<PersonDecided>(&input)) stepper.OnDecided(decided->answer);
  if (auto* finished = std::get_if<ToolFinished>(&input)) stepper.OnFinished(finished->result);
  if (auto* answered = std::get_if<PersonAnswered>(&input)) stepper.OnAnswered(*answered);
  if (std::holds_alternative<StopRequested>(input)) stepper.End(Outcome::kStopped, "stopped");
  return std::move(stepper.out);
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswered:
      return "answered";
    case Outcome::kDenied:
      return "denied";
    case Outcome::kNeedsAnswer:
      return "needs_answer";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kStopped:
      return "stopped";
  }
  return "failed";
}

}  // namespace weir::agent
