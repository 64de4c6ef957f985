// Total mediation, the entrance `weir mcp serve`: what a witness in the place of the tool worker
// saw being run for a client's calls is exactly what the audit log says was allowed, in both eras.
//
// The server runs in this process on two pipes; the client sends whatever could come into a
// client's head. Through the built program the witness is the workspace.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "app/call_gate.h"
#include "app/mcp_tools.h"
#include "audit/verify.h"
#include "base/unique_fd.h"
#include "mcp_server/server.h"
#include "mcp_server/stdio_server.h"
#include "net/testing/raw_peer.h"
#include "platform/process.h"
#include "tests/support/mediation.h"
#include "tests/support/program.h"
#include "vault/vault_reader.h"

namespace weir::tests {
namespace {

namespace fs = std::filesystem;

constexpr int kCallsAnEra = 1500;

constexpr const char* kClientPolicy = R"(
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

constexpr const char* kStatelessMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientCapabilities":{}})";

// The intents of the log; their arguments lie in the vault.
Tally AllowedByLog(const fs::path& state) {
  Tally tally;
  const vault::VaultReader vault = vault::VaultReader::Open(state.string()).value();
  for (const audit::Record& record : Records((state / "audit").string())) {
    if (record.event.kind != audit::EventKind::kIntent) continue;
    const json::Json& data = record.event.data;
    const std::string payload =
        vault.Get(data.at("arguments_payload").get<std::string>()).value().bytes;
    ++tally[Entry(record.event.run_id, data.at("tool").get<std::string>(),
                  json::Parse(payload, {.max_bytes = 32u << 20}).value().at("arguments"))];
  }
  return tally;
}

// A person who says yes, no, or something else.
class AnyPerson : public agent::Person {
 public:
  explicit AnyPerson(Dice& dice) : dice_(dice) {}
  policy::Answer Decide(const agent::RequestApproval& request, std::stop_token /*stop*/) override {
    const std::string digest =
        policy::RequestDigest(request.call, request.decision, request.bound).value();
    policy::Answer answer{.yes = dice_.Percent(60), .approver = "test", .request_digest = digest};
    if (dice_.Percent(20)) answer.request_digest = last_;
    last_ = digest;
    return answer;
  }
  agent::PersonAnswered Answer(const agent::AskPerson& /*question*/,
                               std::stop_token /*stop*/) override {
    return {};
  }
  void Show(const agent::Show& /*notice*/) override {}
  void Stream(agent::StreamClass /*kind*/, std::string_view /*text*/) override {}

 private:
  Dice& dice_;
  std::string last_;
};

class McpMediationTest : public ::testing::Test {
 protected:
  McpMediationTest() {
    std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : ::testing::TempDir();
    pattern += "weir-mcp-mediation-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    for (const char* folder : {"workspace", "state"}) fs::create_directory(root_ / folder);
    fs::permissions(root_ / "state", fs::perms::owner_all);
    std::ofstream(root_ / "policy.toml") << kClientPolicy;
  }
  ~McpMediationTest() override { fs::remove_all(root_); }

  std::string Witness() const { return (root_ / "witness.jsonl").string(); }

  std::unique_ptr<app::CallGate> OpenGate(agent::Person* person) {
    app::Settings settings;
    settings.workspace = (root_ / "workspace").string();
    settings.state = (root_ / "state").string();
    settings.policy = (root_ / "policy.toml").string();
    settings.sandbox = sandbox::SandboxLevel::kOff;  // the witness writes a file of its own
    auto gate = app::CallGate::Open({.settings = settings,
                                     .entrance = "mcp stdio",
                                     .person = person,
                                     .worker_argv = {WEIR_FAKE_WORKER, "witness", Witness()}});
    EXPECT_TRUE(gate.has_value()) << gate.error().message;
    return std::move(*gate);
  }

