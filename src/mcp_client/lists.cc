// The part of Client that reads whole lists: pages, bounds, and what may be kept.

#include <algorithm>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/printable.h"
#include "mcp_client/client.h"

namespace weir::mcp_client {
namespace {

// Every item parsed, in order; the first that is malformed is an error.
template <class T, class Parse>
Result<std::vector<T>> ParseAll(json::Json items, Parse parse) {
  std::vector<T> out;
  out.reserve(items.size());
  for (json::Json& item : items) {
    ASSIGN_OR_RETURN(T parsed, parse(std::move(item)));
    out.push_back(std::move(parsed));
  }
  return out;
}

std::string NameForReport(const json::Json& tool) {
  const auto name = tool.is_object() ? tool.find("name") : tool.end();
  if (!tool.is_object() || name == tool.end() || !name->is_string()) return "(no name)";
  return Printable(name->get_ref<const std::string&>());
}

}  // namespace

Result<ListPage> Client::ListOnePage(const std::string& method, std::string_view key,
                                     const std::optional<std::string>& cursor,
                                     const CallOptions& options, int64_t deadline_us,
                                     size_t* bytes_left) {
  const json::Json params = cursor ? json::Json{{"cursor", *cursor}} : json::Json(nullptr);
  size_t wire_bytes = 0;
  ASSIGN_OR_RETURN(Reply reply, Ask(method, params, {}, options, deadline_us, &wire_bytes));
  if (const auto* error = std::get_if<mcp::RpcError>(&reply)) {
    return MakeError(ErrorOf(method, *error));
  }
  if (wire_bytes > *bytes_left) {
    return MakeError(ErrorCode::kResourceExhausted, "{} from the MCP server: more than {} bytes",
                     method, options_.max_list_bytes);
  }
  *bytes_left -= wire_bytes;
  json::Json result = std::get<json::Json>(std::move(reply));
  if (stateless() && result.value("resultType", "complete") != "complete") {
    return MakeError(ErrorCode::kCorruptData, "{} from the MCP server: expected a list, found "
                     "another kind of result", method);
  }
  return ParseListPage(std::move(result), key);
}

Result<json::Json> Client::List(const std::string& method, std::string_view key,
                                const CallOptions& options) {
  const int64_t begin_us = SystemClock().MonotonicMicros();
  if (!options.fresh) {
    const std::lock_guard lock(mutex_);
    const auto kept = kept_lists_.find(method);
    if (kept != kept_lists_.end() && begin_us < kept->second.until_us) return kept->second.items;
  }
  const int64_t deadline_us = begin_us + options.total.count() * 1000;
  json::Json items = json::Json::array();
  size_t bytes_left = options_.max_list_bytes;
  std::set<std::string> cursors;
  std::optional<std::string> cursor;
  std::optional<std::chrono::milliseconds> ttl = std::chrono::milliseconds::max();
  for (int page_number = 1;; ++page_number) {
    ASSIGN_OR_RETURN(ListPage page, ListOnePage(method, key, cursor, options, deadline_us,
                                                &bytes_left));
    for (json::Json& item : page.items) items.push_back(std::move(item));
    if (items.size() > options_.max_list_items) {
      return MakeError(ErrorCode::kResourceExhausted, "{} from the MCP server: more than {} items",
                       method, options_.max_list_items);
    }
    ttl = page.ttl && ttl ? std::optional(std::min(*page.ttl, *ttl)) : std::nullopt;
    cursor = std::move(page.next_cursor);
    if (!cursor) break;
    if (!cursors.insert(*cursor).second) {
      return MakeError(ErrorCode::kCorruptData,
                       "{} from the MCP server: the same cursor came twice", method);
    }
    if (page_number >= options_.max_pages) {
      return MakeError(ErrorCode::kResourceExhausted, "{} from the MCP server: more than {} pages",
                       method, options_.max_pages);
    }
  }
  const std::lock_guard lock(mutex_);
  // One client is one server and one authorization, so whom else it may be shown to is no question.
  if (agreement_.stateless && ttl && ttl->count() > 0) {
    kept_lists_[method] = {.items = items,
                           .until_us = SystemClock().MonotonicMicros() + ttl->count() * 1000};
  } else {
    kept_lists_.erase(method);
  }
  return items;
}

Result<ToolList> Client::ListTools(const CallOptions& options) {
  ASSIGN_OR_RETURN(json::Json items, List("tools/list", "tools", options));
  ToolList list;
  std::map<std::string, std::vector<HeaderParam>> header_params;
  for (json::Json& item : items) {
    std::string name = NameForReport(item);
    Result<ToolDescription> tool = ParseTool(std::move(item));
    if (!tool) {
      list.rejected.push_back({.name = std::move(name), .reason = tool.error().message});
    } else if (!header_params.emplace(tool->name, tool->header_params).second) {
      list.rejected.push_back({.name = std::move(name), .reason = "another tool has that name"});
    } else {
      list.tools.push_back(std::move(*tool));
    }
  }
  const std::lock_guard lock(mutex_);
  header_params_ = std::move(header_params);
  tools_listed_ = true;
  return list;
}

Result<std::vector<ResourceDescription>> Client::ListResources(const CallOptions& options) {
  ASSIGN_OR_RETURN(json::Json items, List("resources/list", "resources", options));
  return ParseAll<ResourceDescription>(std::move(items), [](json::Json item) {
    return ParseResource(std::move(item), "uri");
  });
}

Result<std::vector<ResourceDescription>> Client::ListResourceTemplates(
    const CallOptions& options) {
  ASSIGN_OR_RETURN(json::Json items,
                   List("resources/templates/list", "resourceTemplates", options));
  return ParseAll<ResourceDescription>(std::move(items), [](json::Json item) {
    return ParseResource(std::move(item), "uriTemplate");
  });
}

Result<std::vector<PromptDescription>> Client::ListPrompts(const CallOptions& options) {
  ASSIGN_OR_RETURN(json::Json items, List("prompts/list", "prompts", options));
  return ParseAll<PromptDescription>(std::move(items), ParsePrompt);
}

}  // namespace weir::mcp_client
