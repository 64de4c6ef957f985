// The whole way of a call: policy -> ApprovedCall -> Execute -> worker -> audit log.

#include "tools/execute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>

#include "audit/verify.h"
#include "catalog/catalog.h"
#include "policy/policy.h"
#include "tools/testing/temp_workspace.h"
#include "tools/undo.h"

namespace weir::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

// Real system calls, until told to fail.
class FailingOps : public platform::FileOps {
 public:
  int OpenAt(int folder, const char* name, int flags, mode_t mode) override {
    return real_.OpenAt(folder, name, flags, mode);
  }
  ssize_t PRead(int fd, void* bytes, size_t n, int64_t offset) override {
    return real_.PRead(fd, bytes, n, offset);
  }
  ssize_t PWrite(int fd, const void* bytes, size_t n, int64_t offset) override {
    if (writes_until_full >= 0 && writes_until_full-- == 0) {
      writes_until_full = 0;
      errno = ENOSPC;
      return -1;
    }
    return real_.PWrite(fd, bytes, n, offset);
  }
  int SyncData(int fd) override { return real_.SyncData(fd); }
  int Sync(int fd) override { return real_.Sync(fd); }
  int Truncate(int fd, int64_t size) override { return real_.Truncate(fd, size); }
  int64_t Size(int fd) override { return real_.Size(fd); }
  int RenameAt(int folder, const char* from, const char* to) override {
    return real_.RenameAt(folder, from, to);
  }
  int UnlinkAt(int folder, const char* name) override { return real_.UnlinkAt(folder, name); }
  int Lock(int fd) override { return real_.Lock(fd); }

  int writes_until_full = -1;  // -1: never

 private:
  platform::FileOps& real_ = platform::SystemFileOps();
};

class ExecuteTest : public ::testing::Test {
 protected:
  ExecuteTest()
      : registry_(*Registry::Builtin()),
        log_(*audit::AuditLog::Open(workspace_.state() + "/audit", SystemClock(),
                                    {.lock_wait_ms = 0, .ops = &ops_})),
        policy_(policy::Policy::Default()),
        host_(*ToolHost::Create(&registry_, &log_, &SystemClock(), Options("tool-worker"))) {}

  ToolHostOptions Options(const std::string& mode) {
    ToolHostOptions options;
    options.worker_argv = {WEIR_FAKE_WORKER, mode};
    options.workspace = workspace_.folder();
    options.state_folder = workspace_.state();
    options.run_id = "run-1";
    options.call_deadline = 10s;
    options.sandbox = testing::AvailableSandbox();
    return options;
  }

  policy::ProposedCall Propose(const std::string& tool, const json::Json& arguments) {
    policy::ProposedCall call;
    const ToolEntry* entry = registry_.Find(tool);
    call.tool = tool;
    if (entry != nullptr) {
      call.effect = entry->effect;
      call.definition_hash = entry->definition_hash;
      call.path_arguments = entry->path_arguments;
    }
    call.arguments = arguments;
    return call;
  }

  // As a person who says yes to everything.
  Result<policy::ApprovedCall> Approved(const policy::ProposedCall& call,
                                        const policy::BoundState& bound = {},
                                        int64_t lifetime_us = 60'000'000) {
    const policy::Decision decision = policy_.Decide(call);
    std::optional<policy::Answer> answer;
    if (policy::NeedsPerson(decision.verdict)) {
      ASSIGN_OR_RETURN(const std::string digest, policy::RequestDigest(call, decision, bound));
      answer = policy::Answer{true, "terminal", digest};
    }
    policy::ApprovalContext context;
    context.run_id = "run-1";
    context.call_id = "call-" + std::to_string(++n_calls_);
    context.now_us = SystemClock().UnixMicros();
    context.lifetime_us = lifetime_us;
    context.bound = bound;
    return policy::Approve(call, decision, answer, context);
  }

  Result<ToolResult> Run(const std::string& tool, const json::Json& arguments) {
    ASSIGN_OR_RETURN(policy::ApprovedCall call, Approved(Propose(tool, arguments)));
    return host_.Execute(std::move(call), policy_.hash());
  }

