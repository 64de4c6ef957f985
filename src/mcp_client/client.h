#pragma once
// A client of one MCP server, in both eras: up to 2025-11-25 with a handshake, and 2026-07-28
// without one. Typed calls; everything that comes back is checked for its form, bounded, and
// untrusted.
//
// Any thread, many calls at once, after Connect has returned. Every call ends by its deadlines or
// its stop, whatever the server does; what came of a call that was given up is not known. Errors of
// calls: kUnavailable (the server is gone, or failed), kDeadlineExceeded, kCancelled,
// kInvalidArgument (the server does not take the parameters), kUnsupported (nor the method),
// kNotFound (nor the resource), kCorruptData (it answers nonsense), kResourceExhausted (a limit),
// kPermissionDenied (it does not let us in, or the person did not answer its question).

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "mcp_client/connection.h"
#include "mcp_client/handlers.h"
#include "mcp_client/negotiate.h"
#include "mcp_client/options.h"
#include "mcp_client/results.h"

namespace weir::mcp_client {

// What to be told of (Client::Watch).
struct WatchFilter {
  bool tools = false;
  bool resources = false;
  bool prompts = false;
  std::vector<std::string> resource_uris = {};
};

class Client {
 public:
  // `handlers` is borrowed for the client's life; null declines everything.
  Client(std::unique_ptr<Transport> transport, ClientHandlers* handlers,
         ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Once, before everything else: agrees on an era.
  Status Connect(const std::stop_token& stop = {});
  bool stateless() const;
  std::string version() const;
  ServerInfo server() const;

  // All pages. Tools that the protocol forbids to use are left out, with the reason.
  Result<ToolList> ListTools(const CallOptions& options = {});
  // `arguments` is an object. Over HTTP in the stateless era, headers mirror what the tool's
  // definition asks for; the tools are listed for that if they have not been.
  Result<CallToolResult> CallTool(const std::string& name, const json::Json& arguments,
                                  const CallOptions& options = {});

  Result<std::vector<ResourceDescription>> ListResources(const CallOptions& options = {});
  Result<std::vector<ResourceDescription>> ListResourceTemplates(const CallOptions& options = {});
  Result<ReadResourceResult> ReadResource(const std::string& uri, const CallOptions& options = {});
  Result<std::vector<PromptDescription>> ListPrompts(const CallOptions& options = {});
  // `arguments`: names to texts.
  Result<GetPromptResult> GetPrompt(const std::string& name, const json::Json& arguments,
                                    const CallOptions& options = {});
  // `reference`: {"type": "ref/prompt", "name": ...} or {"type": "ref/resource", "uri": ...}.
  Result<CompletionResult> Complete(const json::Json& reference, const std::string& argument,
                                    const std::string& value, const CallOptions& options = {});

  // Handshake era alone; kUnsupported in the other.
  Status Ping(const CallOptions& options = {});
  Status SubscribeResource(const std::string& uri, const CallOptions& options = {});
  Status UnsubscribeResource(const std::string& uri, const CallOptions& options = {});
  Status SetLogLevel(const std::string& level, const CallOptions& options = {});

  // Has the handlers told of changes from now on, in place of an earlier filter. In the stateless
  // era a stream is kept open for it, and opened again when it ends; in the handshake era servers
  // tell of lists unasked, and each resource is subscribed to.
  Status Watch(const WatchFilter& filter);

  ConnectionCounts counts() const { return connection_.counts(); }
  // Ends all calls. Idempotent.
  void Close();

 private:
  using Reply = std::variant<json::Json, mcp::RpcError>;

  struct KeptList {
    json::Json items;
    int64_t until_us = 0;
  };

  // One request and its answer, a lost session renewed once. `deadline_us` bounds it as well.
  // `memory_bytes` may be null.
  Result<Reply> Ask(const std::string& method, const json::Json& params,
                    const net::HttpHeaders& headers, const CallOptions& options,
                    int64_t deadline_us, size_t* memory_bytes = nullptr);
  // The same where an error of the server's is just an error.
  Result<json::Json> AskPlainly(const std::string& method, const json::Json& params,
                                const CallOptions& options);
  // The same for methods where the server may ask something back (multi_round.cc).
  Result<Reply> AskInRounds(const std::string& method, json::Json params,
                            const net::HttpHeaders& headers, const CallOptions& options);
  Result<json::Json> AnswerInputs(const json::Json& requests, const std::stop_token& stop);
  Result<Reply> AwaitTask(const json::Json& created, const CallOptions& options,
                          int64_t deadline_us);
  Result<std::optional<Reply>> LookAtTask(const std::string& task_id, json::Json* task,
                                          const CallOptions& options, int64_t deadline_us);

  Result<json::Json> List(const std::string& method, std::string_view key,
                          const CallOptions& options);
  Result<ListPage> ListOnePage(const std::string& method, std::string_view key,
                               const std::optional<std::string>& cursor, const CallOptions& options,
                               int64_t deadline_us, size_t* bytes_left);
  Result<Reply> CallToolOnce(const std::string& name, const json::Json& arguments,
                             const CallOptions& options);
  Status RenewSession(uint64_t generation, int64_t deadline_us, const std::stop_token& stop);
  Status CheckHandshakeEra(std::string_view method) const;

  void OnNotification(const mcp::Notification& notification);
  bool BelongsToWatch(const mcp::Notification& notification);
  void RunWatch(const json::Json& filter, const std::stop_token& stop);

  const std::unique_ptr<ClientHandlers> no_handlers_;  // when none were given
  ClientHandlers& handlers_;
  const ClientOptions options_;
  json::Json capabilities_;  // declared; set once

  mutable std::mutex mutex_;  // guards all below
  Agreement agreement_;
  uint64_t session_generation_ = 0;
  std::map<std::string, KeptList> kept_lists_;                     // by method
  std::map<std::string, std::vector<HeaderParam>> header_params_;  // by tool
  bool tools_listed_ = false;
  std::optional<int64_t> watch_id_;  // of the request that the stream of changes answers
  bool watch_acknowledged_ = false;

  std::mutex renewing_;  // held while a session is renewed
  std::mutex watching_;  // guards watcher_
  Connection connection_;
  std::jthread watcher_;
};

}  // namespace weir::mcp_client
