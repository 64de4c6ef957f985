// The whole program on the shipped model: what the README promises, and what goes wrong around it.

#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "json/json.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgramTest : public ::testing::Test {
 protected:
  Finished Weir(const std::vector<std::string>& args, const std::string& input = "") {
    return RunWeir(args, input, box_.root);
  }
  std::string Audit() { return Weir(box_.WithState({"audit", "show", "--json"})).out; }
  bool Exists(const std::string& name) { return fs::exists(box_.workspace / name); }

  Sandbox box_;
};

// ---- the sandbox ----

TEST_F(ProgramTest, TheSandboxIsRecordedAndLessThanTheFullOneIsSaid) {
  const Finished full = Weir(box_.Run("list the PDF files in reports"));
  EXPECT_EQ(full.code, 0) << full.out << full.err;
  EXPECT_THAT(full.err, Not(HasSubstr("sandbox")));
  EXPECT_THAT(Audit(), HasSubstr("full: builtin-tools "));
  const Finished off = Weir(box_.Run("list the PDF files in reports", {"--sandbox", "off"}));
  EXPECT_EQ(off.code, 0) << off.out << off.err;
  EXPECT_THAT(off.err, HasSubstr("sandbox off: builtin-tools "));
  EXPECT_THAT(Audit(), HasSubstr("off: builtin-tools "));
}

TEST_F(ProgramTest, ASandboxLevelThatDoesNotExistIsAWrongCommandLine) {
  const Finished run = Weir(box_.Run("list the PDF files in reports", {"--sandbox", "some"}));
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("--sandbox"));
}

// ---- the requests of the README ----

TEST_F(ProgramTest, ListsThePdfFilesOfAFolderWithoutAsking) {
  const Finished run = Weir(box_.Run("list the PDF files in reports"));
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr(".pdf"));
  EXPECT_THAT(run.out, Not(HasSubstr("Do it?")));
}