  std::string AuditText() {
    std::ifstream in(log_.path());
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  testing::TempWorkspace workspace_;
  FailingOps ops_;
  Registry registry_;
  audit::AuditLog log_;
  policy::Policy policy_;
  ToolHost host_;
  int n_calls_ = 0;
};

TEST_F(ExecuteTest, AnApprovedCallHasItsEffectAndLeavesIntentAndOutcome) {
  workspace_.Write("notes.txt", "n\n");
  const auto result = Run("move_file", {{"source", "notes.txt"}, {"destination", "archive"}});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_FALSE(result->is_error);
  EXPECT_EQ(result->summary, "moved notes.txt to archive/notes.txt (made the folder archive)");
  EXPECT_EQ(result->undo_id, "run-1/000001");
  EXPECT_TRUE(workspace_.Exists("archive/notes.txt"));
  const std::string log = AuditText();
  EXPECT_THAT(log, HasSubstr("\"intent\""));
  EXPECT_THAT(log, HasSubstr("\"outcome\""));
  EXPECT_THAT(log, HasSubstr("archive"));
  EXPECT_LT(log.find("\"intent\""), log.find("\"outcome\""));
  EXPECT_TRUE(audit::Verify(log_.path()).has_value());

  UndoOptions options;
  options.undo_run_id = "undo-1";
  ASSERT_TRUE(UndoRun(workspace_.state(), options, SystemClock()).has_value());
  EXPECT_EQ(workspace_.Read("notes.txt"), "n\n");
}

// Approved as it was previewed, then somebody else changes what it is about.
TEST_F(ExecuteTest, ATargetThatChangedSinceThePreviewRefuses) {
  const std::vector<std::function<void()>> changes = {
      [&] { workspace_.Write("notes.txt", "other\n"); },
      [&] {
        std::filesystem::permissions(workspace_.folder() + "/notes.txt",
                                     std::filesystem::perms::owner_read);
      },
      [&] { std::filesystem::remove(workspace_.folder() + "/notes.txt"); },
      [&] {
        std::filesystem::remove(workspace_.folder() + "/notes.txt");
        std::filesystem::create_symlink("old.txt", workspace_.folder() + "/notes.txt");
      },
      [&] { workspace_.Write("archive/notes.txt", "in the way\n"); }};
  for (size_t i = 0; i <= changes.size(); ++i) {
    std::filesystem::remove_all(workspace_.folder() + "/archive");
    std::filesystem::remove(workspace_.folder() + "/notes.txt");
    workspace_.Write("notes.txt", "n\n");
    workspace_.Write("old.txt", "o\n");
    const policy::ProposedCall call =
        Propose("move_file", {{"source", "notes.txt"}, {"destination", "archive/notes.txt"}});
    const Result<Preview> preview = host_.PreviewCall(call);
    ASSERT_TRUE(preview.has_value()) << preview.error().message;
    ASSERT_FALSE(preview->is_error) << preview->body;
    EXPECT_EQ(preview->preconditions.size(), 2u);
    Result<policy::ApprovedCall> approved =
        Approved(call, {.preconditions = preview->preconditions});
    ASSERT_TRUE(approved.has_value()) << approved.error().message;
    if (i < changes.size()) changes[i]();
    const auto result = host_.Execute(std::move(*approved), policy_.hash());
    if (i == changes.size()) {
      ASSERT_TRUE(result.has_value()) << result.error().message;
      EXPECT_FALSE(result->is_error) << result->summary;
      continue;
    }
    ASSERT_FALSE(result.has_value()) << "change " << i;
    EXPECT_EQ(result.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(result.error().message, HasSubstr("notes.txt"));
  }
}

TEST_F(ExecuteTest, AnotherSandboxThanApprovedRefuses) {
  ASSERT_TRUE(host_.StartWorker());
  Result<policy::ApprovedCall> approved =
      Approved(Propose("list_files", {{"folder", "."}}), {.sandbox_profile = "another"});
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  const auto result = host_.Execute(std::move(*approved), policy_.hash());
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, HasSubstr("another sandbox"));
}

// The worker gets the secret; what was approved and recorded keeps the placeholder.
TEST_F(ExecuteTest, PlaceholdersAreRevealedToTheWorkerAlone) {
  ToolHostOptions options = Options("tool-worker");
  options.reveal = [](const json::Json& in) -> Result<json::Json> {
    json::Json out = in;
    for (auto& [key, value] : out.items()) {
      if (value == "[secret:password:9]") {
        return MakeError(ErrorCode::kNotFound, "no secret '[secret:password:9]'");
      }
      if (value == "[secret:password:1]") value = "opensesame";
    }
    return out;
  };
  host_ = *ToolHost::Create(&registry_, &log_, &SystemClock(), options);
  const auto written = Run("write_file", {{"path", "a"}, {"text", "[secret:password:1]"}});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_FALSE(written->is_error) << written->summary;
  EXPECT_THAT(workspace_.Read("a"), StartsWith("opensesame"));
  EXPECT_THAT(AuditText(), HasSubstr("[secret:password:1]"));
  EXPECT_THAT(AuditText(), ::testing::Not(HasSubstr("opensesame")));

  const auto unknown = Run("write_file", {{"path", "b"}, {"text", "[secret:password:9]"}});
  ASSERT_TRUE(unknown.has_value()) << unknown.error().message;
  EXPECT_TRUE(unknown->is_error);
  const auto path = Run("write_file", {{"path", "[secret:password:1]"}, {"text", "x"}});
  ASSERT_TRUE(path.has_value()) << path.error().message;
  EXPECT_TRUE(path->is_error);
  EXPECT_THAT(path->summary, HasSubstr("is a path and may hold no secret"));
  EXPECT_FALSE(workspace_.Exists("opensesame"));
}

TEST_F(ExecuteTest, ReadsReturnTextAndData) {
  workspace_.Write("reports/a.pdf", "%PDF-1.4");
  workspace_.Write("reports/b.pdf", "%PDF-1.4");
  const auto result = Run("list_files", {{"folder", "reports"}, {"extension", "pdf"}});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->summary, "2 pdf files in reports: a.pdf, b.pdf");
  EXPECT_EQ(result->ForModel(),
            "2 pdf files in reports: a.pdf, b.pdf\na.pdf  8 bytes\nb.pdf  8 bytes\n");
  EXPECT_EQ(result->data["entries"].size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(workspace_.state() + "/undo/run-1"));
}

