#pragma once
// A call as people and files write it. Used by examples, `weir policy explain`, `test` and
// `replay`.
//
//   {"tool": NAME, "server": NAME, "arguments": {...},
//    "origins": {PLACE: ORIGIN or [ORIGIN, ...]}, "calls": N, "confidence": 0..1, "time": "HH:MM"}
//
// Only the tool is required. Pure; any thread.

#include <span>

#include "base/result.h"
#include "json/json.h"
#include "policy/call.h"

namespace weir::policy {

// Effect and paths come from `known`; a tool that is not there stays without an effect, and policy
// denies it. Without "server" it is the built-in tool of that name, else the only one. Error
// kInvalidArgument: an unknown key or a value of another form, with the nearest name.
Result<ProposedCall> CallFromJson(const json::Json& object, std::span<const KnownTool> known);

// Adds the facts "origins", "calls", "confidence" and "time" of the object to the call.
Status AddFacts(const json::Json& object, ProposedCall* call);

}  // namespace weir::policy