TEST_F(ProgramTest, MovesAFileAfterAYesInTheTerminalAndUndoBringsItBack) {
  Terminal terminal(box_.Run("move notes.txt to archive"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("archive/notes.txt"));
  EXPECT_TRUE(Exists("notes.txt"));
  terminal.Type("y\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.screen();
  EXPECT_FALSE(Exists("notes.txt"));
  EXPECT_TRUE(Exists("archive/notes.txt"));

  const Finished undo = Weir(box_.WithState({"undo"}));
  EXPECT_EQ(undo.code, 0) << undo.out << undo.err;
  EXPECT_TRUE(Exists("notes.txt"));
  EXPECT_FALSE(Exists("archive/notes.txt"));
}

TEST_F(ProgramTest, ADeniedDeleteLeavesTheFileAndSaysSo) {
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  terminal.Type("\n");  // the default denies
  EXPECT_EQ(terminal.Wait(), 3);
  EXPECT_THAT(terminal.screen(), HasSubstr("Not done"));
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_THAT(Audit(), HasSubstr("\"denied\""));
}

// ---- what else can be answered ----

TEST_F(ProgramTest, EnterAndAnythingUnknownApproveNothing) {
  for (const char* answer : {"\n", "yy\n", "ok\n", "1\n", " \n"}) {
    Terminal terminal(box_.Run("delete old.log"), box_.root);
    ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
    terminal.Type(answer);
    EXPECT_EQ(terminal.Wait(), 3) << answer;
    EXPECT_TRUE(Exists("old.log")) << answer;
  }
}

TEST_F(ProgramTest, ARuleIsShownAskedAboutKeptUsedAndRevoked) {
  Terminal terminal(box_.Run("make a folder called fresh"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("r = a rule"));
  terminal.Type("r\n");
  ASSERT_TRUE(terminal.Expect("all that the rule says? [y/N]")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("still asks"));
  terminal.Type("\n");  // not yet
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  terminal.Type("r\n");
  ASSERT_TRUE(terminal.Expect("all that the rule says? [y/N]"));
  terminal.Type("y\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.screen();
  EXPECT_TRUE(Exists("fresh"));
  const std::string list = Weir(box_.WithState({"approvals", "list"})).out;
  const size_t at = list.find("g-");
  ASSERT_NE(at, std::string::npos) << list;
  EXPECT_THAT(list, HasSubstr("rule  make_folder of builtin, by terminal, until"));
  const std::string id = list.substr(at, 14);

  // The same call in a run without a terminal, by the rule alone.
  fs::remove_all(box_.workspace / "fresh");
  const Finished granted = Weir(box_.Run("make a folder called fresh"));
  EXPECT_EQ(granted.code, 0) << granted.out;
  EXPECT_THAT(granted.out, HasSubstr("covered by the rule grant " + id));
  EXPECT_TRUE(Exists("fresh"));
  EXPECT_THAT(Audit(), HasSubstr("grant:" + id));

  EXPECT_THAT(Weir(box_.WithState({"approvals", "show", id})).out, HasSubstr("[[rule]]"));
  EXPECT_EQ(Weir(box_.WithState({"approvals", "revoke", id})).code, 0);
  fs::remove_all(box_.workspace / "fresh");
  const Finished asked = Weir(box_.Run("make a folder called fresh"));
  EXPECT_EQ(asked.code, 3) << asked.out;
  EXPECT_THAT(asked.out, HasSubstr("it is revoked"));
  EXPECT_FALSE(Exists("fresh"));
}

TEST_F(ProgramTest, EditedArgumentsAreShownAndAskedAnew) {
  std::ofstream(box_.workspace / "other.log") << "x";
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  terminal.Type("e\n");
  ASSERT_TRUE(terminal.Expect("path [old.log] >")) << terminal.screen();
  terminal.Type("other.log\n");
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("delete other.log"));
  EXPECT_TRUE(Exists("other.log"));
  terminal.Type("y\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.screen();
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_FALSE(Exists("other.log"));
}

TEST_F(ProgramTest, ExplainingShowsTheHashesAndAsksAgain) {
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  terminal.Type("?\n");
  ASSERT_TRUE(terminal.Expect("definition sha256")) << terminal.screen();
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]"));
  terminal.Type("n\n");
  EXPECT_EQ(terminal.Wait(), 3);
}

TEST_F(ProgramTest, ApprovalsAreListedShownAndRevokedWithClearErrors) {
  EXPECT_THAT(Weir(box_.WithState({"approvals", "list"})).out, HasSubstr("nothing is granted"));
  EXPECT_EQ(Weir(box_.WithState({"approvals", "list", "--json"})).out, "");
  const Finished unknown = Weir(box_.WithState({"approvals", "revoke", "g-000000000000"}));
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("weir approvals list"));
  EXPECT_EQ(Weir(box_.WithState({"approvals", "revoke"})).code, 1);
  EXPECT_EQ(Weir(box_.WithState({"approvals", "show", "x"})).code, 1);
  EXPECT_EQ(Weir(box_.WithState({"approvals"})).code, 2);
  std::ofstream(box_.state / "approvals" / "approvals.json") << "damaged";
  fs::permissions(box_.state / "approvals" / "approvals.json", fs::perms(0600));
  EXPECT_EQ(Weir(box_.WithState({"approvals", "list"})).code, 1);
  const Finished run = Weir(box_.Run("delete old.log"));
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("no grant counts"));
  EXPECT_THAT(Weir(box_.WithState({"approvals", "revoke", "--all", "--json"})).out,
              HasSubstr("{\"revoked\":0}"));
  EXPECT_EQ(Weir(box_.WithState({"approvals", "list"})).code, 0);
}

TEST_F(ProgramTest, SumsAColumnOfACsvFile) {
  const Finished run = Weir(box_.Run("what is the total of amount in sales.csv"));
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("sum of amount in sales.csv"));
}

