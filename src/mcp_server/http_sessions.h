#pragma once
// The sessions of the handshake era over HTTP: unguessable ids, bounded in number and age.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mcp_server/changes.h"
#include "mcp_server/event_store.h"
#include "mcp_server/handshake.h"

namespace weir::mcp_server {

struct HttpSession {
  HttpSession(std::string session_id, ChangeHub* hub);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // Everything of the session that is under way ends.
  void Close();
  // True for the one who may serve the general stream; give it back with LeaveGeneralStream.
  bool TakeGeneralStream();
  void LeaveGeneralStream();

  const std::string id;
  EventStore events;
  HandshakeSession client;

 private:
  ChangeHub* const hub_;
  uint64_t listener_ = 0;
  std::mutex mutex_;
  bool general_stream_taken_ = false;  // guarded by mutex_
};

struct SessionLimits {
  size_t max_sessions = 64;
  int64_t idle_us = 3'600'000'000;    // after which a session is forgotten
  int64_t evictable_us = 60'000'000;  // after which it makes room for a new one
};

// Any thread. Sessions are shared by the connections that use them.
class SessionTable {
 public:
  // Borrows hub and clock.
  SessionTable(ChangeHub* hub, const Clock* clock, SessionLimits limits)
      : hub_(hub), clock_(clock), limits_(limits) {}
  ~SessionTable();

  // Null when there is no room.
  std::shared_ptr<HttpSession> Make();
  // Null when there is none of that id; marks it as used.
  std::shared_ptr<HttpSession> Find(std::string_view id);
  // False when there is none.
  bool Remove(std::string_view id);
  size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<HttpSession> session;
    int64_t used_us;
  };
  // Takes out what was not used for that long, at most `at_most` of it, oldest first.
  void TakeIdle(int64_t idle_us, size_t at_most, std::vector<std::shared_ptr<HttpSession>>* out);

  ChangeHub* hub_;
  const Clock* clock_;
  const SessionLimits limits_;
  mutable std::mutex mutex_;  // guards the map
  std::map<std::string, Entry, std::less<>> sessions_;
};

}  // namespace weir::mcp_server
