// Total mediation: what a witness outside of Weir saw being run is exactly what the audit log says
// was allowed, however the calls came in and whatever they were.
//
// In this process 10 000 fuzzed calls go through agent::Drive and ToolHost to a worker that keeps a
// log of its own. Through the built program, as JSON and in a terminal, the witness is the
// workspace.

#include "tests/support/mediation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/driver.h"
#include "audit/verify.h"
#include "chat/output_parser.h"
#include "platform/process.h"
#include "tests/support/program.h"
#include "vault/vault_reader.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFuzzedCalls = 10'000;
constexpr int64_t kLongerThanAnApprovalUs = policy::kDefaultLifetimeUs + 1'000'000;

Tally AllowedIn(const std::string& folder) {
  Tally tally;
  for (const audit::Record& record : Records(folder)) {
    if (record.event.kind != audit::EventKind::kIntent) continue;
    const json::Json& data = record.event.data;
    ++tally[Entry(record.event.run_id, data.at("tool").get<std::string>(), data.at("arguments"))];
  }
  return tally;
}

// What happened to the calls, by a word for each, so that no kind is missing unnoticed.
using Counts = std::map<std::string, size_t>;

// A model that says whatever could come into a model's head.
class FuzzedModel : public agent::ModelClient {
 public:
  FuzzedModel(Dice& dice, Counts& counts) : dice_(dice), counts_(counts) {}

  const agent::ModelProfile& profile() const override { return profile_; }
  Result<agent::ModelReply> Complete(const agent::ModelRequest& /*request*/,
                                     const agent::StreamSink& /*sink*/,
                                     std::stop_token /*stop*/) override {
    agent::ModelReply reply;
    reply.message.role = chat::Role::kAssistant;
    reply.message.content = "";
    if (dice_.Percent(2)) return MakeError(ErrorCode::kUnavailable, "the model is gone");
    if (dice_.Percent(10)) {
      reply.message.content = dice_.Percent(50) ? "done" : "what do you mean?";
      return reply;
    }
    if (dice_.Percent(10)) return Malformed();
    for (size_t n = 1 + dice_.Below(5); n > 0; --n) reply.message.tool_calls.push_back(AnyCall());
    return reply;
  }

  chat::ToolCall AnyCall() {
    ++n_calls;
    if (!last_.name.empty() && dice_.Percent(8)) return Count("repeated", last_);
    last_ = NewCall();
    return last_;
  }

  size_t n_calls = 0;