TEST_F(ProgramTest, WithoutATerminalAWriteIsDenied) {
  const Finished run = Weir(box_.Run("delete old.log"));
  EXPECT_EQ(run.code, 3) << run.out;
  EXPECT_THAT(run.out, HasSubstr("nobody is here to answer"));
  EXPECT_TRUE(Exists("old.log"));
}

TEST_F(ProgramTest, ADryRunChangesNothing) {
  const Finished run = Weir(box_.Run("delete old.log", {"--dry-run"}));
  EXPECT_THAT(run.out, HasSubstr("dry run"));
  EXPECT_TRUE(Exists("old.log"));
}

TEST_F(ProgramTest, TheAuditLogHoldsTheWholeStoryAndVerifies) {
  Weir(box_.Run("list the PDF files in reports"));
  const std::string audit = Audit();
  for (const char* kind : {"run_started", "decision", "intent", "outcome", "run_finished"})
    EXPECT_THAT(audit, HasSubstr(kind));
  const Finished verify = Weir(box_.WithState({"audit", "verify"}));
  EXPECT_EQ(verify.code, 0);
  EXPECT_THAT(verify.out, HasSubstr("all intact and chained"));
}

// What the model, the person, the log and the vault get to see of a secret is its placeholder.
TEST_F(ProgramTest, ASecretInAFileLeavesItForNobody) {
  const std::string secret = std::string("AKIA") + "QX7RT2LM" + "5ZPW8K3D";
  std::ofstream(box_.workspace / "deploy.env") << "AWS_ACCESS_KEY_ID=" << secret << "\n";
  const Finished run = Weir(box_.Run("show me the file deploy.env", {"--yes-reads"}));
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("[secret:aws-key:1]"));
  EXPECT_THAT(run.out, Not(HasSubstr(secret)));
  for (const auto& entry : fs::recursive_directory_iterator(box_.state)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
  }
}

TEST_F(ProgramTest, ArgumentsAreShownWhileTheVaultKeepsThem) {
  Weir(box_.Run("list the PDF files in reports"));
  EXPECT_THAT(Weir(box_.WithState({"audit", "show"})).out, HasSubstr("\"folder\":\"reports\""));
  fs::remove_all(box_.state / "vault");
  const Finished gone = Weir(box_.WithState({"audit", "show"}));
  EXPECT_EQ(gone.code, 0);
  EXPECT_THAT(gone.out, Not(HasSubstr("\"folder\":\"reports\"")));
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

TEST_F(ProgramTest, ATamperedAuditLogIsNamedByLine) {
  Weir(box_.Run("list the PDF files in reports"));
  const fs::path path = box_.state / "audit" / "log.jsonl";
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text.find("reports"), std::string::npos);  // arguments are in the vault
  const size_t at = text.find("list_files");
  ASSERT_NE(at, std::string::npos);
  text[at] = 'L';
  std::ofstream(path, std::ios::binary) << text;
  const Finished verify = Weir(box_.WithState({"audit", "verify"}));
  EXPECT_EQ(verify.code, 5);
  EXPECT_THAT(verify.out, HasSubstr("NOT intact: line"));
}

