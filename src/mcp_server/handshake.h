#pragma once
// What a server remembers of a client of the handshake era (revisions up to 2025-11-25): what was
// agreed in `initialize`, and the requests to the client that wait for its answer.
//
// Any thread; a mutex guards everything.

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "mcp/json_rpc.h"
#include "mcp_server/in_flight.h"
#include "mcp_server/outlet.h"

namespace weir::mcp_server {

// A person may have to answer.
inline constexpr std::chrono::milliseconds kAskTimeout{300'000};

class HandshakeSession {
 public:
  explicit HandshakeSession(std::string principal) : principal_(std::move(principal)) {}

  const std::string& principal() const { return principal_; }

  // By `initialize`, once; false when it was done before.
  bool Agree(std::string version, json::Json client_capabilities);
  // Empty before `initialize`.
  std::string version() const;
  json::Json client_capabilities() const;

  // The least level that the client wants, an index into kLogLevels.
  void SetLogLevel(size_t level);
  size_t log_level() const;

  // False when there are too many.
  bool Subscribe(const std::string& uri);
  void Unsubscribe(const std::string& uri);
  bool IsSubscribed(const std::string& uri) const;

  // Sends a request to the client and waits. Errors as RequestContext::AskAll.
  Result<json::Json> Ask(Outlet& outlet, const std::string& method, json::Json params,
                         std::chrono::milliseconds timeout, const std::stop_token& stop);
  // The client's answer; one to a request that nobody waits for is dropped.
  void Answer(const mcp::Response& response);
  // Nothing more will come from the client: what waits gets kCancelled.
  void Close();

  InFlight& in_flight() { return in_flight_; }

 private:
  const std::string principal_;
  InFlight in_flight_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any answered_;
  std::string version_;
  json::Json client_capabilities_ = json::Json::object();
  size_t log_level_ = 1;  // info
  std::set<std::string> subscriptions_;
  std::map<int64_t, std::optional<mcp::Response>> asked_;  // by id; empty: no answer yet
  int64_t next_id_ = 1;
  bool closed_ = false;
};

// From the least to the most serious.
inline constexpr std::array<std::string_view, 8> kLogLevels = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};
std::optional<size_t> LogLevelFromName(std::string_view name);

}  // namespace weir::mcp_server
