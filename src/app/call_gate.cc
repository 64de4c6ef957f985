#include "app/call_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/escape.h"
#include "app/recorded_state.h"
#include "app/redacted_tools.h"
#include "app/session.h"
#include "app/standing_grants.h"
#include "approvals/store.h"
#include "base/clock.h"
#include "tools/shortlist.h"

namespace weir::app {
namespace {

GateResult Refused(GateResult out, std::string why) {
  out.result.is_error = true;
  out.result.summary = std::move(why);
  return out;
}

}  // namespace

// No model has a part in a client's call.
class CallGate::NoModel : public agent::ModelClient {
 public:
  const agent::ModelProfile& profile() const override { return profile_; }
  Result<agent::ModelReply> Complete(const agent::ModelRequest& /*request*/,
                                     const agent::StreamSink& /*sink*/,
                                     std::stop_token /*stop*/) override {
    return MakeError(ErrorCode::kInternal, "a client's call needs no model");
  }

 private:
  agent::ModelProfile profile_;
};

// Whoever is asked, with a line that says where the call comes from; or nobody.
class CallGate::GatePerson : public agent::Person {
 public:
  explicit GatePerson(agent::Person* person) : person_(person) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override {
    nobody_ = person_ == nullptr;
    if (nobody_) return {.yes = false, .approver = "nobody", .request_digest = ""};
    person_->Show({agent::NoticeKind::kCall, "asked by an MCP client (" + client_ + ")", ""});
    return person_->Decide(request, std::move(stop));
  }
  agent::PersonAnswered Answer(const agent::AskPerson& /*question*/,
                               std::stop_token /*stop*/) override {
    return {};
  }
  void Show(const agent::Show& notice) override {
    if (person_ != nullptr) person_->Show(notice);
  }
  void Stream(agent::StreamClass /*kind*/, std::string_view /*text*/) override {}

  void Begin(const std::string& client) {
    client_ = client;
    nobody_ = false;
  }
  // Whether the last call needed somebody and nobody was there.
  bool nobody() const { return nobody_; }

 private:
  agent::Person* const person_;
  std::string client_;
  bool nobody_ = false;
};

class CallGate::Room : private agent::ToolRunner {
 public:
  static Result<std::unique_ptr<Room>> Open(GateOptions options) {
    std::unique_ptr<Room> room(new Room(std::move(options)));
    const Settings& settings = room->options_.settings;
    ASSIGN_OR_RETURN(const std::string workspace, CheckedWorkspace(settings));
    ASSIGN_OR_RETURN(room->registry_, tools::Registry::Builtin());
    ASSIGN_OR_RETURN(room->policy_, LoadPolicy(settings, *room->registry_));
    ASSIGN_OR_RETURN(room->shortlist_, tools::Shortlist::Builtin());
    ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
    ASSIGN_OR_RETURN(room->record_, RecordedState::Open(state));
    room->grants_ = OpenGrants(state, *room->registry_);
    ASSIGN_OR_RETURN(room->tools_, RedactedTools::Open(&*room->registry_, &room->record_->audit(),
                                                       &*room->policy_,
                                                       {.worker_argv = room->options_.worker_argv,
                                                        .workspace = workspace,
                                                        .state_folder = state,
                                                        .run_id = NewRunId(SystemClock()),
                                                        .sandbox = settings.sandbox}));
    RETURN_IF_ERROR(room->tools_->StartWorker());
    return room;
  }

  ~Room() override {
    while (!runs_.empty()) EndOldestRun();
  }

  const tools::Registry& registry() const { return *registry_; }
  std::string SandboxText() const { return tools_->SandboxText(); }

  GateResult Call(const GateCall& call, const std::stop_token& stop) {
    agent::RunState& state = RunOf(call.client);
    GateResult out{.run_id = state.run_id};
    if (Status begun = tools_->host().BeginRun(state.run_id); !begun) {
      return Refused(std::move(out), begun.error().message);
    }
    person_.Begin(call.client);
    std::optional<StandingGrants> with_grants;
    if (grants_) with_grants.emplace(person_, *grants_, SystemClock());
    agent::Person& person = with_grants ? static_cast<agent::Person&>(*with_grants) : person_;
    chat::ToolCall tool_call;
    tool_call.name = call.tool;
    tool_call.arguments = tools_->redactor().RedactJson(call.arguments);
    executed_.reset();
    const Result<std::map<std::string, std::string>> profiles = tools_->host().ProfileHashes();
    if (!profiles) return Refused(std::move(out), profiles.error().message);
    const agent::RunContext context{.policy = *policy_,
                                    .registry = *registry_,
                                    .shortlist = *shortlist_,
                                    .profile = model_.profile(),
                                    .sandbox_profiles = *profiles};
    const agent::Finish finish =
        agent::DriveCall(state, {std::move(tool_call), options_.entrance}, context,
                         {model_, *this, person, record_->audit(), SystemClock()}, stop);
    if (executed_) {
      out.ran = true;
      out.result = std::move(*executed_);
      return out;
    }
    return Refused(std::move(out), WhyNot(finish, state));
  }

