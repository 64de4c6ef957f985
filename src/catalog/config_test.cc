#include "catalog/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/config_text.h"

namespace weir::catalog {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Refusal(const std::string& toml) {
  const auto servers = ReadServers(toml, "weir.toml");
  return servers ? "accepted" : servers.error().message;
}

TEST(ServerTables, ThatAreWrongAreRefusedWithLineAndColumnAndTheWayOut) {
  for (const auto& [toml, part] : std::vector<std::pair<std::string, std::string>>{
           {"[mcp.a]\ncomand = \"x\"",
            "line 2, column 1: unknown key 'comand' in [mcp.a]; did you "
            "mean 'command'?"},
           {"[mcp.a]\n", "needs either a command (a program) or a url, and has none"},
           {"[mcp.a]\ncommand = \"x\"\nurl = \"https://h/\"", "not both"},
           {"[mcp.a]\ncommand = \"x\"\n[mcp.a]\n", "line 3"},
           {"[mcp.a]\ncommand = \"x\"\ncommand = \"y\"", "line 3"},
           {"[mcp.a_b]\ncommand = \"x\"\n[mcp.a-b]\ncommand = \"x\"", "can be taken for"},
           {"[mcp.builtin]\ncommand = \"x\"", "stands for Weir's own tools"},
           {"[mcp.\"a b\"]\ncommand = \"x\"", "not allowed at byte 2"},
           {"[mcp]\ncommand = \"x\"", "belongs into a server's own table"},
           {"mcp = 1", "made of tables"},
           {"[mpc.a]\ncommand = \"x\"", "did you mean '[mcp.NAME]'"},
           {"[mcpServers.a]\ncommand = \"x\"", "did you mean '[mcp.NAME]'"},
           {"[mcp.a]\ncommand = \"./server\"", "relative path"},
           {"[mcp.a]\ncommand = \"npx -y thing\"", "its arguments go into args"},
           {"[mcp.a]\ncommand = 1", "must be a text"},
           {"[mcp.a]\ncommand = \"\"", "is empty"},
           {"[mcp.a]\ncommand = \"x\"\nargs = \"y\"", "must be a list of texts"},
           {"[mcp.a]\ncommand = \"x\"\nargs = [1]", "must hold texts"},
           {"[mcp.a]\ncommand = \"x\"\nargs = [\"a\\u0000b\"]", "NUL"},
           {"[mcp.a]\ncommand = \"x\"\nenv = [\"A B\"]", "no name of an environment variable"},
           {"[mcp.a]\ncommand = \"x\"\nenv = { pas = [\"A\"] }", "did you mean 'pass'"},
           {"[mcp.a]\ncommand = \"x\"\nenv = { pass = [\"A\"], set = { A = \"1\" } }", "both"},
           {"[mcp.a]\ncommand = \"x\"\nenv = { set = { A = 1 } }", "must be a text"},
           {"[mcp.a]\nurl = \"https://h/\"\nargs = []", "is for a server with a command"},
           {"[mcp.a]\ncommand = \"x\"\nheaders = { A = \"$B\" }", "is for a server with a url"},
           {"[mcp.a]\nurl = \"http://example.org/mcp\"", "sent unencrypted"},
           {"[mcp.a]\nurl = \"ftp://h/\"", "is not https://HOST"},
           {"[mcp.a]\nurl = \"https://user:pw@h/\"", "without user name and password"},
           {"[mcp.a]\nurl = \"https://h/#x\"", "fragment"},
           {"[mcp.a]\nurl = \"https://h/\"\nheaders = { Authorization = \"Bearer abc\" }",
            "must end with $NAME"},
           {"[mcp.a]\nurl = \"https://h/\"\nheaders = { \"A B\" = \"$T\" }", "no name of a header"},
           {"[mcp.a]\ncommand = \"x\"\nsandbox = \"fill\"", "did you mean 'full'"},
           {"[mcp.a]\ncommand = \"x\"\nsandbox = { network = \"yes\" }", "unknown network"},
           {"[mcp.a]\ncommand = \"x\"\nsandbox = { writable = [\"data\"] }", "no absolute path"},
           {"[mcp.a]\ncommand = \"x\"\ntimeouts = { start = 0 }", "from 1 to 3600 seconds"},
           {"[mcp.a]\ncommand = \"x\"\ntimeouts = { call = 99999 }", "from 1 to 3600 seconds"},
           {"[mcp.a]\ncommand = \"x\"\neffects = { t = \"reed\" }", "did you mean 'read'"},
           {"[mcp.a]\ncommand = \"x\"\neffects = { t = \"none\" }", "unknown effect"},
           {"[mcp.a]\ncommand = \"x\"\neffects = { \"a b\" = \"read\" }", "not allowed"},
           {"[mcp.a]\ncommand = \"x\"\npaths = { t = \"path\" }", "must be a list of texts"},
           {"[mcp.a]\ncommand = \"x\"\nenabled = \"no\"", "must be true or false"},
           {"[mcp.a\n", "no valid TOML"}}) {
    EXPECT_THAT(Refusal(toml), AllOf(HasSubstr(part), HasSubstr("weir.toml: line "))) << toml;
  }
  // All problems at once.
  EXPECT_THAT(Refusal("[mcp.a]\ncomand = 1\nenabled = 2\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("line 3")));
  EXPECT_THAT(Refusal(std::string(2 << 20, '#')), HasSubstr("at most 1048576"));
}

TEST(ServerTables, AreReadWithTheirDefaults) {
  const auto servers = ReadServers(R"(
[retention]
results = "7d"

[mcp.files]
command = "/usr/bin/node"
args = ["server.js", "."]
env = { pass = ["LANG"], set = { MODE = "quiet" } }
sandbox = { level = "basic", readable = ["/usr/share"], network = "inherit" }
timeouts = { start = 5 }

[mcp.files.effects]
"*" = "write"
read_file = "read"

[mcp.files.paths]
read_file = ["path"]

[mcp.web]
url = "http://127.0.0.1:8080/mcp"
headers = { Authorization = "Bearer $WEB_TOKEN", X-Key = "$KEY" }
enabled = false
)",
                                   "f");
  ASSERT_TRUE(servers.has_value()) << servers.error().message;
  ASSERT_EQ(servers->size(), 2u);
  const ServerConfig& files = (*servers)[0];
  EXPECT_EQ(files.name, "files");
  EXPECT_THAT(files.args, ElementsAre("server.js", "."));
  EXPECT_THAT(files.env_pass, ElementsAre("LANG"));
  EXPECT_EQ(files.env_set.at("MODE"), "quiet");
  EXPECT_EQ(files.sandbox.level, "basic");
  EXPECT_TRUE(files.sandbox.has_network);
  EXPECT_EQ(files.start_timeout_s, 5);
  EXPECT_EQ(files.call_timeout_s, 60);
  EXPECT_EQ(files.effects.at("*"), "write");
  EXPECT_THAT(files.paths.at("read_file"), ElementsAre("path"));
  const ServerConfig& web = (*servers)[1];
  EXPECT_FALSE(web.enabled);
  EXPECT_FALSE(web.is_program());
  EXPECT_EQ(web.headers.at("Authorization"), (HeaderValue{"Bearer ", "WEB_TOKEN"}));
  EXPECT_EQ(web.headers.at("X-Key"), (HeaderValue{"", "KEY"}));
  EXPECT_THAT(*ReadServers("", "f"), IsEmpty());
  EXPECT_THAT(*ReadServers("[retention]\n", "f"), IsEmpty());
}

ServerConfig Full() {
  ServerConfig config;
  config.name = "full";
  config.command = "/opt/a \"b\"\\c";
  config.args = {"--x=\n\t", "", "'q'", "\xC3\xA9", "-y"};
  config.env_pass = {"LANG"};
  config.env_set = {{"A", "1 \"2\""}};
  config.sandbox = {.level = "basic", .readable = {"/a"}, .writable = {"/b"}, .has_network = true};
  config.start_timeout_s = 3;
  config.effects = {{"*", "read"}, {"a.b/c", "write"}};
  config.paths = {{"a.b/c", {"path", "to"}}};
  return config;
}

TEST(ServerBlocks, AreReadBackAsTheyWereMeant) {
  const auto text = WithServer("", "f", Full());
  ASSERT_TRUE(text.has_value()) << text.error().message;
  EXPECT_EQ(*text, ServerBlock(Full()));
  ServerConfig web;
  web.name = "web";
  web.url = "https://example.org/mcp";
  web.headers = {{"Authorization", {"Bearer ", "TOKEN"}}};
  web.enabled = false;
  const auto both = WithServer(*text, "f", web);
  ASSERT_TRUE(both.has_value()) << both.error().message;
  EXPECT_EQ(ReadServers(*both, "f")->size(), 2u);
}

TEST(AddingAServer, KeepsEveryOtherByte) {
  const std::string before = "# mine\n[retention]   # odd   spacing\nresults='7d'";
  const auto after = WithServer(before, "f", Full());
  ASSERT_TRUE(after.has_value()) << after.error().message;
  EXPECT_TRUE(after->starts_with(before + "\n\n[mcp.full]\n")) << *after;
}

TEST(AddingAServer, RefusesANameThatIsTakenAndAFileThatIsBroken) {
  const std::string taken = "[mcp.full]\ncommand = \"x\"\n";
  EXPECT_THAT(WithServer(taken, "f", Full()).error().message,
              AllOf(HasSubstr("line 1"), HasSubstr("weir tools remove full")));
  EXPECT_THAT(WithServer("[mcp.Fu11]\ncommand = \"x\"\n", "f", Full()).error().message,
              HasSubstr("can be taken for"));
  EXPECT_FALSE(WithServer("[broken", "f", Full()).has_value());
  ServerConfig bad = Full();
  bad.name = "a b";
  EXPECT_FALSE(WithServer("", "f", bad).has_value());
  // An inline table can not be added to.
  const auto inline_table = WithServer("mcp = { a = { command = \"x\" } }\n", "f", Full());
  ASSERT_FALSE(inline_table.has_value());
}

TEST(RemovingAServer, CutsItsTablesOutAndNothingElse) {
  const std::string text =
      "# top\n[retention]\nresults = \"7d\"\n\n# about a\n[mcp.a]\ncommand = \"x\"\nargs = [\n"
      "  \"y\",\n]\n# inside a\nenv = []\n\n[mcp.a.effects]\nt = \"read\"\n\n# about b\n"
      "[ mcp . b ]\ncommand = \"z\"\n\n[\"mcp\".\"a\".paths]\nt = [\"p\"]\n";
  const auto without = WithoutServer(text, "f", "a");
  ASSERT_TRUE(without.has_value()) << without.error().message;
  EXPECT_EQ(*without,
            "# top\n[retention]\nresults = \"7d\"\n\n# about a\n\n# about b\n[ mcp . b ]\n"
            "command = \"z\"\n\n");
  const auto none = WithoutServer(*without, "f", "b");
  ASSERT_TRUE(none.has_value());
  EXPECT_THAT(*ReadServers(*none, "f"), IsEmpty());
}

TEST(RemovingAServer, IsRefusedWhereItCanNotBeDoneSafely) {
  EXPECT_EQ(WithoutServer("[mcp.a]\ncommand = \"x\"\n", "f", "b").error().code,
            ErrorCode::kNotFound);
  for (const char* text : {"mcp = { a = { command = \"x\" } }\n", "mcp.a.command = \"x\"\n",
                           "[mcp]\na = { command = \"x\" }\n",
                           "[mcp.a]\ncommand = '''\n[mcp.b]\n'''\n[mcp.c]\ncommand = \"y\"\n"}) {
    const auto without = WithoutServer(text, "f", "a");
    ASSERT_FALSE(without.has_value()) << text << "\n" << *without;
    EXPECT_THAT(without.error().message, HasSubstr("with an editor")) << text;
  }
}

}  // namespace
}  // namespace weir::catalog