 private:
  chat::ToolCall Count(const std::string& kind, chat::ToolCall call) {
    ++counts_[kind];
    return call;
  }
  static chat::ToolCall Call(std::string name, json::Json arguments) {
    chat::ToolCall call;
    call.name = std::move(name);
    call.arguments = std::move(arguments);
    return call;
  }
  std::string Name() { return "f" + std::to_string(dice_.Below(100'000)) + ".txt"; }

  chat::ToolCall NewCall() {
    switch (dice_.Below(16)) {
      case 0:
        return Count("wrong schema", Call("write_file", {{"path", 5}, {"text", "x"}}));
      case 1:
        return Count("wrong schema", Call("read_file", {{"path", Name()}, {"extra", true}}));
      case 2:
        return Count("unknown tool",
                     Call(dice_.Pick({"fly", "", "tools/call", "Write_File", "weir/preview"}),
                          {{"path", Name()}}));
      case 3:
        return Count(
            "outside",
            Call(dice_.Pick({"read_file", "delete_file", "make_folder"}),
                 {{"path", dice_.Pick({"../x", "/etc/passwd", "a/../../x", "notes/../../y"})}}));
      case 4:
        return Count("denied", Call("write_file", {{"path", "private/" + Name()}, {"text", "x"}}));
      case 5:
        // Seldom: every crash costs the start of a worker.
        if (!dice_.Percent(20)) return NewCall();
        return Count("crash",
                     Call("append_file", {{"path", "notes/crash-" + Name()}, {"text", "x"}}));
      case 6:
        return dice_.Percent(3) ? Huge() : Count("asked", Call("delete_file", {{"path", Name()}}));
      case 7:
      case 8:
      case 9:
        return Count("asked", Call("write_file", {{"path", Name()}, {"text", "x"}}));
      case 10:
        return Count("question", Call("ask_user", {{"question", "which one?"}}));
      case 11:
        return Count("no canonical form", Call("calculate", {{"expression", std::nan("")}}));
      case 12:
      case 13:
        return Count("allowed",
                     Call("write_file", {{"path", "notes/" + Name()}, {"text", "\xC3\xA4\n"}}));
      default:
        return Count("allowed", Call(dice_.Pick({"read_file", "file_info"}), {{"path", Name()}}));
    }
  }

  chat::ToolCall Huge() {
    const size_t bytes = dice_.Percent(50) ? 5u << 20 : 1u << 18;
    return Count("huge", Call("write_file",
                              {{"path", "notes/huge.txt"}, {"text", std::string(bytes, 'x')}}));
  }

  // Text that is almost a call, read as the runtime reads a model's output.
  agent::ModelReply Malformed() {
    const std::string whole = "<|tool_call_start|>[write_file(path=\"notes/" + Name() +
                              "\", text=\"x\")]<|tool_call_end|>";
    const chat::ParsedOutput parsed =
        chat::ParseOutput(whole.substr(0, 19 + dice_.Below(whole.size() - 19)));
    agent::ModelReply reply;
    reply.message.role = chat::Role::kAssistant;
    reply.message.content = parsed.answer;
    reply.message.tool_calls = parsed.calls;
    for (const chat::ParseError& error : parsed.errors) reply.errors.push_back(error.message);
    ++n_calls;
    ++counts_["malformed"];
    return reply;
  }

  Dice& dice_;
  Counts& counts_;
  agent::ModelProfile profile_;
  chat::ToolCall last_;
};

// Says yes, no, something else, or nothing, and may stop the run in the middle.
class FuzzedPerson : public agent::Person {
 public:
  FuzzedPerson(Dice& dice, Counts& counts) : dice_(dice), counts_(counts) {}

  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token /*stop*/) override {
    const std::string digest = policy::RequestDigest(request.call, request.decision).value();
    policy::Answer answer{.yes = true, .approver = "test", .request_digest = digest};
    switch (dice_.Below(10)) {
      case 0:
      case 1:
        answer.yes = false;
        ++counts_["refused"];
        break;
      case 2:
        answer.request_digest[dice_.Below(digest.size())] ^= 1;
        ++counts_["wrong digest"];
        break;
      case 3:
        answer.request_digest = last_digest_;
        ++counts_["wrong digest"];
        break;
      case 4:
        stop->request_stop();
        ++counts_["stopped"];
        break;
      default:
        ++counts_["approved"];
    }
    last_digest_ = digest;
    return answer;
  }
  agent::PersonAnswered Answer(const agent::AskPerson& /*question*/,
                               std::stop_token /*stop*/) override {
    agent::PersonAnswered answer;
    if (dice_.Percent(50)) answer.text = "the first one";
    return answer;
  }
  void Show(const agent::Show& /*notice*/) override {}
  void Stream(agent::StreamClass /*kind*/, std::string_view /*text*/) override {}

  std::stop_source* stop = nullptr;  // of the run

 private:
  Dice& dice_;
  Counts& counts_;
  std::string last_digest_;
};

// Hands approved calls to the host, some too late, some under another policy, some twice.
class FuzzedRunner : public agent::ToolRunner {
 public:
  FuzzedRunner(Dice& dice, Counts& counts, tools::ToolHost& host, std::string policy_hash,
               FakeClock& clock)
      : dice_(dice),
        counts_(counts),
        host_(host),
        policy_hash_(std::move(policy_hash)),
        clock_(clock) {}

  Result<tools::Preview> Preview(const policy::ProposedCall& call,
                                 const std::stop_token& stop) override {
    return host_.PreviewCall(call, stop);
  }
  Result<tools::ToolResult> Execute(policy::ApprovedCall call, std::stop_token stop) override {
    if (dice_.Percent(5)) {
      clock_.Advance(kLongerThanAnApprovalUs);
      ++counts_["expired"];
    }
    std::string policy_hash = policy_hash_;
    if (dice_.Percent(4)) {
      policy_hash[0] = policy_hash[0] == '0' ? '1' : '0';
      ++counts_["other policy"];
    }
    Result<tools::ToolResult> result = host_.Execute(std::move(call), policy_hash, stop);
    if (dice_.Percent(10)) {
      // What is left of a call that was spent.
      // NOLINTNEXTLINE(bugprone-use-after-move)
      EXPECT_FALSE(host_.Execute(std::move(call), policy_hash_, stop).has_value());
      ++counts_["replayed"];
    }
    return result;
  }

 private:
  Dice& dice_;
  Counts& counts_;
  tools::ToolHost& host_;
  const std::string policy_hash_;
  FakeClock& clock_;
};

constexpr std::string_view kPolicy = R"(
default = "standard"
[[rule]]
id = "notes"
decision = "allow"
tool = "*_file"
effect = "write"
[rule.when]
argument.path = { inside = "notes" }
[[rule]]
id = "private"
decision = "deny"
effect = ["read", "write", "delete"]
tool = "*_file"
[rule.when]
argument.path = { inside = "private" }
)";

class MediationTest : public ::testing::Test {
 protected:
  // In memory where there is some: the audit log syncs every record.
  MediationTest() {
    std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : ::testing::TempDir();
    pattern += "weir-mediation-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    for (const char* folder : {"/workspace", "/state"}) fs::create_directory(root_ + folder);
    fs::permissions(root_ + "/state", fs::perms::owner_all);
    std::vector<policy::KnownTool> known;
    for (const tools::ToolEntry& entry : registry_.tools()) {
      known.push_back({.server = entry.server,
                       .name = entry.definition.name,
                       .effect = entry.effect,
                       .arguments = entry.arguments,
                       .path_arguments = entry.path_arguments});
    }
    policy_.emplace(policy::Policy::Parse(kPolicy, "test.toml", known).value());
    log_.emplace(audit::AuditLog::Open(root_ + "/state/audit", clock_).value());
    host_.emplace(
        tools::ToolHost::Create(&registry_, &*log_, &clock_,
                                {.worker_argv = {WEIR_FAKE_WORKER, "witness", WitnessFile()},
                                 .workspace = root_ + "/workspace",
                                 .state_folder = root_ + "/state",
                                 .run_id = "run-0",
                                 // The witness writes a file of its own.
                                 .sandbox = sandbox::SandboxLevel::kOff})
            .value());
  }
  ~MediationTest() override {
    host_.reset();
    log_.reset();
    fs::remove_all(root_);
  }

