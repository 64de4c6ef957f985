#include "policy/mode.h"

#include <algorithm>

namespace weir::policy {

const std::vector<std::string>& ModeNames() {
  static const std::vector<std::string> names = {"sandboxed-auto", "ask", "plan", "locked"};
  return names;
}

std::string_view ModeName(Mode mode) { return ModeNames()[static_cast<size_t>(mode)]; }

std::optional<Mode> ModeFromName(std::string_view name) {
  const auto found = std::find(ModeNames().begin(), ModeNames().end(), name);
  if (found == ModeNames().end()) return std::nullopt;
  return static_cast<Mode>(found - ModeNames().begin());
}

Verdict LoosestVerdict(Mode mode, const ProposedCall& call) {
  const bool is_ours = call.server == kBuiltinServer;
  if (is_ours && (call.effect == "none" || call.effect == "read")) return Verdict::kAllow;
  switch (mode) {
    case Mode::kSandboxedAuto:
      return is_ours && call.effect == "write" ? Verdict::kAllow : Verdict::kAskTyped;
    case Mode::kAsk:
      return Verdict::kAsk;
    case Mode::kPlan:
      return Verdict::kDeny;
    case Mode::kLocked:
      return Verdict::kAllow;
  }
  return Verdict::kDeny;
}

std::string ModeReason(Mode mode) {
  switch (mode) {
    case Mode::kSandboxedAuto:
      return "in mode 'sandboxed-auto' deleting, the network and MCP servers need a typed yes";
    case Mode::kAsk:
      return "in mode 'ask' everything but reading and calculating is asked";
    case Mode::kPlan:
      return "in mode 'plan' nothing but reading and calculating runs";
    case Mode::kLocked:
      return "in mode 'locked' only what a rule of the file allows runs, and nothing is asked";
  }
  return "";
}

}  // namespace weir::policy