TEST_F(ProgramTest, ASealedAuditLogIsCheckedWithItsKeyItsAnchorAndAProof) {
  const std::string key = box_.root / "audit.key";
  const std::string anchor = box_.root / "anchor";
  const std::string proof = box_.root / "proof.json";
  const std::string inside = box_.state / "audit.key";
  const auto audit = [&](std::vector<std::string> args) {
    args.insert(args.begin(), "audit");
    return Weir(box_.WithState(std::move(args)));
  };
  EXPECT_EQ(audit({"key", "--out", inside}).code, 1);
  EXPECT_FALSE(fs::exists(inside));
  EXPECT_EQ(audit({"key", "--out", key}).code, 0);
  EXPECT_EQ(audit({"key", "--out", key + "2"}).code, 1);
  EXPECT_FALSE(fs::exists(key + "2"));
  EXPECT_EQ(audit({"anchor", "--out", anchor}).code, 0);
  Weir(box_.Run("list the PDF files in reports"));

  const Finished verify = audit({"verify", "--key", key, "--anchor", anchor});
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("2 seals"));
  EXPECT_THAT(audit({"verify"}).out, HasSubstr("not checked: who made the 2 seals"));
  EXPECT_EQ(audit({"verify", "--key", anchor}).code, 1);

  std::ofstream(proof) << audit({"prove", "4"}).out;
  EXPECT_EQ(audit({"verify", "--proof", proof, "--key", key}).code, 0);
  EXPECT_EQ(audit({"verify", "--proof", proof}).code, 2);
  EXPECT_EQ(audit({"verify", "--proof", proof, "--anchor", anchor}).code, 5);  // kept before
  EXPECT_EQ(audit({"prove", "4000"}).code, 1);

  fs::remove(box_.state / "audit" / "seal.key");
  EXPECT_EQ(audit({"verify"}).code, 5);
  EXPECT_EQ(Weir(box_.Run("list the PDF files in reports")).code, 1);
}

// ---- a program in front ----

TEST_F(ProgramTest, JsonModeRunsOnlyWhatWasAnsweredWithTheRightDigest) {
  const Finished blind =
      Weir(box_.Run("delete old.log", {"--json"}), R"({"answer":"yes","request":"00"})"
                                                   "\n");
  EXPECT_EQ(blind.code, 3) << blind.out;
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_THAT(blind.out, HasSubstr("approval_request"));
  for (size_t at = 0; at < blind.out.size();) {
    const size_t end = blind.out.find('\n', at);
    EXPECT_TRUE(json::Parse(blind.out.substr(at, end - at)).has_value());
    at = end + 1;
  }
}

// ---- what goes wrong ----

TEST_F(ProgramTest, NamesAMissingModelAndTheWayOut) {
  const Finished run = Weir(box_.Run("list the files", {"--model", "/nonexistent/x.gguf"}));
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("/nonexistent/x.gguf"));
}

TEST_F(ProgramTest, SaysThatATextFileIsNoModel) {
  const Finished run = Weir({"model", "info", (box_.workspace / "notes.txt").string()});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("not a GGUF file"));
}

TEST_F(ProgramTest, NamesAWorkspaceThatDoesNotExist) {
  const Finished run =
      Weir({"run", "list the files", "--workspace", "/nonexistent/folder", "--state", box_.state});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("--workspace"));
}

TEST_F(ProgramTest, AnEmptyRequestOrAWrongCommandLineSaysWhatToDo) {
  EXPECT_EQ(Weir(box_.Run("  ")).code, 1);
  EXPECT_EQ(Weir({"frobnicate"}).code, 2);
  EXPECT_EQ(Weir({}).code, 2);
  EXPECT_EQ(Weir({"--version"}).code, 0);
  EXPECT_THAT(Weir({"--help"}).out, HasSubstr("Examples:"));
}

TEST_F(ProgramTest, ABrokenPolicyFileStopsEverythingWithLineAndColumn) {
  const fs::path policy = box_.root / "policy.toml";
  std::ofstream(policy) << "[[rule]]\nid = \"a\"\ndecision = \"allow\"\ntol = \"read_file\"\n";
  const Finished run = Weir(box_.Run("list the files", {"--policy", policy.string()}));
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("line 4"));
  EXPECT_EQ(Weir({"policy", "check", policy.string()}).code, 5);
}

TEST_F(ProgramTest, ExplainsADecision) {
  const Finished run =
      Weir({"policy", "explain"}, R"({"tool":"read_file","arguments":{"path":"../x"}})");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("deny"));
}

