#include "policy/decision.h"

#include <array>
#include <cstddef>

namespace weir::policy {
namespace {

// In the order of the enumerators.
constexpr auto kVerdictNames =
    std::to_array<std::string_view>({"allow", "ask", "preview", "ask-typed", "deny"});

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  const auto index = static_cast<size_t>(verdict);
  return index < kVerdictNames.size() ? kVerdictNames[index] : "deny";
}

std::optional<Verdict> VerdictFromName(std::string_view name) {
  for (size_t i = 0; i < kVerdictNames.size(); ++i) {
    if (kVerdictNames[i] == name) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

Verdict Strictest(Verdict a, Verdict b) { return a > b ? a : b; }

bool NeedsPerson(Verdict verdict) { return verdict > Verdict::kAllow && verdict < Verdict::kDeny; }

}  // namespace weir::policy
