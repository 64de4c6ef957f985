// A stranger's MCP server under `weir run` with the shipped model: pinned, read without asking,
// written after asking, recorded, and put aside when it changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kReadRequest = "get the weather forecast of Oslo";
constexpr const char* kWriteRequest =
    "save a note under the title \"milk\" in my notebook that says \"buy\"";

class McpRunTest : public ::testing::Test {
 protected:
  Finished Weir(const std::vector<std::string>& args, const std::string& input = "") {
    return RunWeir(args, input, box_.root);
  }
  // weir.toml with the one server in `mode`.
  void Configure(const std::string& mode, const std::string& description = "") {
    fs::create_directories(box_.root / "config/weir");
    std::ofstream out(box_.root / "config/weir/weir.toml");
    out << "[mcp.notebook]\ncommand = \"" << WEIR_HOSTILE_SERVER << "\"\nargs = [\"" << mode << '"';
    if (!description.empty()) out << ", \"" << description << '"';
    out << "]\ntimeouts = { start = 20, call = 5 }\n[mcp.notebook.effects]\n"
        << "get_weather = \"read\"\nlookup_note = \"read\"\nsave_note = \"write\"\n";
  }
  // As a script that has looked at what is pinned. Empty, or why the server can not be started.
  std::string Pin() {
    const Finished shown = Weir(box_.WithState({"tools", "pin", "notebook", "--json"}));
    const Result<json::Json> plan = json::Parse(shown.out);
    if (!plan || !plan->contains("digest")) return shown.out + shown.err;
    const Finished pinned = Weir(box_.WithState(
        {"tools", "pin", "notebook", "--seen", (*plan)["digest"].get<std::string>()}));
    return pinned.code == 0 ? "" : pinned.out + pinned.err;
  }
  // The events of the audit log, one JSON object each.
  std::vector<json::Json> Audit() {
    std::vector<json::Json> events;
    std::istringstream lines(Weir(box_.WithState({"audit", "show", "--json"})).out);
    for (std::string line; std::getline(lines, line);) {
      if (Result<json::Json> event = json::Parse(line)) events.push_back(std::move(*event));
    }
    return events;
  }
  // The data of the last event of the kind; null when there is none.
  json::Json LastOf(const std::string& kind) {
    json::Json found;
    for (const json::Json& event : Audit()) {
      if (event.value("kind", "") == kind) found = event["data"];
    }
    return found;
  }

  Sandbox box_;
};

#define PIN_OR_SKIP(...)                                               \
  Configure(__VA_ARGS__);                                              \
  if (const std::string why = Pin(); !why.empty()) {                   \
    if (why.find("sandbox") != std::string::npos) GTEST_SKIP() << why; \
    FAIL() << why;                                                     \
  }

TEST_F(McpRunTest, NothingOfAServerIsOfferedBeforeItIsPinned) {
  Configure("friendly");
  const Finished run = Weir(box_.Run(kReadRequest));
  EXPECT_THAT(run.err,
              HasSubstr("MCP server 'notebook' is not used before you have looked at its"));
  EXPECT_THAT(run.out, Not(HasSubstr("degrees")));
}

TEST_F(McpRunTest, AReadRunsWithoutAskingAndIsRecordedWhole) {
  PIN_OR_SKIP("friendly");
  const Finished run = Weir(box_.Run(kReadRequest));
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("[notebook] 21 degrees in Oslo"));
  EXPECT_THAT(run.out, Not(HasSubstr("Do it?")));

  const json::Json decision = LastOf("decision");
  EXPECT_EQ(decision["server"], "notebook");
  EXPECT_EQ(decision["verdict"], "allow");
  EXPECT_EQ(decision["rule"], "default:mcp-read");
  const json::Json intent = LastOf("intent");
  EXPECT_EQ(intent["server"], "notebook");
  EXPECT_EQ(intent["tool"], "get_weather");
  EXPECT_EQ(intent["definition"], decision["definition"]);
  EXPECT_EQ(intent["program"].get<std::string>().size(), 64u);
  EXPECT_EQ(LastOf("outcome")["is_error"], false);
  EXPECT_THAT(LastOf("notice")["subject"].get<std::string>(), HasSubstr("MCP server notebook: "));
}

TEST_F(McpRunTest, AWriteIsAskedWithItsPreviewAndANoChangesNothing) {
  PIN_OR_SKIP("friendly");
  const Finished run = Weir(box_.Run(kWriteRequest, {"--json"}));
  EXPECT_EQ(run.code, 3) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("approval_request"));
  EXPECT_THAT(run.out, HasSubstr("milk.note"));
  EXPECT_FALSE(fs::exists(box_.workspace / "milk.note"));
}

TEST_F(McpRunTest, AWriteThatIsApprovedHappensAsShownAndCanBeTakenBack) {
  PIN_OR_SKIP("friendly");
  Terminal terminal(box_.Run(kWriteRequest), box_.root);
  ASSERT_TRUE(terminal.Expect("milk.note")) << terminal.screen();
  ASSERT_TRUE(terminal.Expect("[y/N]")) << terminal.screen();
  terminal.Type("y\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.screen();
  std::ifstream note(box_.workspace / "milk.note");
  std::string line;
  std::getline(note, line);
  EXPECT_EQ(line, "buy") << terminal.screen();
  EXPECT_EQ(LastOf("intent")["tool"], "save_note");
  EXPECT_EQ(LastOf("intent")["verdict"], "ask");
  EXPECT_EQ(LastOf("outcome")["is_error"], false);
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

TEST_F(McpRunTest, AChangedDefinitionIsNotOfferedUntilItIsPinnedAgain) {
  PIN_OR_SKIP("friendly");
  Configure("friendly", "Get the weather forecast of one city");
  const Finished changed = Weir(box_.Run(kReadRequest));
  EXPECT_THAT(changed.err, HasSubstr("get_weather"));
  EXPECT_THAT(changed.err, HasSubstr("weir tools pin notebook"));
  EXPECT_THAT(changed.out, Not(HasSubstr("degrees")));
  ASSERT_EQ(Pin(), "");
  EXPECT_THAT(Weir(box_.Run(kReadRequest)).out, HasSubstr("21 degrees"));
}

TEST_F(McpRunTest, AServerThatCrashesIsAToolErrorWithAnOutcome) {
  PIN_OR_SKIP("crash");
  const Finished run = Weir(box_.Run(kReadRequest));
  EXPECT_NE(run.code, 0);
  EXPECT_THAT(run.out, HasSubstr("MCP server 'notebook'"));
  EXPECT_EQ(LastOf("outcome")["is_error"], true);
  EXPECT_EQ(Weir(box_.WithState({"audit", "verify"})).code, 0);
}

}  // namespace
}  // namespace weir::tests
