#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catalog/claims.h"
#include "catalog/definition.h"
#include "catalog/untrusted.h"

namespace weir::catalog {
namespace {

// A report and what is needed to make a tool of it once it has a name.
struct Draft {
  ToolReport report;
  const ServerConfig* config = nullptr;
  std::optional<Definition> definition;
  const Pin* pin = nullptr;
};

std::string NameIn(const json::Json& tool) {
  if (!tool.is_object()) return "";
  const auto name = tool.find("name");
  return name == tool.end() || !name->is_string() ? "" : name->get<std::string>();
}

Draft Refused(const ListedServer& server, const json::Json& tool, std::string why) {
  Draft draft;
  draft.config = server.config;
  draft.report.id = {server.config->name, NameIn(tool)};
  draft.report.why = std::move(why);
  return draft;
}

// Everything but the name.
Draft ReadTool(const ListedServer& server, const json::Json& tool, const Pins& pins) {
  Result<Definition> definition = ReadDefinition(tool);
  if (!definition) return Refused(server, tool, definition.error().message);
  Draft draft = Refused(server, tool, "");
  const std::string& key = server.config->name;
  draft.report.pin = StateOf(pins, key, server.listing->program_hash, *definition);
  draft.report.why = PinReason(draft.report.pin, draft.report.id);
  draft.report.standing = draft.report.pin == PinState::kPinned ? Standing::kOffered  //
                                                                : Standing::kQuarantined;
  draft.pin = pins.Find(draft.report.id);
  draft.definition = std::move(*definition);
  return draft;
}

std::vector<Draft> ReadServer(const ListedServer& server, const Pins& pins) {
  std::vector<Draft> drafts;
  const std::vector<json::Json>& tools = server.listing->tools;
  std::map<std::string, int> n_listed;
  for (const json::Json& tool : tools) ++n_listed[NameIn(tool)];
  for (const json::Json& tool : tools) {
    if (tools.size() > kMaxToolsOfServer) {
      drafts.push_back(Refused(
          server, tool,
          fmt::format("MCP server '{}' lists {} tools, at most {} are taken, so none is offered",
                      server.config->name, tools.size(), kMaxToolsOfServer)));
    } else if (n_listed[NameIn(tool)] > 1) {
      drafts.push_back(Refused(server, tool,
                               fmt::format("MCP server '{}' lists this name {} times, so it is not "
                                           "clear which tool is meant",
                                           server.config->name, n_listed[NameIn(tool)])));
    } else {
      drafts.push_back(ReadTool(server, tool, pins));
    }
  }
  return drafts;
}

CatalogTool MakeTool(const Draft& draft, std::string display_name) {
  const Definition& from = *draft.definition;
  CatalogTool tool;
  tool.id = draft.report.id;
  tool.definition.name = std::move(display_name);
  tool.definition.description = CleanForModel(from.description, kMaxDescriptionBytes);
  tool.definition.parameters = CleanSchema(from.input_schema);
  tool.title = CleanForModel(from.title, kMaxDescriptionBytes);
  tool.effect = EffectOf(from, *draft.config);
  tool.claimed_effect = ClaimedEffect(ReadClaims(from.annotations));
  tool.arguments = ArgumentNames(from.input_schema);
  tool.path_arguments = PathArguments(from, *draft.config);
  tool.input_schema = from.input_schema;
  tool.output_schema = from.output_schema;
  tool.pin_digest = PinDigest(draft.pin->definition, draft.pin->program);
  return tool;
}

}  // namespace

policy::KnownTool KnownToolOf(const CatalogTool& tool) {
  return {.server = tool.id.server,
          .name = tool.id.tool,
          .effect = tool.effect,
          .arguments = tool.arguments,
          .path_arguments = tool.path_arguments,
          .parameters = tool.input_schema};
}

std::vector<ToolReport> Catalog::Add(std::vector<ListedServer> servers, const Pins& pins) {
  std::stable_sort(
      servers.begin(), servers.end(),
      [](const ListedServer& a, const ListedServer& b) { return a.config->name < b.config->name; });
  std::vector<Draft> drafts;
  for (const ListedServer& server : servers) {
    std::vector<Draft> read = ReadServer(server, pins);
    std::move(read.begin(), read.end(), std::back_inserter(drafts));
  }
  std::vector<DisplayNames::Claim> claims;
  std::vector<Draft*> claimants;
  for (Draft& draft : drafts) {
    if (draft.report.standing != Standing::kOffered) continue;
    claims.push_back({draft.report.id, draft.pin->pinned_us});
    claimants.push_back(&draft);
  }
  std::vector<Result<std::string>> names = names_.Assign(claims);
  for (size_t i = 0; i < claimants.size(); ++i) {
    ToolReport& report = claimants[i]->report;
    if (names[i]) {
      report.tool = MakeTool(*claimants[i], std::move(*names[i]));
    } else {
      report.standing = Standing::kRefused;
      report.why = names[i].error().message;
    }
  }
  std::vector<ToolReport> reports;
  reports.reserve(drafts.size());
  for (Draft& draft : drafts) reports.push_back(std::move(draft.report));
  return reports;
}

std::map<std::string, std::string> WaitingAt(const std::string& server,
                                             std::span<const ToolReport> reports) {
  std::map<std::string, std::string> waiting;
  for (const ToolReport& report : reports) {
    if (report.id.server == server && report.standing == Standing::kQuarantined) {
      waiting[report.id.tool] = report.why;
    }
  }
  return waiting;
}

}  // namespace weir::catalog
