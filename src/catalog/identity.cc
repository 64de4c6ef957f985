#include "catalog/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/printable.h"
#include "policy/call.h"

namespace weir::catalog {
namespace {

constexpr size_t kMaxToolNameBytes = 128;
constexpr size_t kMaxServerKeyBytes = 64;
constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool IsOneOf(char c, std::string_view more) {
  return kLettersAndDigits.find(c) != std::string_view::npos ||
         more.find(c) != std::string_view::npos;
}

Status CheckCharacters(std::string_view what, std::string_view text, size_t max_bytes,
                       std::string_view more) {
  if (text.empty()) return MakeError(ErrorCode::kInvalidArgument, "{} is empty", what);
  if (text.size() > max_bytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{} '{}' has {} characters; at most {} are possible", what, Printable(text),
                     text.size(), max_bytes);
  }
  const auto bad =
      std::find_if_not(text.begin(), text.end(), [&](char c) { return IsOneOf(c, more); });
  if (bad == text.end()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "{} '{}' has a character that is not allowed at byte {}; expected letters, "
                   "digits and {}",
                   what, Printable(text), bad - text.begin() + 1, more);
}

}  // namespace

std::string Describe(const ToolId& id) {
  if (id.server == policy::kBuiltinServer) return fmt::format("the built-in '{}'", id.tool);
  return fmt::format("'{}' of MCP server '{}'", Printable(id.tool), Printable(id.server));
}

Status CheckToolName(std::string_view name) {
  return CheckCharacters("the tool name", name, kMaxToolNameBytes, "_-./");
}

Status CheckServerKey(std::string_view key) {
  RETURN_IF_ERROR(CheckCharacters("the server's name", key, kMaxServerKeyBytes, "_-"));
  if (Skeleton(key) != Skeleton(policy::kBuiltinServer)) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "the server's name '{}' stands for Weir's own tools; choose another", key);
}

DisplayNames::DisplayNames(std::span<const std::string> builtin_tools) {
  for (const std::string& name : builtin_tools) {
    const ToolId id{std::string(policy::kBuiltinServer), name};
    own_names_.try_emplace(Skeleton(name), Holder{name, id});
    displayed_.try_emplace(Skeleton(name), Holder{name, id});
    given_.try_emplace(id, name);
  }
}

std::vector<Result<std::string>> DisplayNames::Assign(std::span<const Claim> claims) {
  std::vector<size_t> order(claims.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(claims[a].pinned_us, claims[a].id) <
           std::tie(claims[b].pinned_us, claims[b].id);
  });
  std::map<std::string_view, int> n_claims;
  for (const Claim& claim : claims) ++n_claims[claim.id.tool];
  std::vector<Result<std::string>> names(claims.size(), Result<std::string>(""));
  for (const size_t i : order) {
    names[i] = AssignOne(claims[i].id, n_claims[claims[i].id.tool] > 1);
  }
  return names;
}

Result<std::string> DisplayNames::AssignOne(const ToolId& id, bool is_shared) {
  if (given_.contains(id)) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "{} is listed twice, so it is not clear which one is meant", Describe(id));
  }
  const std::string own = Skeleton(id.tool);
  const auto other = own_names_.find(own);
  const bool is_taken = other != own_names_.end();
  if (is_taken && other->second.name != id.tool) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "{} can be taken for {} and is not offered; rename it in the server, or "
                     "remove one of the two",
                     Describe(id), Describe(other->second.id));
  }
  RETURN_IF_ERROR(CheckToolName(id.tool));
  std::string display = is_shared || is_taken ? id.server + "__" + id.tool : id.tool;
  if (display.size() > kMaxToolNameBytes) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "{} would be shown as a name of {} characters, at most {} are possible; give "
                     "the server a shorter name",
                     Describe(id), display.size(), kMaxToolNameBytes);
  }
  const auto [holder, is_new] = displayed_.try_emplace(Skeleton(display), Holder{display, id});
  if (!is_new) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "{} would be shown as '{}', which can be taken for '{}', the name of {}; it "
                     "is not offered. Give its server another name",
                     Describe(id), display, holder->second.name, Describe(holder->second.id));
  }
  own_names_.try_emplace(own, Holder{id.tool, id});
  given_.emplace(id, display);
  return display;
}

}  // namespace weir::catalog
