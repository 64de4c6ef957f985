#pragma once
// The text of credentials.json (docs/formats/credentials.md). Pure; any thread.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "oauth/credentials.h"

namespace weir::oauth {

struct CredentialDocument {
  std::map<std::string, Client> clients;  // by issuer
  std::map<std::string, Tokens> tokens;   // by URL of the MCP server

  bool operator==(const CredentialDocument&) const = default;
};

inline constexpr size_t kMaxCredentialBytes = 1u << 20;

std::string CredentialText(const CredentialDocument& document);

// Error kCorruptData: anything but what the page says. No message holds a value.
Result<CredentialDocument> ParseCredentials(std::string_view text);

}  // namespace weir::oauth
