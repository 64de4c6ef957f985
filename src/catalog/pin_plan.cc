#include "catalog/pin_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/crypto.h"
#include "base/printable.h"
#include "catalog/untrusted.h"

namespace weir::catalog {
namespace {

std::string ListedName(const json::Json& tool) {
  if (!tool.is_object() || !tool.contains("name") || !tool["name"].is_string()) return "";
  return tool["name"].get<std::string>();
}

// Of {server, program, the digest of each definition in the order of their names}.
Result<std::string> DigestOfPlan(const ServerListing& listing,
                                 const std::vector<Definition>& definitions) {
  std::map<std::string, std::string> digests;
  for (const Definition& definition : definitions) {
    ASSIGN_OR_RETURN(const std::string canonical, CanonicalDefinition(definition));
    digests[definition.name] = PinDigest(canonical, listing.program_hash);
  }
  ASSIGN_OR_RETURN(const std::string form, json::Canonical({{"server", listing.server},
                                                            {"program", listing.program_hash},
                                                            {"tools", digests}}));
  return Sha256Hex(form);
}

}  // namespace

Result<PinPlan> PlanPins(const Pins& pins, const ServerListing& listing, std::string_view tool) {
  if (listing.tools.size() > kMaxToolsOfServer) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "MCP server '{}' lists {} tools, at most {} are taken; give it fewer by its "
                     "own options",
                     listing.server, listing.tools.size(), kMaxToolsOfServer);
  }
  std::map<std::string, int> n_listed;
  for (const json::Json& one : listing.tools) ++n_listed[ListedName(one)];
  if (!tool.empty() && !n_listed.contains(std::string(tool))) {
    return MakeError(ErrorCode::kNotFound, "MCP server '{}' lists no tool '{}'", listing.server,
                     Printable(tool));
  }
  PinPlan plan;
  for (const json::Json& one : listing.tools) {
    const std::string name = ListedName(one);
    if (!tool.empty() && name != tool) continue;
    Result<Definition> definition = ReadDefinition(one);
    if (!definition) {
      plan.refused.push_back({Visible(name), definition.error().message});
    } else if (n_listed[name] > 1) {
      plan.refused.push_back({Visible(name), fmt::format("it is listed {} times", n_listed[name])});
    } else {
      const PinState state = StateOf(pins, listing.server, listing.program_hash, *definition);
      if (state != PinState::kPinned) {
        plan.changes.push_back(
            {name, state, PinDifference(pins, listing.server, listing.program_hash, *definition)});
      }
      plan.definitions.push_back(std::move(*definition));
    }
  }
  const auto known = pins.servers.find(listing.server);
  if (tool.empty() && known != pins.servers.end()) {
    for (const auto& [name, pin] : known->second.tools) {
      if (!n_listed.contains(name)) plan.gone.push_back(name);
    }
  }
  ASSIGN_OR_RETURN(plan.digest, DigestOfPlan(listing, plan.definitions));
  return plan;
}

std::vector<ToolReport> PinnedTools(std::span<const std::string> builtin_tools,
                                    const std::vector<ServerConfig>& servers, const Pins& pins) {
  // One listing for each program that tools of a server are pinned to.
  std::vector<std::pair<const ServerConfig*, ServerListing>> listings;
  for (const ServerConfig& config : servers) {
    const auto known = pins.servers.find(config.name);
    if (known == pins.servers.end()) continue;
    std::map<std::string, ServerListing> by_program;
    for (const auto& [name, pin] : known->second.tools) {
      ServerListing& listing = by_program[pin.program];
      listing.server = config.name;
      listing.program_hash = pin.program;
      if (Result<json::Json> tool = json::Parse(pin.definition)) {
        listing.tools.push_back(std::move(*tool));
      }
    }
    for (auto& [program, listing] : by_program) listings.emplace_back(&config, std::move(listing));
  }
  std::vector<ListedServer> listed;
  listed.reserve(listings.size());
  for (const auto& [config, listing] : listings) listed.push_back({config, &listing});
  return Catalog(builtin_tools).Add(std::move(listed), pins);
}

}  // namespace weir::catalog