  std::string WitnessFile() const { return root_ + "/witness.jsonl"; }
  Tally Seen() const { return SeenBy(WitnessFile()); }
  Tally Allowed() const { return AllowedIn(root_ + "/state/audit"); }

  // One run from a request to its end, and calls into what is left of it.
  void DriveOnce(FuzzedModel& model, FuzzedPerson& person, agent::ToolRunner& runner, Dice& dice) {
    const std::string run_id = "run-" + std::to_string(++n_runs_);
    ASSERT_TRUE(host_->BeginRun(run_id).has_value());
    agent::RunState state(run_id);
    std::stop_source stop;
    person.stop = &stop;
    const agent::RunContext context{.policy = *policy_,
                                    .registry = registry_,
                                    .shortlist = shortlist_,
                                    .profile = model.profile(),
                                    .now_us = clock_.UnixMicros(),
                                    .dry_run = dice.Percent(5)};
    clock_.Advance(1000);
    (void)agent::Drive(state, "do it", context, {model, runner, person, *log_, clock_},
                       stop.get_token());
    // The run is over: a reply that comes late does nothing.
    agent::ModelReplied late;
    late.reply.message.role = chat::Role::kAssistant;
    late.reply.message.tool_calls = {model.AnyCall()};
    for (const agent::Output& output : agent::Step(state, std::move(late), context))
      EXPECT_FALSE(std::holds_alternative<agent::ExecuteTool>(output));
    ++counts_["after the end"];
  }

