#include "mcp_client/testing/fake_mcp_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "mcp/json_rpc.h"
#include "mcp/protocol.h"
#include "mcp_client/line_framer.h"
#include "platform/pipe.h"

namespace weir::mcp_client {
namespace {

constexpr std::string_view kClient = "the client";
constexpr auto kPatience = std::chrono::seconds(5);

void MakeTestPipe(UniqueFd& read, UniqueFd& write) {
  std::array<int, 2> fds;
  CHECK(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  read = UniqueFd(fds[0]);
  write = UniqueFd(fds[1]);
}

json::Json EchoTool() {
  return {{"name", "echo"},
          {"description", "says it again"},
          {"inputSchema", {{"type", "object"}, {"properties", json::Json::object()}}}};
}

json::Json FailTool() { return {{"name", "fail"}, {"inputSchema", {{"type", "object"}}}}; }

}  // namespace

FakeMcpServer::FakeMcpServer(Handler handler) : handler_(std::move(handler)) {
  MakeTestPipe(input_, client_writes_);
  MakeTestPipe(client_reads_, output_);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

FakeMcpServer::~FakeMcpServer() {
  thread_.request_stop();
  CloseOutput();
  thread_ = {};
}

std::unique_ptr<Transport> FakeMcpServer::Connect(StdioLimits limits) {
  return std::make_unique<StdioTransport>(std::move(client_writes_), std::move(client_reads_),
                                          limits);
}

void FakeMcpServer::Run(const std::stop_token& stop) {
  LineFramer framer(size_t{64} << 20);
  std::array<char, 65536> chunk;
  for (;;) {
    const Result<size_t> n = platform::ReadSome(
        input_.get(), chunk, kClient, std::numeric_limits<int64_t>::max() / 2, stop);
    if (!n || *n == 0) return;
    (void)framer.Push({chunk.data(), *n}, [this](std::string_view line) -> Status {
      const Result<json::Json> message = json::Parse(line);
      if (!message) return {};
      {
        const std::lock_guard lock(mutex_);
        received_.push_back(*message);
      }
      changed_.notify_all();
      handler_(*this, *message);
      return {};
    });
  }
}

void FakeMcpServer::SendRaw(std::string_view bytes) {
  const std::lock_guard lock(output_mutex_);
  while (!bytes.empty() && output_.valid()) {
    const int64_t deadline_us = SystemClock().MonotonicMicros() + 10'000'000;
    const Result<size_t> n = platform::WriteSome(output_.get(), bytes, kClient, deadline_us,
                                                 thread_.get_stop_token());
    if (!n) return;
    bytes.remove_prefix(*n);
  }
}

void FakeMcpServer::Send(const json::Json& message) { SendRaw(json::Dump(message) + "\n"); }

void FakeMcpServer::SendResult(const json::Json& request, json::Json result) {
  Send({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", std::move(result)}});
}

void FakeMcpServer::SendError(const json::Json& request, int code, const std::string& text,
                              json::Json data) {
  json::Json error{{"code", code}, {"message", text}};
  if (!data.is_null()) error["data"] = std::move(data);
  Send({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"error", std::move(error)}});
}

void FakeMcpServer::CloseOutput() {
  const std::lock_guard lock(output_mutex_);
  output_.reset();
}

std::vector<json::Json> FakeMcpServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

json::Json FakeMcpServer::WaitFor(const std::string& method) {
  std::unique_lock lock(mutex_);
  json::Json found;
  changed_.wait_for(lock, kPatience, [&] {
    for (const json::Json& message : received_) {
      if (message.value("method", "") == method) {
        found = message;
        return true;
      }
    }
    return false;
  });
  return found;
}

json::Json FriendlyResult(const json::Json& request, bool stateless) {
  const std::string method = request.value("method", "");
  json::Json result = json::Json::object();
  if (method == "server/discover") {
    result["supportedVersions"] = json::Json::array({mcp::kStatelessVersion});
    result["capabilities"]["tools"] = json::Json::object();
    result["_meta"][mcp::kMetaServerInfo] = {{"name", "friendly"}, {"version", "1"}};
  } else if (method == "initialize") {
    result["protocolVersion"] = request["params"]["protocolVersion"];
    result["capabilities"]["tools"] = json::Json::object();
    result["serverInfo"] = {{"name", "friendly"}, {"version", "1"}};
  } else if (method == "tools/list") {
    result["tools"] = json::Json::array({EchoTool(), FailTool()});
  } else if (method == "tools/call" && request["params"]["name"] == "fail") {
    const json::Json block{{"type", "text"}, {"text", "it failed"}};
    result["content"] = json::Json::array({block});
    result["isError"] = true;
  } else if (method == "tools/call") {
    result["content"] = json::Json::array();
    result["structuredContent"] = request["params"]["arguments"];
  } else if (!request.contains("id")) {
    return nullptr;
  }
  if (stateless) {
    result["resultType"] = "complete";
    result["ttlMs"] = 0;
    result["cacheScope"] = "private";
  }
  return result;
}

FakeMcpServer::Handler Friendly(bool stateless) {
  return [stateless](FakeMcpServer& server, const json::Json& message) {
    if (!message.contains("method")) return;
    if (message["method"] == (stateless ? "initialize" : "server/discover")) {
      server.SendError(message, mcp::error_code::kMethodNotFound, "unknown method");
      return;
    }
    json::Json result = FriendlyResult(message, stateless);
    if (!result.is_null()) server.SendResult(message, std::move(result));
  };
}

}  // namespace weir::mcp_client
