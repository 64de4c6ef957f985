#pragma once
// The context of one request: what McpServer gives to the feature that serves it. Made and used on
// one thread.

#include <optional>
#include <string>
#include <string_view>

#include "mcp_server/handshake.h"
#include "mcp_server/request_state.h"
#include "mcp_server/server.h"

namespace weir::mcp_server {

// "elicitation" of "elicitation/create" and the like; what a client must have declared.
std::string CapabilityFor(std::string_view method);

class McpServer::Context : public RequestContext {
 public:
  // Borrows everything for its life.
  Context(Outlet& outlet, const std::string& principal, const std::stop_token& stop,
          const json::Json& params);

  void BeginHandshake(HandshakeSession& session);
  // An error when answers or state are not what they must be.
  std::optional<mcp::RpcError> BeginStateless(const mcp::Request& request,
                                              const json::Json& client_capabilities,
                                              const StateSealer& sealer);

  Era era() const override { return session_ != nullptr ? Era::kHandshake : Era::kStateless; }
  const json::Json& client_capabilities() const override { return capabilities_; }
  const std::string& principal() const override { return principal_; }
  const std::stop_token& stop() const override { return stop_; }
  void Progress(double progress, std::optional<double> total, std::string_view text) override;
  void Log(std::string_view level, json::Json data) override;
  Result<std::map<std::string, json::Json>> AskAll(
      std::map<std::string, json::Json> requests) override;
  const json::Json& input_responses() const override { return input_responses_; }
  const json::Json& state() const override { return state_; }
  void CloseStream() override {
    if (session_ != nullptr) outlet_.Close();
  }

 private:
  Outlet& outlet_;
  const std::string& principal_;
  const std::stop_token& stop_;
  HandshakeSession* session_ = nullptr;  // of the handshake era
  json::Json capabilities_ = json::Json::object();
  json::Json progress_token_ = nullptr;
  double last_progress_ = -1;
  std::optional<size_t> log_level_;  // empty: no messages
  json::Json input_responses_ = json::Json::object();
  json::Json state_ = nullptr;
};

}  // namespace weir::mcp_server