 private:
  struct ClientRun {
    agent::RunState state;
    uint64_t used = 0;
  };

  explicit Room(GateOptions options) : options_(std::move(options)), person_(options_.person) {}

  // Why nothing was done, what decided that, and how a person can let the call through.
  std::string WhyNot(const agent::Finish& finish, const agent::RunState& state) const {
    if (!person_.nobody()) {
      return state.last_rule.empty() ? finish.answer
                                     : fmt::format("{} (rule {})", finish.answer, state.last_rule);
    }
    return fmt::format(
        "Not done: this call needs a person's yes, which a client can not give (rule {}). A person "
        "can allow such calls with a rule in the policy file (weir policy explain shows how it "
        "decides), or by answering 'r' when weir run, or weir mcp serve --http in a terminal, asks "
        "for one.",
        state.last_rule);
  }

  agent::RunState& RunOf(const std::string& client) {
    auto found = runs_.find(client);
    if (found == runs_.end()) {
      if (runs_.size() >= kMaxClientRuns) EndOldestRun();
      found = runs_.emplace(client, ClientRun{agent::RunState(NewRunId(SystemClock()))}).first;
    }
    found->second.used = ++n_uses_;
    return found->second.state;
  }

  void EndOldestRun() {
    const auto oldest =
        std::ranges::min_element(runs_, {}, [](const auto& run) { return run.second.used; });
    const agent::RunState& state = oldest->second.state;
    // Nothing depends on these two: no later run has this id.
    (void)record_->audit().Append(
        audit::MakeEvent(audit::EventKind::kRunFinished, state.run_id, "",
                         {{"outcome", "answered"}, {"n_calls", state.n_calls}}));
    if (grants_) (void)grants_->EndRun(state.run_id, SystemClock().UnixMicros());
    runs_.erase(oldest);
  }

  Result<tools::Preview> Preview(const policy::ProposedCall& call,
                                 const std::stop_token& stop) override {
    return tools_->Preview(call, stop);
  }

  Result<tools::ToolResult> Execute(policy::ApprovedCall call, std::stop_token stop) override {
    Result<tools::ToolResult> result = tools_->Execute(std::move(call), std::move(stop));
    if (result) executed_ = *result;
    return result;
  }

  const GateOptions options_;
  std::unique_ptr<RecordedState> record_;
  std::optional<tools::Registry> registry_;
  std::optional<policy::Policy> policy_;
  std::optional<tools::Shortlist> shortlist_;
  std::unique_ptr<approvals::ApprovalStore> grants_;
  std::unique_ptr<RedactedTools> tools_;
  NoModel model_;
  GatePerson person_;
  std::map<std::string, ClientRun> runs_;  // by client
  uint64_t n_uses_ = 0;
  std::optional<tools::ToolResult> executed_;  // by the call in hand
};

Result<std::unique_ptr<CallGate>> CallGate::Open(GateOptions options) {
  std::unique_ptr<CallGate> gate(new CallGate());
  std::promise<Status> opened;
  std::future<Status> result = opened.get_future();
  // The worker dies with the thread that started it, so that thread is the gate's.
  gate->thread_ = std::jthread([raw = gate.get(), options = std::move(options), &opened]() mutable {
    raw->Work(std::move(options), &opened);
  });
  RETURN_IF_ERROR(result.get());
  return gate;
}

CallGate::~CallGate() { jobs_.Close(); }

const tools::Registry& CallGate::registry() const { return *registry_; }

void CallGate::Work(GateOptions options, std::promise<Status>* opened) {
  Result<std::unique_ptr<Room>> room = Room::Open(std::move(options));
  if (!room) {
    opened->set_value(MakeError(room.error()));
    return;
  }
  registry_ = &(*room)->registry();
  sandbox_text_ = (*room)->SandboxText();
  opened->set_value({});
  while (std::optional<Job> job = jobs_.Receive()) {
    if (job->stop.stop_requested()) {
      job->done->set_value(Refused({}, "cancelled before it began"));
    } else {
      job->done->set_value((*room)->Call(*job->call, job->stop));
    }
  }
}

GateResult CallGate::Call(const GateCall& call, const std::stop_token& stop) {
  std::promise<GateResult> done;
  std::future<GateResult> result = done.get_future();
  if (!jobs_.Send({&call, stop, &done})) return Refused({}, "the server stops");
  return result.get();
}

}  // namespace weir::app
