#pragma once
// An MCP server whose every byte is the test's, at the other end of two pipes. It reads lines in a
// thread of its own and leaves what to do to a handler.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "json/json.h"
#include "mcp_client/stdio_transport.h"

namespace weir::mcp_client {

class FakeMcpServer {
 public:
  // Gets each message that is JSON, on the server's thread.
  using Handler = std::function<void(FakeMcpServer&, const json::Json& message)>;

  explicit FakeMcpServer(Handler handler);
  ~FakeMcpServer();
  FakeMcpServer(const FakeMcpServer&) = delete;
  FakeMcpServer& operator=(const FakeMcpServer&) = delete;

  // The client's ends, once.
  std::unique_ptr<Transport> Connect(StdioLimits limits = {});

  // Any thread. They wait while the pipe is full and do nothing once the client is gone.
  void Send(const json::Json& message);
  void SendRaw(std::string_view bytes);
  void SendResult(const json::Json& request, json::Json result);
  void SendError(const json::Json& request, int code, const std::string& text,
                 json::Json data = nullptr);
  void CloseOutput();

  std::vector<json::Json> received() const;
  // The first message with that method ("" for an answer to us); null if none came in 5 s.
  json::Json WaitFor(const std::string& method);

 private:
  void Run(const std::stop_token& stop);

  const Handler handler_;
  UniqueFd client_reads_, client_writes_;  // until Connect
  UniqueFd input_;
  std::mutex output_mutex_;  // guards output_
  UniqueFd output_;
  mutable std::mutex mutex_;  // guards received_
  std::condition_variable changed_;
  std::vector<json::Json> received_;
  std::jthread thread_;
};

// What a friendly server answers; null for a message that needs none. It has the tools "echo" (its
// arguments come back as structured content) and "fail" (isError). Stateless: also resultType, and
// ttlMs 0.
json::Json FriendlyResult(const json::Json& request, bool stateless);
// Answers everything so; in the handshake era `server/discover` is an unknown method.
FakeMcpServer::Handler Friendly(bool stateless);

}  // namespace weir::mcp_client