TEST_F(ProgramTest, AModeTightensThePolicyOfARunAndOfAnExplanation) {
  const Finished run = Weir(box_.Run("delete old.log", {"--mode", "plan"}));
  EXPECT_EQ(run.code, 3) << run.err;
  EXPECT_THAT(run.out, HasSubstr("mode 'plan'"));
  EXPECT_TRUE(Exists("old.log"));
  const Finished told =
      Weir({"policy", "explain", "--json", "--mode", "locked"}, R"({"tool":"current_time"})");
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(json::Parse(told.out).value()["rule"], "mode:locked");
  const Finished wrong = Weir({"policy", "check", "--mode", "plam"});
  EXPECT_EQ(wrong.code, 5);
  EXPECT_THAT(wrong.err, HasSubstr("sandboxed-auto, ask, plan, locked"));
}

TEST_F(ProgramTest, APolicyIsTestedAndReplayedOverTheAuditLog) {
  ASSERT_EQ(Weir(box_.Run("list the PDF files in reports")).code, 0);
  const fs::path policy = box_.root / "strict.toml";
  std::ofstream(policy) << "default = \"standard\"\n[[rule]]\nid = \"no-lists\"\n"
                           "decision = \"deny\"\ntool = \"list_files\"\n"
                           "match = [{ arguments = { folder = \"reports\" } }]\n";
  const std::string log = (box_.state / "audit" / "log.jsonl").string();
  const Finished same = Weir({"policy", "replay", log});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("1 calls, 0 decisions change"));
  const Finished changed = Weir({"policy", "replay", log, "--policy", policy.string()});
  EXPECT_EQ(changed.code, 0) << changed.err;
  EXPECT_THAT(changed.out, HasSubstr("-> deny by no-lists"));

  const fs::path calls = box_.root / "calls.jsonl";
  std::ofstream(calls)
      << R"({"call":{"tool":"list_files"},"expect":"deny"})" << "\n"
      << R"({"call":{"tool":"read_file","arguments":{"path":"a"}},"expect":"ask"})";
  const Finished tested =
      Weir({"policy", "test", "--calls", calls.string(), "--policy", policy.string()});
  EXPECT_EQ(tested.code, 5);
  EXPECT_THAT(tested.out, HasSubstr("no-lists: 1 match, 0 no-match, all hold"));
  EXPECT_THAT(tested.out, HasSubstr("expected ask, got allow by default:read"));
  EXPECT_THAT(tested.out, HasSubstr("2 calls, 1 not as expected"));
}

// With no room for the intent, the effect does not happen.
TEST_F(ProgramTest, AFullDiskDuringTheAuditAppendPreventsTheEffect) {
  const fs::path disk = box_.root / "disk";
  fs::create_directory(disk);
  const std::string script =
      "mount -t tmpfs -o size=64k,mode=700 none " + disk.string() + " && " +
      std::string(WEIR_BINARY) + " run 'list the PDF files in reports' " + "--workspace " +
      box_.workspace.string() + " --state " + disk.string() +
      " --model " WEIR_SOURCE_DIR "/models/weir-nano.gguf" +
      " >/dev/null && dd if=/dev/zero of=" + disk.string() +
      "/fill bs=1k count=1000 2>/dev/null; printf '{\"answer\":\"yes\"}' | " +
      std::string(WEIR_BINARY) + " run 'make a folder called fresh' --workspace " +
      box_.workspace.string() + " --state " + disk.string() + " --policy " +
      (box_.root / "allow.toml").string() + " --model " WEIR_SOURCE_DIR "/models/weir-nano.gguf" +
      " > " + (box_.root / "full.txt").string() + " 2>&1; echo code $? >> " +
      (box_.root / "full.txt").string();
  std::ofstream(box_.root / "allow.toml")
      << "[[rule]]\nid = \"all\"\ndecision = \"allow\"\ntool = \"make_folder\"\n";
  std::ofstream(box_.root / "full.sh") << script;
  const int code =
      std::system(("unshare -rm sh " + (box_.root / "full.sh").string() + " 2>/dev/null").c_str());
  std::ifstream result(box_.root / "full.txt");
  const std::string text((std::istreambuf_iterator<char>(result)),
                         std::istreambuf_iterator<char>());
  if (text.empty()) {
    GTEST_SKIP() << "no user namespace to mount a small disk in (unshare: " << code
                 << "); audit_log_test covers ENOSPC";
  }
  EXPECT_THAT(text, HasSubstr("No space left"));
  EXPECT_THAT(text, HasSubstr("code 1"));
  EXPECT_FALSE(Exists("fresh"));
}