  std::string root_;
  FakeClock clock_{1'700'000'000'000'000};
  tools::Registry registry_ = tools::Registry::Builtin().value();
  tools::Shortlist shortlist_ = tools::Shortlist::Builtin().value();
  std::optional<policy::Policy> policy_;
  std::optional<audit::AuditLog> log_;
  std::optional<tools::ToolHost> host_;
  Counts counts_;
  int n_runs_ = 0;
};

// The comparison must be able to fail: a worker that is asked past the host is noticed.
TEST_F(MediationTest, ACallPastTheChokepointIsADifference) {
  Dice dice(1);
  FuzzedModel model(dice, counts_);
  FuzzedPerson person(dice, counts_);
  FuzzedRunner runner(dice, counts_, *host_, policy_->hash(), clock_);
  for (int i = 0; i < 20; ++i) DriveOnce(model, person, runner, dice);
  EXPECT_EQ(Difference(Seen(), Allowed()), 0);
  tools::WorkerHost past({.argv = {WEIR_FAKE_WORKER, "witness", WitnessFile()},
                          .sandbox = sandbox::SandboxLevel::kOff},
                         UniqueFd(::dup(0)), UniqueFd(::dup(0)));
  ASSERT_TRUE(past.Request("tools/call", {{"name", "delete_file"},
                                          {"arguments", {{"path", "x"}}},
                                          {"_meta", {{"weir/run", "run-1"}}}})
                  .has_value());
  EXPECT_EQ(Difference(Seen(), Allowed()), 1);
}

TEST_F(MediationTest, TenThousandFuzzedCallsRunExactlyAsTheAuditLogSays) {
  Dice dice(20240501);
  FuzzedModel model(dice, counts_);
  FuzzedPerson person(dice, counts_);
  FuzzedRunner runner(dice, counts_, *host_, policy_->hash(), clock_);
  while (model.n_calls + counts_["replayed"] < kFuzzedCalls) DriveOnce(model, person, runner, dice);

  const Tally seen = Seen();
  const Tally allowed = Allowed();
  const int difference = Difference(seen, allowed);
  fmt::print("mediation: {} fuzzed calls in {} runs\n", model.n_calls + counts_["replayed"],
             n_runs_);
  for (const auto& [kind, count] : counts_) {
    fmt::print("mediation:   {:<18} {:>6}\n", kind, count);
    EXPECT_GE(count, 10U) << kind;
  }
  fmt::print("mediation: seen by the witness {}, allowed in the audit log {}, difference {} (0)\n",
             Total(seen), Total(allowed), difference);
  EXPECT_EQ(difference, 0);
  EXPECT_GT(Total(seen), 1000);
  EXPECT_TRUE(audit::Verify(root_ + "/state/audit").has_value());
  for (const auto& [entry, count] : seen) {
    EXPECT_EQ(entry.find("private/"), std::string::npos) << entry;
    EXPECT_EQ(entry.find("\"../"), std::string::npos) << entry;
  }
}

// ---- through the built program ----

// The names below `folder`.
std::set<std::string> NamesIn(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    names.insert(fs::relative(entry.path(), folder).string());
  return names;
}

// What a call changes when it works: "+name" appears, "-name" is gone.
Tally ChangesAllowedIn(const fs::path& state) {
  Tally changes;
  std::map<uint64_t, std::string> intents;
  const vault::VaultReader vault = vault::VaultReader::Open(state.string()).value();
  for (const audit::Record& record : Records((state / "audit").string())) {
    const json::Json& data = record.event.data;
    if (record.event.kind == audit::EventKind::kIntent) {
      const std::string effect = data.at("effect").get<std::string>();
      EXPECT_FALSE(data.contains("arguments"));  // they are in the vault
      const std::string payload =
          vault.Get(data.at("arguments_payload").get<std::string>()).value().bytes;
      const json::Json arguments = json::Parse(payload).value().at("arguments");
      if (effect == "delete") intents[record.seq] = "-" + arguments.value("path", "");
      if (effect == "write") intents[record.seq] = "+" + arguments.value("path", "");
    }
    if (record.event.kind != audit::EventKind::kOutcome || data.at("is_error").get<bool>())
      continue;
    const auto intent = intents.find(data.at("intent").get<uint64_t>());
    if (intent != intents.end()) ++changes[intent->second];
  }
  return changes;
}

Tally ChangesSeen(const std::set<std::string>& before, const std::set<std::string>& after) {
  Tally changes;
  for (const std::string& name : before) {
    if (!after.contains(name)) ++changes["-" + name];
  }
  for (const std::string& name : after) {
    if (!before.contains(name)) ++changes["+" + name];
  }
  return changes;
}

class ProgramMediationTest : public ::testing::Test {
 protected:
  static constexpr int kFiles = 24;

  ProgramMediationTest() {
    for (int i = 0; i < kFiles; ++i)
      std::ofstream(box_.workspace / fmt::format("old{}.log", i)) << i;
    before_ = NamesIn(box_.workspace);
  }
  void ExpectNoDifference(const char* entrance) {
    const Tally seen = ChangesSeen(before_, NamesIn(box_.workspace));
    const Tally allowed = ChangesAllowedIn(box_.state);
    fmt::print(
        "mediation: {}: changes seen in the workspace {}, allowed in the audit log {}, difference "
        "{} (0)\n",
        entrance, Total(seen), Total(allowed), Difference(seen, allowed));
    EXPECT_EQ(Difference(seen, allowed), 0);
    EXPECT_GT(Total(seen), 0);
  }

