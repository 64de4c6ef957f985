#pragma once
// Who a tool is, and what it is called in front of a model.
//
// A tool is the pair of its server's key and its own name, everywhere: routing, policy, pins,
// audit. The pair is never joined into one text and taken apart again. What the model sees is a
// display name, which is given out here and only looked up (never parsed) afterwards.

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::catalog {

struct ToolId {
  std::string server;  // "builtin", or NAME of [mcp.NAME] in weir.toml
  std::string tool;    // as the server itself calls it

  auto operator<=>(const ToolId&) const = default;
};

// "'search' of MCP server 'web'", for messages.
std::string Describe(const ToolId& id);

// The protocol's rule: 1 to 128 of A-Z a-z 0-9 _ - . /. The error says what breaks it. Pure.
Status CheckToolName(std::string_view name);

// The key of a server: 1 to 64 of A-Z a-z 0-9 _ -, and not "builtin". Pure.
Status CheckServerKey(std::string_view key);

// Two names with the same skeleton can be taken for each other by a person or a model: case,
// separators (- _ . / and blanks), accents, full-width forms, look-alike letters of Cyrillic and
// Greek, zero-width characters, 0 and O, 1 and l and I make no difference to it. Pure.
std::string Skeleton(std::string_view name);

// Gives out display names: a tool's own name where only one server has it, else SERVER__TOOL. A
// name that could be taken for another one is given to nobody. What was given out stays. One
// thread.
class DisplayNames {
 public:
  explicit DisplayNames(std::span<const std::string> builtin_tools);

  struct Claim {
    ToolId id;
    int64_t pinned_us = 0;  // who was pinned longer comes first
  };

  // One name or error a claim, in the order of the claims. The result does not depend on that
  // order. Errors name both owners: kInvalidArgument for a name outside the protocol,
  // kPermissionDenied for one that can be confused or is listed twice.
  std::vector<Result<std::string>> Assign(std::span<const Claim> claims);

 private:
  struct Holder {
    std::string name;
    ToolId id;
  };

  Result<std::string> AssignOne(const ToolId& id, bool is_shared);

  std::map<std::string, Holder> own_names_;  // by the skeleton of the tool's own name
  std::map<std::string, Holder> displayed_;  // by the skeleton of the display name
  std::map<ToolId, std::string> given_;      // display names
};

}  // namespace weir::catalog