TEST_F(ExecuteTest, ToolErrorsAreResults) {
  const auto result = Run("read_file", {{"path", "nothing.txt"}});
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->is_error);
  EXPECT_THAT(result->summary, StartsWith("no file 'nothing.txt'"));
  EXPECT_THAT(AuditText(), HasSubstr("\"is_error\":true"));
}

TEST_F(ExecuteTest, WhenTheIntentCanNotBeWrittenNothingHappens) {
  workspace_.Write("old.log", "log\n");
  ops_.writes_until_full = 1;  // the worker's sandbox
  const auto result = Run("delete_file", {{"path", "old.log"}});
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, StartsWith("delete_file was not run"));
  EXPECT_EQ(workspace_.Read("old.log"), "log\n");
  const auto again = Run("delete_file", {{"path", "old.log"}});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(workspace_.Read("old.log"), "log\n");
}

TEST_F(ExecuteTest, WhenTheOutcomeCanNotBeWrittenTheRunIsTold) {
  workspace_.Write("old.log", "log\n");
  ops_.writes_until_full = 2;  // the worker's sandbox, the intent
  const auto result = Run("delete_file", {{"path", "old.log"}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  EXPECT_THAT(result.error().message, HasSubstr("was run (deleted old.log"));
  EXPECT_THAT(AuditText(), HasSubstr("\"intent\""));
  EXPECT_FALSE(workspace_.Exists("old.log"));
}

TEST_F(ExecuteTest, AnApprovalRunsOnceAndNotAfterItsTime) {
  workspace_.Write("a.txt", "a");
  const policy::ProposedCall call = Propose("delete_file", {{"path", "a.txt"}});
  auto expired = Approved(call, {}, /*lifetime_us=*/1);
  ASSERT_TRUE(expired.has_value());
  ::usleep(1000);
  const auto late = host_.Execute(std::move(*expired), policy_.hash());
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kPermissionDenied);
  auto other_policy = Approved(call);
  ASSERT_TRUE(other_policy.has_value());
  EXPECT_FALSE(host_.Execute(std::move(*other_policy), std::string(64, '0')).has_value());
  EXPECT_TRUE(workspace_.Exists("a.txt"));
}

TEST_F(ExecuteTest, AChangedDefinitionIsRefused) {
  workspace_.Write("a.txt", "a");
  policy::ProposedCall call = Propose("delete_file", {{"path", "a.txt"}});
  call.definition_hash = std::string(64, '0');
  auto approved = Approved(call);
  if (approved) {
    EXPECT_FALSE(host_.Execute(std::move(*approved), policy_.hash()).has_value());
  }
  EXPECT_TRUE(workspace_.Exists("a.txt"));
}

TEST_F(ExecuteTest, ArgumentsThatDoNotFitOrAreTooLargeEndBeforeAnythingHappens) {
  const auto wrong = Run("write_file", {{"path", "a.txt"}, {"text", 5}});
  ASSERT_TRUE(wrong.has_value()) << wrong.error().message;
  EXPECT_TRUE(wrong->is_error);
  EXPECT_THAT(wrong->summary, HasSubstr("the arguments of write_file do not fit"));
  const json::Json huge = {{"path", "a.txt"}, {"text", std::string(10'000'000, 'x')}};
  const auto large = Run("write_file", huge);
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_TRUE(large->is_error);
  EXPECT_THAT(large->summary, HasSubstr("have 10.0 MB; at most 4.2 MB are possible"));
  EXPECT_FALSE(workspace_.Exists("a.txt"));
  EXPECT_EQ(AuditText().find("\"intent\""), std::string::npos);
  const auto preview = host_.PreviewCall(Propose("write_file", huge));
  ASSERT_TRUE(preview.has_value());
  EXPECT_TRUE(preview->is_error);
}

TEST_F(ExecuteTest, PreviewsChangeNothing) {
  workspace_.Write("notes.txt", "one\ntwo\n");
  const auto before = workspace_.Snapshot();
  const auto edit = host_.PreviewCall(
      Propose("edit_file", {{"path", "notes.txt"}, {"old_text", "two"}, {"new_text", "2"}}));
  ASSERT_TRUE(edit.has_value());
  EXPECT_EQ(edit->action, "change line 2 of notes.txt");
  EXPECT_THAT(edit->body, HasSubstr("-two\n+2\n"));
  const auto move = host_.PreviewCall(
      Propose("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}));
  EXPECT_EQ(move->action, "move notes.txt -> archive/notes.txt");
  const auto read = host_.PreviewCall(Propose("read_file", {{"path", "notes.txt"}}));
  EXPECT_EQ(read->action, "read_file path=notes.txt");
  const auto bad = host_.PreviewCall(Propose("delete_file", {{"path", "nots.txt"}}));
  EXPECT_TRUE(bad->is_error);
  EXPECT_EQ(bad->body, "no file or folder 'nots.txt'; there is 'notes.txt'");
  EXPECT_TRUE(host_.PreviewCall(Propose("fly", json::Json::object()))->is_error);
  EXPECT_EQ(workspace_.Snapshot(), before);
  EXPECT_EQ(AuditText().find("\"intent\""), std::string::npos);
}

TEST_F(ExecuteTest, AWorkerThatMisbehavesBecomesAToolErrorWithAnOutcome) {
  for (const char* mode : {"crash", "garbage", "wrong-types", "hang"}) {
    ToolHostOptions options = Options(mode);
    options.call_deadline = 300ms;
    auto host = ToolHost::Create(&registry_, &log_, &SystemClock(), options);
    ASSERT_TRUE(host.has_value());
    auto call = Approved(Propose("delete_file", {{"path", "a.txt"}}));
    ASSERT_TRUE(call.has_value());
    const auto result = host->Execute(std::move(*call), policy_.hash());
    ASSERT_TRUE(result.has_value()) << mode << result.error().message;
    EXPECT_EQ(result->is_error, std::string(mode) != "wrong-types") << mode;
  }
  EXPECT_TRUE(audit::Verify(log_.path()).has_value());
}

TEST_F(ExecuteTest, TheSandboxOfEveryWorkerIsRecordedOnceBeforeItsFirstCall) {
  const auto n_notices = [&] {
    const std::string log = AuditText();
    size_t n = 0;
    for (size_t at = 0; (at = log.find("\"sandbox\"", at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(n_notices(), 0u);
  ASSERT_TRUE(Run("write_file", {{"path", "a.txt"}, {"text", "a"}}).has_value());
  EXPECT_EQ(n_notices(), 1u);
  const std::string log = AuditText();
  EXPECT_LT(log.find("builtin-tools"), log.find("\"intent\""));
  EXPECT_THAT(log, HasSubstr("no_new_privs, no capabilities; network "));
  ASSERT_TRUE(Run("write_file", {{"path", "b.txt"}, {"text", "b"}}).has_value());
  EXPECT_EQ(n_notices(), 1u) << "the same worker";
}

TEST_F(ExecuteTest, WithoutTheSandboxNothingRunsAndThereIsNoIntent) {
  ToolHostOptions options = Options("tool-worker");
  options.worker_argv[0] = "/no/such/worker";
  auto host = ToolHost::Create(&registry_, &log_, &SystemClock(), options);
  ASSERT_TRUE(host.has_value());
  EXPECT_FALSE(host->StartWorker().has_value());
  auto call = Approved(Propose("write_file", {{"path", "a.txt"}, {"text", "a"}}));
  ASSERT_TRUE(call.has_value());
  const auto result = host->Execute(std::move(*call), policy_.hash());
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message,
              StartsWith("write_file was not run: starting the tool worker"));
  EXPECT_EQ(AuditText().find("\"intent\""), std::string::npos);
  EXPECT_FALSE(workspace_.Exists("a.txt"));
}

// A stranger's server that says what it was asked to do.
class FakeServer : public ToolServer {
 public:
  Result<std::string> ProfileHash() const override { return std::string("profile"); }
  std::string ProgramHash() const override { return "program"; }
  Result<Preview> PreviewCall(const ServerCall& /*call*/, const std::stop_token&) override {
    Preview preview;
    preview.body = "no preview";
    return preview;
  }
  Status Prepare(const ServerCall& call, const std::stop_token&) override {
    if (!starts) return MakeError(ErrorCode::kUnavailable, "it does not start");
    return call.record("a box");
  }
  ToolResult Call(const ServerCall& call, const std::stop_token&) override {
    ++n_calls;
    ToolResult result;
    result.summary = "did " + call.entry.tool + " " + json::Dump(call.arguments);
    return result;
  }
  void Stop() override {}

  bool starts = true;
  int n_calls = 0;
};

class StrangerTest : public ExecuteTest {
 protected:
  StrangerTest() {
    catalog::CatalogTool tool;
    tool.id = {"notes", "save"};
    tool.definition.name = "notes_save";
    tool.definition.parameters = {{"type", "object"},
                                  {"properties", {{"text", {{"type", "string"}}}}}};
    tool.input_schema = tool.definition.parameters;
    tool.effect = "write";
    tool.arguments = {"text"};
    tool.pin_digest = std::string(64, 'a');
    EXPECT_TRUE(registry_.Add(tool).has_value());
    auto server = std::make_unique<FakeServer>();
    server_ = server.get();
    EXPECT_TRUE(host_.AddServer("notes", std::move(server)).has_value());
    const ToolEntry* entry = registry_.Find("notes", "save");
    known_ = {.server = "notes",
              .name = "save",
              .effect = "write",
              .arguments = {"text"},
              .path_arguments = {},
              .is_effect_given = true};
    policy_ = policy::Policy::Default(std::span(&known_, 1));
    call_.server = "notes";
    call_.tool = "save";
    call_.effect = "write";
    call_.definition_hash = entry->definition_hash;
    call_.arguments = {{"text", "hello"}};
  }

  FakeServer* server_ = nullptr;
  policy::KnownTool known_;
  policy::ProposedCall call_;
};

TEST_F(StrangerTest, ItsCallsGoTheSameWayAndAreRecordedWithServerAndProgram) {
  EXPECT_FALSE(host_.AddServer("notes", std::make_unique<FakeServer>()).has_value());
  EXPECT_EQ(host_.PreviewCall(call_)->body, "no preview");
  auto approved = Approved(call_, {.sandbox_profile = "profile"});
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  const auto result = host_.Execute(std::move(*approved), policy_.hash());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->summary, R"(did save {"text":"hello"})");
  const std::string log = AuditText();
  EXPECT_THAT(log, HasSubstr("MCP server notes: a box"));
  EXPECT_THAT(log, HasSubstr("\"program\":\"program\""));
  EXPECT_LT(log.find("a box"), log.find("\"intent\""));
  EXPECT_LT(log.find("\"intent\""), log.find("\"outcome\""));
}

TEST_F(StrangerTest, WhatDoesNotStartIsAToolErrorThatIsRecorded) {
  server_->starts = false;
  auto approved = Approved(call_);
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  const auto result = host_.Execute(std::move(*approved), policy_.hash());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_TRUE(result->is_error);
  EXPECT_EQ(server_->n_calls, 0);
  EXPECT_THAT(AuditText(), HasSubstr("save was not run: it does not start"));
  EXPECT_EQ(AuditText().find("\"intent\""), std::string::npos);
}

TEST_F(StrangerTest, AnotherBoxThanApprovedRefusesAndSecretsAreNotGivenAway) {
  auto other = Approved(call_, {.sandbox_profile = "another"});
  ASSERT_TRUE(other.has_value());
  EXPECT_FALSE(host_.Execute(std::move(*other), policy_.hash()).has_value());

  ToolHostOptions options = Options("tool-worker");
  options.reveal = [](const json::Json&) -> Result<json::Json> {
    return json::Json({{"text", "opensesame"}});
  };
  host_ = *ToolHost::Create(&registry_, &log_, &SystemClock(), options);
  auto server = std::make_unique<FakeServer>();
  FakeServer* raw = server.get();
  ASSERT_TRUE(host_.AddServer("notes", std::move(server)).has_value());
  auto approved = Approved(call_);
  ASSERT_TRUE(approved.has_value());
  const auto result = host_.Execute(std::move(*approved), policy_.hash());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_TRUE(result->is_error);
  EXPECT_THAT(result->summary, HasSubstr("is given no secrets"));
  EXPECT_EQ(raw->n_calls, 0);
}

TEST_F(ExecuteTest, RunsFollowOneAnother) {
  ASSERT_TRUE(Run("write_file", {{"path", "a.txt"}, {"text", "a"}}).has_value());
  EXPECT_FALSE(host_.BeginRun("no/slash").has_value());
  ASSERT_TRUE(host_.BeginRun("run-2").has_value());
  const auto second = Run("write_file", {{"path", "b.txt"}, {"text", "b"}});
  EXPECT_EQ(second->undo_id, "run-2/000001");
  EXPECT_EQ(ListUndoRuns(workspace_.state())->size(), 2u);
}

TEST_F(ExecuteTest, AWorkspaceThatIsNotThereIsAnError) {
  ToolHostOptions options = Options("tool-worker");
  options.workspace = "/nonexistent/folder";
  const auto host = ToolHost::Create(&registry_, &log_, &SystemClock(), options);
  ASSERT_FALSE(host.has_value());
  EXPECT_THAT(host.error().message, HasSubstr("/nonexistent/folder"));
}

}  // namespace
}  // namespace weir::tools
