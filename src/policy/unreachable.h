#pragma once
// Rules that can never decide, because another one covers them. Pure; any thread.

#include <span>

#include "policy/call.h"
#include "policy/rule.h"

namespace weir::policy {

// Whether `cover` decides every call that `rule` matches, whatever the call: it is at least as
// strict, about no fewer calls, and each of its conditions follows from one of `rule`'s. Sound and
// not complete: false where it is not plain to see. Of two equally strict rules the first in the
// file decides, so `cover` must then stand before `rule`.
bool Covers(const Rule& cover, const Rule& rule, std::span<const KnownTool> known);

}  // namespace weir::policy
