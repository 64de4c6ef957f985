#pragma once
// What `weir tools pin` shows a person and then pins: exactly the same definitions. Pure; any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/definition.h"
#include "catalog/pins.h"

namespace weir::catalog {

struct PinPlan {
  struct Change {
    std::string tool;
    PinState state = PinState::kNewTool;
    std::string difference;  // for a person, escaped; see PinDifference
  };
  struct Refusal {
    std::string tool;  // escaped
    std::string why;
  };

  std::vector<Definition> definitions;  // what a yes pins
  std::vector<Change> changes;          // of them, those that are not pinned as they are
  std::vector<Refusal> refused;         // listed, and can not be pinned
  std::vector<std::string> gone;        // pinned, and not listed any more
  // SHA-256 (hex) over everything that a yes would pin: who has seen this has seen that.
  std::string digest;
};

// For the whole listing, or with `tool` for that one alone. Error kNotFound when the server does
// not list it, kResourceExhausted when it lists too many.
Result<PinPlan> PlanPins(const Pins& pins, const ServerListing& listing, std::string_view tool);

// The tools that are pinned, as if every server listed exactly them: what can be said of a
// catalogue without starting anything. Servers without a configuration are left out.
std::vector<ToolReport> PinnedTools(std::span<const std::string> builtin_tools,
                                    const std::vector<ServerConfig>& servers, const Pins& pins);

}  // namespace weir::catalog
