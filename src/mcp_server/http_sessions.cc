#include "mcp_server/http_sessions.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace weir::mcp_server {
namespace {

constexpr size_t kSessionIdBytes = 16;
constexpr size_t kShownIdChars = 8;  // of an id, in records: too few to use it

}  // namespace

HttpSession::HttpSession(std::string session_id, ChangeHub* hub)
    : id(std::move(session_id)),
      client("session " + Sha256Hex(id).substr(0, kShownIdChars)),
      hub_(hub) {
  listener_ = hub_->Listen([this](const Change& change) {
    if (change.kind == ChangeKind::kResource && !client.IsSubscribed(change.uri)) return;
    events.Append(EventStore::kGeneralStream, mcp::ToLine(NotificationOf(change)));
  });
}

HttpSession::~HttpSession() { hub_->StopListening(listener_); }

void HttpSession::Close() {
  client.Close();
  client.in_flight().CancelAll();
  events.Close();
}

bool HttpSession::TakeGeneralStream() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(general_stream_taken_, true);
}

void HttpSession::LeaveGeneralStream() {
  const std::lock_guard lock(mutex_);
  general_stream_taken_ = false;
}

SessionTable::~SessionTable() {
  for (const auto& [id, entry] : sessions_) entry.session->Close();
}

void SessionTable::TakeIdle(int64_t idle_us, size_t at_most,
                            std::vector<std::shared_ptr<HttpSession>>* out) {
  const int64_t now_us = clock_->MonotonicMicros();
  while (at_most-- > 0 && !sessions_.empty()) {
    const auto oldest = std::ranges::min_element(
        sessions_, {}, [](const auto& item) { return item.second.used_us; });
    if (now_us - oldest->second.used_us < idle_us) return;
    out->push_back(std::move(oldest->second.session));
    sessions_.erase(oldest);
  }
}

std::shared_ptr<HttpSession> SessionTable::Make() {
  std::vector<std::shared_ptr<HttpSession>> idle;  // closed without the lock
  auto made = std::make_shared<HttpSession>(RandomHex(kSessionIdBytes), hub_);
  {
    const std::lock_guard lock(mutex_);
    TakeIdle(limits_.idle_us, sessions_.size(), &idle);
    if (sessions_.size() >= limits_.max_sessions) TakeIdle(limits_.evictable_us, 1, &idle);
    if (sessions_.size() >= limits_.max_sessions) {
      made = nullptr;
    } else {
      sessions_[made->id] = {made, clock_->MonotonicMicros()};
    }
  }
  for (const auto& session : idle) session->Close();
  return made;
}

std::shared_ptr<HttpSession> SessionTable::Find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  const int64_t now_us = clock_->MonotonicMicros();
  if (now_us - found->second.used_us >= limits_.idle_us) return nullptr;
  found->second.used_us = now_us;
  return found->second.session;
}

bool SessionTable::Remove(std::string_view id) {
  std::shared_ptr<HttpSession> removed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    removed = std::move(found->second.session);
    sessions_.erase(found);
  }
  removed->Close();
  return true;
}

size_t SessionTable::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace weir::mcp_server
