// `weir run` and `weir chat`: one task, or one after the other, in the terminal or for a program.

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "app/commands.h"
#include "app/escape.h"
#include "app/json_person.h"
#include "app/session.h"
#include "app/standing_grants.h"
#include "app/terminal_person.h"
#include "app/wrap.h"
#include "base/clock.h"

namespace weir::app {
namespace {

bool UseColor() { return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

// Says yes to calls that only read, for --yes-reads; everything else goes to whoever is behind it.
class YesToReads : public agent::Person {
 public:
  explicit YesToReads(agent::Person& person) : person_(person) {}
  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token stop) override {
    const Result<std::string> digest =
        policy::RequestDigest(request.call, request.decision, request.bound);
    const bool reads = request.call.effect == "read" || request.call.effect == "none";
    const bool asks = request.decision.verdict == policy::Verdict::kAsk;  // and no more than that
    if (digest && reads && asks)
      return {.yes = true, .approver = "--yes-reads", .request_digest = *digest};
    return person_.Decide(request, std::move(stop));
  }
  agent::PersonAnswered Answer(const agent::AskPerson& question, std::stop_token stop) override {
    return person_.Answer(question, std::move(stop));
  }
  void Show(const agent::Show& notice) override { person_.Show(notice); }
  void Stream(agent::StreamClass kind, std::string_view text) override {
    person_.Stream(kind, text);
  }
  tools::ServerAnswer AnswerServer(const tools::ServerQuestion& question,
                                   const std::stop_token& stop) override {
    return person_.AnswerServer(question, stop);
  }

 private:
  agent::Person& person_;
};

int ExitCodeOf(agent::Outcome outcome) {
  switch (outcome) {
    case agent::Outcome::kAnswered:
      return kExitOk;
    case agent::Outcome::kDenied:
      return kExitDenied;
    case agent::Outcome::kNeedsAnswer:
      return kExitNeedsAnswer;
    case agent::Outcome::kFailed:
    case agent::Outcome::kStopped:
      return kExitError;
  }
  return kExitError;
}

// Null where they can not be read; then nothing is granted beyond once.
std::unique_ptr<approvals::ApprovalStore> GrantsOf(const Settings& settings,
                                                   const Session& session) {
  const Result<std::string> state = StateFolder(settings);
  if (!state) return nullptr;
  return OpenGrants(*state, session.registry());
}

// A person in front of the terminal, or a program when --json.
struct Front {
  Front(const Settings& settings, const Session& session)
      : store(GrantsOf(settings, session)),
        json(STDIN_FILENO, store.get()),
        terminal({.in_fd = STDIN_FILENO,
                  .interactive = ::isatty(STDIN_FILENO) == 1,
                  .color = UseColor(),
                  .show_reasoning = settings.show_reasoning,
                  .store = store.get()}),
        base(settings.json ? static_cast<agent::Person*>(&json) : &terminal) {
    if (store) grants.emplace(*base, *store, SystemClock());
    agent::Person* with_grants = grants ? &*grants : base;
    yes_reads.emplace(*with_grants);
    person = settings.yes_reads ? static_cast<agent::Person*>(&*yes_reads) : with_grants;
  }

  // What was granted for a run ends with it; should that fail, no other run has its id.
  void EndRun(const std::string& run_id) const {
    if (store) (void)store->EndRun(run_id, SystemClock().UnixMicros());
  }