// Workers that are still there two seconds after their parent; a worker ends when it sees its pipe
// closed.
int WorkersLeft() {
  for (int i = 0; i < 100 && CountProcesses("tool-worker") > 0; ++i) ::usleep(20'000);
  return CountProcesses("tool-worker");
}

TEST_F(ProgramTest, CtrlCAtAQuestionEndsCleanly) {
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  terminal.Type("\x03");
  EXPECT_EQ(terminal.Wait(), 130) << terminal.screen();
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

TEST_F(ProgramTest, CtrlCAtAnyMomentLeavesNoChildAndAGoodAuditLog) {
  for (const int delay_ms : {1, 20, 60, 120, 250, 500}) {
    Terminal terminal(box_.Run("search for budget in all files"), box_.root);
    ::usleep(static_cast<useconds_t>(delay_ms) * 1000);
    terminal.Type("\x03");
    const int code = terminal.Wait();
    EXPECT_TRUE(code == 130 || code == 0 || code == 3 || code == 4 || code == 1)
        << code << terminal.screen();
    const Finished verify = Weir(box_.WithState({"audit", "verify"}));
    EXPECT_TRUE(verify.code == 0 || !fs::exists(box_.state / "audit")) << verify.out << verify.err;
  }
  EXPECT_EQ(WorkersLeft(), 0);
}

// The worker is stopped, so that the call lasts until somebody ends it.
TEST_F(ProgramTest, CtrlCDuringAToolEndsIt) {
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
  const std::vector<pid_t> workers = DescendantsOf(terminal.pid());
  ASSERT_FALSE(workers.empty());
  for (const pid_t worker : workers) ::kill(worker, SIGSTOP);
  terminal.Type("y\n");
  // The intent is in the log right before the worker is asked.
  for (int i = 0; i < 250 && Audit().find("\"intent\"") == std::string::npos; ++i) {
    ::usleep(20'000);
  }
  const auto begin = std::chrono::steady_clock::now();
  terminal.Type("\x03");
  EXPECT_EQ(terminal.Wait(), 130) << terminal.screen();
  // Well before the call's own deadline.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_EQ(WorkersLeft(), 0);
  EXPECT_THAT(Audit(), HasSubstr("\"outcome\""));
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

TEST_F(ProgramTest, AKilledWeirLeavesNoWorker) {
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]"));
  ::kill(terminal.pid(), SIGKILL);
  terminal.Wait();
  EXPECT_EQ(WorkersLeft(), 0);
  EXPECT_TRUE(Exists("old.log"));
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

TEST_F(ProgramTest, AKilledQuestionStaysPendingAndAnAnsweredOneDoesNot) {
  {
    Terminal terminal(box_.Run("delete old.log"), box_.root);
    ASSERT_TRUE(terminal.Expect("Do it? [y/N]"));
    EXPECT_THAT(Weir(box_.WithState({"approvals", "list"})).out, HasSubstr("pending since"));
    ::kill(terminal.pid(), SIGKILL);
    terminal.Wait();
  }
  EXPECT_THAT(Weir(box_.WithState({"approvals", "list"})).out, HasSubstr("pending since"));
  EXPECT_TRUE(Exists("old.log"));
  fs::remove_all(box_.state / "approvals");
  Terminal terminal(box_.Run("delete old.log"), box_.root);
  ASSERT_TRUE(terminal.Expect("Do it? [y/N]"));
  terminal.Type("n\n");
  EXPECT_EQ(terminal.Wait(), 3) << terminal.screen();
  EXPECT_THAT(Weir(box_.WithState({"approvals", "list"})).out, Not(HasSubstr("pending since")));
}

TEST_F(ProgramTest, TheConfigurationNamesWhereHeadsOfTheLogAreKept) {
  fs::create_directories(box_.root / "config/weir");
  std::ofstream(box_.root / "config/weir/weir.toml")
      << "[audit]\nanchor = \"" << (box_.root / "heads").string() << "\"\n";
  const Finished missing = Weir(box_.Run("list the PDF files in reports"));
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("weir audit anchor --out"));
  std::ofstream(box_.root / "heads").close();
  EXPECT_EQ(Weir(box_.Run("list the PDF files in reports")).code, 0);
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify", "--anchor", box_.root / "heads"})).code, 0);
  // A cut tail does not pass any more, and nothing runs on such a log.
  fs::path log = box_.state / "audit/log.jsonl";
  fs::resize_file(log, fs::file_size(log) / 3);
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify", "--anchor", box_.root / "heads"})).code, 5);
  EXPECT_EQ(Weir(box_.Run("list the PDF files in reports")).code, 1);
  std::ofstream(box_.root / "config/weir/weir.toml")
      << "[audit]\nanchor = \"" << (box_.state / "heads").string() << "\"\n";
  EXPECT_THAT(Weir(box_.Run("list the PDF files in reports")).err, HasSubstr("state folder"));
}

TEST_F(ProgramTest, ChatGoesOnAfterARequestAndQuits) {
  Terminal terminal({"chat", "--workspace", box_.workspace, "--state", box_.state}, box_.root);
  ASSERT_TRUE(terminal.Expect("you > ")) << terminal.screen();
  terminal.Type("/help\n");
  ASSERT_TRUE(terminal.Expect("query_csv"));
  ASSERT_TRUE(terminal.Expect("you > "));
  terminal.Type("list the PDF files in reports\n");
  ASSERT_TRUE(terminal.Expect(".pdf")) << terminal.screen();
  ASSERT_TRUE(terminal.Expect("you > "));
  EXPECT_TRUE(terminal.echo_is_on());
  terminal.Type("/quit\n");
  EXPECT_EQ(terminal.Wait(), 0);
}

// ---- comparing with other engines ----

TEST_F(ProgramTest, RendersAndParsesFromTheCommandLine) {
  const Finished rendered = Weir({"model", "render", "--family", "lfm2"},
                                 R"({"messages":[{"role":"user","content":"Hi"}]})");
  EXPECT_EQ(rendered.out, "<|startoftext|><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
      << rendered.err;
  const Finished parsed =
      Weir({"model", "parse", "--jsonl"},
           R"({"text":"<think>x</think>ok<|tool_call_start|>[f(a=1)]<|tool_call_end|>"})"
           "\n");
  EXPECT_EQ(
      parsed.out,
      R"({"reasoning":"x","answer":"ok","calls":[{"name":"f","arguments":{"a":1}}],"errors":[]})"
      "\n")
      << parsed.err;
}

TEST_F(ProgramTest, WritesLogitsThatDoNotDependOnTheChunk) {
  const std::string model = WEIR_TESTDATA "/golden/dense-q4_k_m.gguf";
  const std::string tokens = WEIR_TESTDATA "/golden/dense.tokens.i32";
  const std::string a = box_.root / "a.npy";
  const std::string b = box_.root / "b.npy";
  ASSERT_EQ(Weir({"model", "logits", model, "--tokens", tokens, "--out", a}).code, 0);
  ASSERT_EQ(Weir({"model", "logits", model, "--tokens", tokens, "--out", b, "--chunk", "7"}).code,
            0);
  const auto read = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  };
  EXPECT_GT(read(a).size(), 96U * 1024 * 4);
  EXPECT_EQ(read(a), read(b));
}

}  // namespace
}  // namespace weir::tests