  std::string AnyParams(Dice& dice) {
    const std::string name = fmt::format("f{}.txt", dice.Below(100'000));
    switch (dice.Below(12)) {
      case 0:
        return R"("name":"write_file","arguments":{"path":5,"text":"x"})";
      case 1:
        return fmt::format(R"("name":"{}","arguments":{{"path":"{}"}})",
                           dice.Pick({"fly", "", "tools/call", "Write_File", "weir/preview"}),
                           name);
      case 2:
        return fmt::format(R"("name":"delete_file","arguments":{{"path":"{}"}})",
                           dice.Pick({"../x", "/etc/passwd", "a/../../x"}));
      case 3:
        return fmt::format(R"("name":"write_file","arguments":{{"path":"private/{}","text":"x"}})",
                           name);
      case 4:
      case 5:
        return fmt::format(R"("name":"delete_file","arguments":{{"path":"{}"}})", name);
      case 6:
        return R"("name":"ask_user","arguments":{"question":"which one?"})";
      case 7:
        return dice.Percent(20)
                   ? fmt::format(
                         R"("name":"append_file","arguments":{{"path":"notes/crash-{}","text":"x"}})",
                         name)
                   : R"("name":"read_file","arguments":[])";
      case 8:
      case 9:
        return fmt::format(R"("name":"write_file","arguments":{{"path":"notes/{}","text":"ä"}})",
                           name);
      default:
        return fmt::format(R"("name":"read_file","arguments":{{"path":"{}"}})", name);
    }
  }

  // Everything that a client sends, one line a message; every call is waited for by the end of
  // input.
  std::string Script(Dice& dice, bool stateless) {
    std::string lines;
    if (!stateless) {
      lines += R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":)"
               R"("2025-11-25","capabilities":{}}})"
               "\n";
    }
    for (int i = 1; i <= kCallsAnEra; ++i) {
      const std::string params =
          stateless ? AnyParams(dice) + "," + kStatelessMeta : AnyParams(dice);
      std::string line = fmt::format(
          R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{{}}}}})", i, params);
      if (dice.Percent(3)) line.resize(dice.Below(line.size()));
      lines += line + "\n";
      if (dice.Percent(5)) {
        lines += fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/cancelled",)"
                             R"("params":{{"requestId":{}}}}})",
                             i) +
                 "\n";
      }
    }
    return lines;
  }

  // Serves the script to its end; returns the number of answers.
  int Serve(app::CallGate& gate, const std::string& script) {
    app::McpTools tools(&gate);
    mcp_server::McpServer server({.name = "weir", .version = "test", .tools = &tools},
                                 &SystemClock());
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    EXPECT_EQ(::pipe(in.data()), 0);
    EXPECT_EQ(::pipe(out.data()), 0);
    const UniqueFd server_in(in[0]);
    UniqueFd client_out(in[1]);
    const UniqueFd client_in(out[0]);
    UniqueFd server_out(out[1]);
    const std::jthread writer([&] {
      std::string_view rest = script;
      while (!rest.empty()) {
        const ssize_t n = ::write(client_out.get(), rest.data(), rest.size());
        if (n <= 0) break;
        rest.remove_prefix(static_cast<size_t>(n));
      }
      client_out.reset();
    });
    int n_answers = 0;
    const std::jthread reader([&] {
      std::array<char, 65536> bytes;
      for (ssize_t n = 0; (n = ::read(client_in.get(), bytes.data(), bytes.size())) > 0;)
        n_answers += static_cast<int>(std::count(bytes.begin(), bytes.begin() + n, '\n'));
    });
    EXPECT_TRUE(mcp_server::ServeStdio(
                    server, server_in.get(), server_out.get(),
                    {.max_waiting = 100'000, .grace = std::chrono::milliseconds(120'000)}, {})
                    .has_value());
    server_out.reset();
    return n_answers;
  }

  void ExpectNoDifference(const char* entrance, int n_calls) {
    const Tally seen = SeenBy(Witness());
    const Tally allowed = AllowedByLog(root_ / "state");
    fmt::print(
        "mediation: {}: {} fuzzed calls, seen by the witness {}, allowed in the audit log "
        "{}, difference {} (0)\n",
        entrance, n_calls, Total(seen), Total(allowed), Difference(seen, allowed));
    EXPECT_EQ(Difference(seen, allowed), 0);
    EXPECT_GT(Total(seen), kCallsAnEra / 4);
    EXPECT_TRUE(audit::Verify((root_ / "state/audit").string()).has_value());
    for (const auto& [entry, count] : seen) {
      EXPECT_EQ(entry.find("private/"), std::string::npos) << entry;
      EXPECT_EQ(entry.find("\"../"), std::string::npos) << entry;
    }
  }

  fs::path root_;
};

TEST_F(McpMediationTest, InBothErasExactlyWhatTheAuditLogAllowsIsRun) {
  Dice dice(20260728);
  AnyPerson person(dice);
  {
    const auto gate = OpenGate(&person);
    for (const bool stateless : {false, true})
      EXPECT_GT(Serve(*gate, Script(dice, stateless)), kCallsAnEra / 2);
  }
  ExpectNoDifference("mcp serve, a person there", 2 * kCallsAnEra);
}

