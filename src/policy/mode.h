#pragma once
// How much a run may do at all. A mode only tightens what the rules say. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/call.h"
#include "policy/decision.h"

namespace weir::policy {

// In the order in which they are applied.
enum class Mode {
  kSandboxedAuto,  // writes of built-in tools are left to the rules; deleting, the network and
                   // every MCP server are at least ask-typed
  kAsk,            // everything but reading and calculating asks at least
  kPlan,           // nothing but reading and calculating runs
  kLocked,         // only what a rule of the file allows runs; nothing asks
};

// "sandboxed-auto", "ask", "plan", "locked".
std::string_view ModeName(Mode mode);
std::optional<Mode> ModeFromName(std::string_view name);
const std::vector<std::string>& ModeNames();

// The loosest verdict that `mode` leaves to the call. For kLocked kAllow: what it denies depends on
// which rule decided (policy.cc). A tool of an MCP server counts as acting, whatever it says.
Verdict LoosestVerdict(Mode mode, const ProposedCall& call);

// Why the mode made a verdict stricter, one sentence for a person.
std::string ModeReason(Mode mode);

}  // namespace weir::policy
