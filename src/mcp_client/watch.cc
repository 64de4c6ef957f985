// The part of Client that takes what a server tells on its own.

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/pause.h"
#include "mcp/protocol.h"
#include "mcp_client/client.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMinBackoff{1000};
constexpr milliseconds kMaxBackoff{30'000};
constexpr int64_t kForeverUs = std::numeric_limits<int64_t>::max() / 2;

json::Json FilterJson(const WatchFilter& filter) {
  json::Json out = json::Json::object();
  if (filter.tools) out["toolsListChanged"] = true;
  if (filter.resources) out["resourcesListChanged"] = true;
  if (filter.prompts) out["promptsListChanged"] = true;
  if (!filter.resource_uris.empty()) out["resourceSubscriptions"] = filter.resource_uris;
  return out;
}

std::string TextMember(const json::Json& params, std::string_view key) {
  const auto value = params.is_object() ? params.find(key) : params.end();
  if (!params.is_object() || value == params.end() || !value->is_string()) return "";
  return value->get<std::string>();
}

// The list that a notification says has changed, and the methods that read it.
struct ChangedList {
  ListKind kind;
  std::vector<std::string> methods;
};

std::optional<ChangedList> ListOf(const std::string& method) {
  if (method == "notifications/tools/list_changed") {
    return ChangedList{ListKind::kTools, {"tools/list"}};
  }
  if (method == "notifications/resources/list_changed") {
    return ChangedList{ListKind::kResources, {"resources/list", "resources/templates/list"}};
  }
  if (method == "notifications/prompts/list_changed") {
    return ChangedList{ListKind::kPrompts, {"prompts/list"}};
  }
  return std::nullopt;
}

}  // namespace

// In the stateless era changes come on the stream that was asked for, and after its
// acknowledgement; anything else is nobody's.
bool Client::BelongsToWatch(const mcp::Notification& notification) {
  const std::lock_guard lock(mutex_);
  if (!agreement_.stateless) return true;
  const auto meta = notification.params.is_object() ? notification.params.find("_meta")
                                                    : notification.params.end();
  if (!watch_id_ || meta == notification.params.end() || !meta->is_object()) return false;
  const json::Json id = meta->value(std::string(mcp::kMetaSubscriptionId), json::Json());
  // Some servers write the id as a text.
  if (id != json::Json(*watch_id_) && id != json::Json(std::to_string(*watch_id_))) return false;
  if (notification.method == "notifications/subscriptions/acknowledged") {
    watch_acknowledged_ = true;
  }
  return watch_acknowledged_;
}

void Client::OnNotification(const mcp::Notification& notification) {
  const std::string& method = notification.method;
  if (method == "notifications/message") {
    const json::Json& params = notification.params;
    const bool has_data = params.is_object() && params.contains("data");
    handlers_.OnLog({.level = TextMember(params, "level"),
                     .logger = TextMember(params, "logger"),
                     .data = has_data ? params["data"] : json::Json(nullptr)});
    return;
  }
  if (method == "notifications/elicitation/complete") {
    handlers_.OnElicitationComplete(TextMember(notification.params, "elicitationId"));
    return;
  }
  if (!BelongsToWatch(notification)) return;
  if (method == "notifications/resources/updated") {
    handlers_.OnResourceUpdated(TextMember(notification.params, "uri"));
    return;
  }
  if (const std::optional<ChangedList> changed = ListOf(method)) {
    {
      const std::lock_guard lock(mutex_);
      for (const std::string& list : changed->methods) kept_lists_.erase(list);
    }
    handlers_.OnListChanged(changed->kind);
  }
}

Status Client::Watch(const WatchFilter& filter) {
  if (!stateless()) {
    for (const std::string& uri : filter.resource_uris) RETURN_IF_ERROR(SubscribeResource(uri));
    return {};
  }
  const std::lock_guard lock(watching_);
  watcher_ = {};  // ends the stream before
  watcher_ = std::jthread(
      [this, wanted = FilterJson(filter)](const std::stop_token& stop) { RunWatch(wanted, stop); });
  return {};
}

void Client::RunWatch(const json::Json& filter, const std::stop_token& stop) {
  const json::Json params =
      WithMeta(json::Json{{"notifications", filter}}, options_, capabilities_);
  const WaitLimits limits{
      .idle_us = kForeverUs, .deadline_us = kForeverUs, .stop = stop, .on_progress = {}};
  milliseconds backoff = kMinBackoff;
  while (!stop.stop_requested()) {
    const CallOutcome outcome =
        connection_.Call("subscriptions/listen", params, {}, limits, [this](int64_t id) {
          const std::lock_guard lock(mutex_);
          watch_id_ = id;
          watch_acknowledged_ = false;
        });
    bool was_open = false;
    {
      const std::lock_guard lock(mutex_);
      watch_id_.reset();
      was_open = watch_acknowledged_;
      // What changed while nobody listened is not known.
      kept_lists_.clear();
    }
    // A refusal stays one; a stream that ended may be opened again.
    if (outcome.response && !outcome.response->ok()) return;
    backoff = was_open ? kMinBackoff : std::min(2 * backoff, kMaxBackoff);
    PauseFor(backoff, stop);
  }
}

}  // namespace weir::mcp_client