TEST_F(McpMediationTest, WithNobodyThereNothingThatAsksIsRun) {
  Dice dice(7);
  {
    const auto gate = OpenGate(nullptr);
    EXPECT_GT(Serve(*gate, Script(dice, true)), kCallsAnEra / 2);
  }
  ExpectNoDifference("mcp serve, nobody there", kCallsAnEra);
  for (const auto& [entry, count] : SeenBy(Witness()))
    EXPECT_EQ(entry.find("delete_file"), std::string::npos) << entry;
}

TEST(McpServeProgram, TheWorkspaceChangesExactlyAsAllowedAndTheEntranceIsInTheLog) {
  const Sandbox box;
  std::ofstream(box.workspace / "keep.log") << "x";
  const std::string script =
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
      R"("capabilities":{}}})"
      "\n"
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"file_info",)"
      R"("arguments":{"path":"keep.log"}}})"
      "\n"
      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"delete_file",)"
      R"("arguments":{"path":"keep.log"}}})"
      "\n";
  const Finished done = RunWeir(
      {"mcp", "serve", "--workspace", box.workspace.string(), "--state", box.state.string()},
      script, box.root);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find(R"("id":1,"result")"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("needs a person's yes"), std::string::npos) << done.out;
  EXPECT_TRUE(fs::exists(box.workspace / "keep.log"));
  int n_intents = 0;
  bool entrance = false;
  for (const audit::Record& record : Records((box.state / "audit").string())) {
    n_intents += record.event.kind == audit::EventKind::kIntent ? 1 : 0;
    entrance = entrance || record.event.data.value("interface", "") == "mcp stdio";
  }
  EXPECT_EQ(n_intents, 1);
  EXPECT_TRUE(entrance);
}

TEST(McpServeProgram, OverHttpThePersonAtTheTerminalIsAskedForTheClient) {
  const Sandbox box;
  std::ofstream(box.workspace / "one.log") << "x";
  std::ofstream(box.workspace / "two.log") << "x";
  const fs::path token = box.root / "token";
  std::ofstream(token) << "0123456789abcdef\n";
  fs::permissions(token, fs::perms::owner_read | fs::perms::owner_write);
  Terminal terminal({"mcp", "serve", "--http", "--token-file", token.string(), "--workspace",
                     box.workspace.string(), "--state", box.state.string()},
                    box.root);
  ASSERT_TRUE(terminal.Expect("MCP server at http://127.0.0.1:")) << terminal.screen();
  ASSERT_TRUE(terminal.Expect("/mcp")) << terminal.screen();
  const std::string& screen = terminal.screen();
  const auto port = static_cast<uint16_t>(std::stoi(screen.substr(screen.find("127.0.0.1:") + 10)));
  const auto ask = [&](net::RawPeer& peer, const char* name) {
    const std::string body = fmt::format(
        R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"delete_file",)"
        R"("arguments":{{"path":"{}"}},{}}}}})",
        name, kStatelessMeta);
    return peer.Send(net::PostText(port, "/mcp", body,
                                   "Authorization: Bearer 0123456789abcdef\r\n"
                                   "Content-Type: application/json\r\n"
                                   "Accept: application/json, text/event-stream\r\n"
                                   "MCP-Protocol-Version: 2026-07-28\r\n"
                                   "Mcp-Method: tools/call\r\nMcp-Name: delete_file\r\n"));
  };
  for (const auto& [name, answer] : {std::pair{"one.log", "n\n"}, std::pair{"two.log", "y\n"}}) {
    net::RawPeer peer(port);
    ASSERT_TRUE(ask(peer, name));
    ASSERT_TRUE(terminal.Expect("asked by an MCP client (token)")) << terminal.screen();
    ASSERT_TRUE(terminal.Expect("Do it? [y/N]")) << terminal.screen();
    terminal.Type(answer);
    EXPECT_NE(peer.ReadResponse().find("200 OK"), std::string::npos);
  }
  EXPECT_TRUE(fs::exists(box.workspace / "one.log"));
  EXPECT_FALSE(fs::exists(box.workspace / "two.log"));
  ::kill(terminal.pid(), SIGINT);
  EXPECT_EQ(terminal.Wait(), 130);
}

}  // namespace
}  // namespace weir::tests
