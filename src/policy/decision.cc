#include "policy/decision.h"

namespace weir::policy {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return "allow";
    case Verdict::kAsk:
      return "ask";
    case Verdict::kDeny:
      return "deny";
  }
  return "deny";
}

Verdict Strictest(Verdict a, Verdict b) { return a > b ? a : b; }

}  // namespace weir::policy
