#include "mcp_server/changes.h"

#include <utility>

#include "mcp/protocol.h"

namespace weir::mcp_server {
namespace {

constexpr size_t kMaxWatchedUris = 256;

// Whether the filter has `name`; false after an error.
bool TakeFlag(const json::Json& filter, const char* name, bool* flag) {
  const auto found = filter.find(name);
  if (found == filter.end()) return true;
  if (!found->is_boolean()) return false;
  *flag = found->get<bool>();
  return true;
}

}  // namespace

mcp::Notification NotificationOf(const Change& change) {
  switch (change.kind) {
    case ChangeKind::kTools:
      return {.method = "notifications/tools/list_changed"};
    case ChangeKind::kPrompts:
      return {.method = "notifications/prompts/list_changed"};
    case ChangeKind::kResources:
      return {.method = "notifications/resources/list_changed"};
    case ChangeKind::kResource:
      return {.method = "notifications/resources/updated", .params = {{"uri", change.uri}}};
  }
  return {};
}

uint64_t ChangeHub::Listen(Listener listener, const std::function<void()>& first) {
  const std::lock_guard lock(mutex_);
  if (first) first();
  listeners_[next_] = std::move(listener);
  return next_++;
}

void ChangeHub::StopListening(uint64_t number) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(number);
}

void ChangeHub::Publish(const Change& change) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, listener] : listeners_) listener(change);
}

std::variant<std::unique_ptr<Subscription>, mcp::RpcError> Subscription::Open(
    const mcp::Request& request, const Features& features, ChangeHub& hub, Outlet& outlet) {
  const auto wanted = request.params.find("notifications");
  if (wanted == request.params.end() || !wanted->is_object()) {
    return InvalidParams("subscriptions/listen: \"notifications\" must be an object");
  }
  Filter filter;
  if (!TakeFlag(*wanted, "toolsListChanged", &filter.tools) ||
      !TakeFlag(*wanted, "promptsListChanged", &filter.prompts) ||
      !TakeFlag(*wanted, "resourcesListChanged", &filter.resources)) {
    return InvalidParams("subscriptions/listen: a flag of \"notifications\" must be true or false");
  }
  if (const auto uris = wanted->find("resourceSubscriptions"); uris != wanted->end()) {
    if (!uris->is_array() || uris->size() > kMaxWatchedUris) {
      return InvalidParams(
          "subscriptions/listen: \"resourceSubscriptions\" must be a list of URIs");
    }
    for (const json::Json& uri : *uris) {
      if (!uri.is_string()) return InvalidParams("subscriptions/listen: a URI must be a text");
      filter.uris.insert(uri.get<std::string>());
    }
  }
  // Only what this server can tell of.
  filter.tools = filter.tools && features.tools != nullptr && features.tools->list_changes();
  filter.prompts =
      filter.prompts && features.prompts != nullptr && features.prompts->list_changes();
  const bool watches = features.resources != nullptr && features.resources->can_subscribe();
  filter.resources = filter.resources && watches;
  if (!watches) filter.uris.clear();
  return std::unique_ptr<Subscription>(
      new Subscription(request.id, std::move(filter), hub, outlet));
}

Subscription::Subscription(const mcp::RequestId& id, Filter filter, ChangeHub& hub, Outlet& outlet)
    : id_(id), filter_(std::move(filter)), hub_(hub), outlet_(outlet) {
  const auto acknowledge = [this] {
    outlet_.Send(mcp::Notification{.method = "notifications/subscriptions/acknowledged",
                                   .params = {{"notifications", Accepted()}, {"_meta", Meta()}}});
  };
  const auto tell = [this](const Change& change) {
    const std::lock_guard send(mutex_);
    if (ended_ || !Wants(change)) return;
    mcp::Notification notification = NotificationOf(change);
    if (notification.params.is_null()) notification.params = json::Json::object();
    notification.params["_meta"] = Meta();
    outlet_.Send(notification);
  };
  number_ = hub_.Listen(tell, acknowledge);
}

Subscription::~Subscription() { hub_.StopListening(number_); }

void Subscription::End() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  outlet_.Send(mcp::Response{.id = id_,
                             .outcome = json::Json{{"resultType", "complete"}, {"_meta", Meta()}}});
}

bool Subscription::Wants(const Change& change) const {
  switch (change.kind) {
    case ChangeKind::kTools:
      return filter_.tools;
    case ChangeKind::kPrompts:
      return filter_.prompts;
    case ChangeKind::kResources:
      return filter_.resources;
    case ChangeKind::kResource:
      return filter_.uris.contains(change.uri);
  }
  return false;
}

json::Json Subscription::Meta() const { return {{mcp::kMetaSubscriptionId, mcp::ToJson(id_)}}; }

json::Json Subscription::Accepted() const {
  json::Json accepted = json::Json::object();
  if (filter_.tools) accepted["toolsListChanged"] = true;
  if (filter_.prompts) accepted["promptsListChanged"] = true;
  if (filter_.resources) accepted["resourcesListChanged"] = true;
  if (!filter_.uris.empty()) accepted["resourceSubscriptions"] = filter_.uris;
  return accepted;
}

}  // namespace weir::mcp_server