  std::unique_ptr<approvals::ApprovalStore> store;  // may be null
  JsonPerson json;
  TerminalPerson terminal;
  agent::Person* base;
  std::optional<StandingGrants> grants;
  std::optional<YesToReads> yes_reads;
  agent::Person* person = nullptr;
};

int PrintFinish(const Settings& settings, const agent::RunState& state, const agent::Finish& finish,
                bool interrupted) {
  if (settings.json) {
    JsonPerson::PrintFinish(state, finish);
  } else if (interrupted) {
    std::puts(
        "interrupted; what was done so far is in `weir audit show`, `weir undo` takes it back");
  } else if (finish.answer != state.last_result) {  // else it stands there already
    fmt::print("{:>8}  {}\n", "weir", EscapeForTerminal(finish.answer, {.keep_newlines = true}));
  }
  std::fflush(stdout);
  return interrupted ? kExitInterrupted : ExitCodeOf(finish.outcome);
}

// Less than the full sandbox is said each time.
void WarnOfSandbox(const Settings& settings, const Session& session) {
  if (settings.sandbox == sandbox::SandboxLevel::kFull) return;
  PrintMessage("sandbox " + EscapeForTerminal(session.SandboxText()));
}

// Servers and tools that are not offered, on stderr, so that answers stay what they were.
void WarnOfServers(const Session& session) {
  for (const std::string& problem : session.server_problems()) {
    PrintMessage(EscapeForTerminal(problem));
  }
}

int RunOnce(const Settings& settings, const std::string& request, Interrupt& interrupt) {
  if (request.find_first_not_of(" \t\n") == std::string::npos) {
    return Complain(settings, {ErrorCode::kInvalidArgument,
                               "the request is empty; say what to do: weir run \"...\""});
  }
  Result<std::unique_ptr<Session>> session = Session::Open(settings);
  if (!session) return Complain(settings, session.error());
  WarnOfSandbox(settings, **session);
  WarnOfServers(**session);
  Front front(settings, **session);
  agent::RunState state("");
  const agent::Finish finish = (*session)->Run(state, request, *front.person, interrupt.token());
  front.EndRun(state.run_id);
  return PrintFinish(settings, state, finish, interrupt.fired());
}

void PrintHelp(const Session& session) {
  std::puts("Ask for something in the workspace, one request at a time. What I can do:");
  for (const tools::ToolEntry& tool : session.registry().tools()) {
    fmt::print("  {:<14} {}\n", tool.definition.name, tool.definition.description);
  }
  std::puts(
      "/help this list   /quit leave   (weir undo and weir audit show are commands of the shell)");
}

bool WantsHelp(const std::string& line) {
  return line == "/help" || line == "help" || line == "?" || line.starts_with("what can you do");
}

int Chat(const Settings& settings, Interrupt& interrupt) {
  Result<std::unique_ptr<Session>> session = Session::Open(settings);
  if (!session) return Complain(settings, session.error());
  WarnOfSandbox(settings, **session);
  WarnOfServers(**session);
  Front front(settings, **session);
  agent::RunState state("");
  const bool prompt = !settings.json && ::isatty(STDIN_FILENO) == 1;
  if (prompt) {
    fmt::print("weir: chat in {}\n      sandbox {}\n      /help says what I can do, /quit leaves\n",
               EscapeForTerminal((*session)->workspace()),
               EscapeForTerminal((*session)->SandboxText()));
  }
  int code = kExitOk;
  while (!interrupt.fired()) {
    if (prompt) fmt::print("\nyou > ");
    std::fflush(stdout);
    const std::optional<std::string> line = ReadLine(STDIN_FILENO, interrupt.token());
    if (!line || *line == "/quit" || *line == "/exit") break;
    if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
    if (WantsHelp(*line)) {
      PrintHelp(**session);
      continue;
    }
    const agent::Finish finish = (*session)->Run(state, *line, *front.person, interrupt.token());
    front.EndRun(state.run_id);
    code = PrintFinish(settings, state, finish, interrupt.fired());
  }
  if (prompt) std::puts("");
  return interrupt.fired() ? kExitInterrupted : (prompt ? kExitOk : code);
}

}  // namespace

int Complain(const Settings& settings, const Error& error) {
  if (settings.json) {
    const json::Json object = {{"event", "error"},
                               {"code", std::string(ErrorCodeName(error.code))},
                               {"message", error.message}};
    std::puts(json::Dump(object).c_str());
  } else {
    PrintMessage(EscapeForTerminal(error.message, {.keep_newlines = true}));
  }
  return kExitError;
}

int Complain(const Settings& settings, const Error& error, const Interrupt& interrupt) {
  const int code = Complain(settings, error);
  return interrupt.fired() ? static_cast<int>(kExitInterrupted) : code;
}

void AddRunCommands(CLI::App& app, Settings& settings, Action& action) {
  const auto common = [&settings](CLI::App& command) {
    command.add_option("-w,--workspace", settings.workspace,
                       "the folder to work in (default: here)");
    command.add_flag("--dry-run", settings.dry_run,
                     "show what writes would do, and do none of them");
    command.add_flag("--yes-reads", settings.yes_reads,
                     "say yes to calls that only read, where policy asks");
    command.add_flag("--show-reasoning", settings.show_reasoning,
                     "print the model's reasoning as it streams");
    command.add_option("--max-context", settings.max_context, "tokens of context (default: 8192)");
  };
  CLI::App* run = app.add_subcommand("run", "do one task");
  common(*run);
  auto request = std::make_shared<std::string>();
  run->add_option("request", *request, "what to do, in quotes")->required();
  run->callback([&settings, &action, request] {
    action = [&settings, request](Interrupt& interrupt) {
      return RunOnce(settings, *request, interrupt);
    };
  });
  CLI::App* chat = app.add_subcommand("chat", "the same, as a conversation");
  common(*chat);
  chat->callback([&settings, &action] {
    action = [&settings](Interrupt& interrupt) { return Chat(settings, interrupt); };
  });
}

}  // namespace weir::app