  Sandbox box_;
  std::set<std::string> before_;
};

std::string RequestNumber(Dice& dice, int i) {
  switch (dice.Below(6)) {
    case 0:
      return fmt::format("make a folder called box{}", i);
    case 1:
      return "list the PDF files in reports";
    case 2:
      return fmt::format("delete ../old{}.log", i);
    case 3:
      return "delete " + std::string(dice.Percent(50) ? 300 : 3, 'x');
    default:
      return fmt::format("delete old{}.log", i);
  }
}

// What a program may send back, the right answer among it.
std::string AnswerTo(const json::Json& event, Dice& dice) {
  const std::string digest = event.value("request", "");
  switch (dice.Below(6)) {
    case 0:
      return R"({"answer":"yes"})";
    case 1:
      return R"({"request":")" + std::string(64, '0') + R"(","answer":"yes"})";
    case 2:
      return R"({"request":")" + digest + R"(","answer":"no"})";
    case 3:
      return R"({"request":")" + digest + R"(","answer":"ye)";
    default:
      return R"({"request":")" + digest + R"(","answer":"yes"})";
  }
}

TEST_F(ProgramMediationTest, JsonModeChangesOnlyWhatTheAuditLogAllows) {
  platform::ChildOptions options;
  options.argv = {WEIR_BINARY,
                  "chat",
                  "--json",
                  "--workspace",
                  box_.workspace.string(),
                  "--state",
                  box_.state.string(),
                  "--model",
                  WEIR_SOURCE_DIR "/models/weir-nano.gguf"};
  options.env = {"HOME=" + box_.root.string(), "XDG_CONFIG_HOME=" + box_.root.string()};
  Result<platform::ChildProcess> weir = platform::ChildProcess::Spawn(options);
  ASSERT_TRUE(weir.has_value()) << weir.error().message;
  const int64_t deadline_us = SystemClock().MonotonicMicros() + 120'000'000;
  Dice dice(7);
  int n_asked = 0;
  for (int i = 0; i < kFiles; ++i) {
    ASSERT_TRUE(weir->Write(RequestNumber(dice, i) + "\n", deadline_us).has_value());
    for (bool finished = false; !finished;) {
      const Result<std::string> line = weir->ReadLine(1u << 20, deadline_us);
      ASSERT_TRUE(line.has_value()) << line.error().message;
      const json::Json event = json::Parse(*line).value();
      const std::string kind = event.value("event", "");
      finished = kind == "finished";
      if (kind != "approval_request" && kind != "question") continue;
      ++n_asked;
      ASSERT_TRUE(weir->Write(AnswerTo(event, dice) + "\n", deadline_us).has_value());
    }
  }
  weir->CloseStdin();
  ASSERT_TRUE(weir->Wait(deadline_us).has_value());
  EXPECT_GT(n_asked, 5);
  ExpectNoDifference("--json");
}

TEST_F(ProgramMediationTest, TheTerminalChangesOnlyWhatTheAuditLogAllows) {
  Terminal terminal({"chat", "--workspace", box_.workspace, "--state", box_.state}, box_.root);
  ASSERT_TRUE(terminal.Expect("you > ")) << terminal.screen();
  for (int i = 0; i < 10; ++i) {
    terminal.Type(fmt::format("delete old{}.log\n", i));
    ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
    const std::string answers[] = {"y\n", "n\n", "\n", "yes please\n", "q\n"};
    terminal.Type(answers[i % 5]);
    ASSERT_TRUE(terminal.Expect("you > ")) << terminal.screen();
  }
  terminal.Type("/quit\n");
  terminal.Wait();
  // Without anybody there, and as a dry run, nothing more changes.
  (void)RunWeir(box_.Run("delete old11.log"), "", box_.root);
  (void)RunWeir(box_.Run("delete old12.log", {"--dry-run"}), "y\n", box_.root);
  (void)RunWeir(box_.Run("delete old13.log", {"--yes-reads"}), "y\n", box_.root);
  ExpectNoDifference("terminal");
}

}  // namespace
}  // namespace weir::tests
