// `weir tools pin`: a person sees what a server's tools say of themselves, and accepts exactly
// that.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "app/escape.h"
#include "app/mcp_servers.h"
#include "app/mcp_tool_commands.h"
#include "base/clock.h"
#include "catalog/command_line.h"
#include "catalog/pin_plan.h"

namespace weir::app {
namespace {

std::string_view StateWord(catalog::PinState state) {
  switch (state) {
    case catalog::PinState::kPinned:
      return "accepted";
    case catalog::PinState::kUnknownServer:
    case catalog::PinState::kNewTool:
      return "new";
    case catalog::PinState::kChanged:
      return "CHANGED since you accepted it";
    case catalog::PinState::kProgramChanged:
      return "the same, from a CHANGED program";
  }
  return "unknown";
}

json::Json PlanJson(const std::string& server, const catalog::PinPlan& plan, bool pinned) {
  json::Json changes = json::Json::array();
  for (const catalog::PinPlan::Change& change : plan.changes) {
    changes.push_back({{"tool", change.tool},
                       {"state", StateWord(change.state)},
                       {"difference", change.difference}});
  }
  json::Json refused = json::Json::array();
  for (const catalog::PinPlan::Refusal& one : plan.refused) {
    refused.push_back({{"tool", one.tool}, {"why", one.why}});
  }
  return {{"server", server},  {"changes", changes},    {"refused", refused},
          {"gone", plan.gone}, {"digest", plan.digest}, {"tools", plan.definitions.size()},
          {"pinned", pinned}};
}

void PrintPlan(const catalog::PinPlan& plan) {
  for (const catalog::PinPlan::Change& change : plan.changes) {
    fmt::print("== {}: {}\n{}\n", change.tool, StateWord(change.state), change.difference);
  }
  for (const catalog::PinPlan::Refusal& one : plan.refused) {
    PutWrapped(fmt::format("== {}: can not be offered: {}", one.tool, EscapeForTerminal(one.why)),
               3);
  }
  for (const std::string& name : plan.gone) {
    fmt::print("== {}: no longer listed, its pin is dropped\n", EscapeForTerminal(name));
  }
}

// Whether the plan is accepted: by the digest of what was shown before, or by a person now.
Result<bool> IsAccepted(const Settings& settings, const PinRequest& request,
                        const catalog::PinPlan& plan, Interrupt& interrupt) {
  if (!request.seen.empty()) {
    if (request.seen == plan.digest) return true;
    return MakeError(ErrorCode::kPermissionDenied,
                     "what the server lists now has the digest {}, not {}; look at it again. "
                     "Nothing was pinned",
                     plan.digest, EscapeForTerminal(request.seen));
  }
  if (settings.json || ::isatty(0) == 0) return false;
  fmt::print("Accept {} of MCP server '{}' exactly as shown? [y/N] ",
             request.tool.empty() ? fmt::format("all {} tools", plan.definitions.size())
                                  : "'" + request.tool + "'",
             request.server);
  std::fflush(stdout);
  const std::optional<std::string> answer = ReadLine(0, interrupt.token());
  if (!answer) std::puts("");
  return answer && (*answer == "y" || *answer == "yes");
}

// The listing of the running server.
Result<catalog::ServerListing> ListingOf(const std::string& server,
                                         const catalog::ListServer& list_server) {
  ASSIGN_OR_RETURN(const catalog::ServerConfig config, FindServer(server));
  if (!list_server) {
    return MakeError(ErrorCode::kUnsupported,
                     "MCP server '{}' can not be started in this build, so its tools can not be "
                     "seen; nothing was pinned",
                     server);
  }
  ASSIGN_OR_RETURN(catalog::ServerListing listing, list_server(config));
  listing.server = config.name;
  return listing;
}

}  // namespace

int PinMcpTools(const Settings& settings, const PinRequest& request,
                const catalog::ListServer& list_server, Interrupt& interrupt) {
  Result<catalog::PinStore> store = PinsOf(settings);
  if (!store) return Complain(settings, store.error());
  const Result<catalog::Pins> pins = store->Load();
  if (!pins) return Complain(settings, pins.error());
  const Result<catalog::ServerListing> listing = ListingOf(request.server, list_server);
  if (!listing) return Complain(settings, listing.error(), interrupt);
  const Result<catalog::PinPlan> plan = catalog::PlanPins(*pins, *listing, request.tool);
  if (!plan) return Complain(settings, plan.error());
  const bool has_news = !plan->changes.empty() || !plan->gone.empty();
  if (!settings.json) PrintPlan(*plan);
  Result<bool> accepted = has_news ? IsAccepted(settings, request, *plan, interrupt) : true;
  if (!accepted) return Complain(settings, accepted.error());
  if (*accepted && has_news) {
    const Status kept = store->Accept(request.server, listing->program_hash, plan->definitions,
                                      request.tool.empty(), SystemClock().UnixMicros());
    if (!kept) return Complain(settings, kept.error());
  }
  if (!has_news && request.tool.empty()) {
    // What a run had put aside is again as it was accepted.
    const Status kept = store->SetWaiting(request.server, {}, SystemClock().UnixMicros());
    if (!kept) return Complain(settings, kept.error());
  }
  if (settings.json) {
    std::puts(json::Dump(PlanJson(request.server, *plan, *accepted)).c_str());
  } else if (!has_news) {
    std::puts("Nothing has changed since it was accepted.");
  } else if (*accepted) {
    fmt::print("Accepted: {} tools of MCP server '{}'.\n", plan->definitions.size(),
               request.server);
  } else {
    std::puts("Nothing was pinned. To accept exactly this without a question:");
    fmt::print("  weir tools pin {}{} \\\n    --seen {}\n", request.server,
               request.tool.empty() ? "" : " " + request.tool, plan->digest);
  }
  return *accepted ? kExitOk : kExitDenied;
}

}  // namespace weir::app
