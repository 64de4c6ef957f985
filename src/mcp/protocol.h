#pragma once
// Names that both ends of MCP use: revisions, methods, `_meta` keys, headers.
//
// Revisions up to 2025-11-25 are the handshake era (`initialize`, sessions); 2026-07-28 is the
// stateless era (every request carries its version and capabilities). Weir speaks both, as client
// and as server.

#include <array>
#include <string_view>

namespace weir::mcp {

inline constexpr std::string_view kStatelessVersion = "2026-07-28";
// Newest first.
inline constexpr std::array<std::string_view, 4> kHandshakeVersions = {"2025-11-25", "2025-06-18",
                                                                       "2025-03-26", "2024-11-05"};
inline constexpr std::string_view kLatestHandshakeVersion = kHandshakeVersions[0];

inline bool IsHandshakeVersion(std::string_view version) {
  for (const std::string_view known : kHandshakeVersions) {
    if (known == version) return true;
  }
  return false;
}

// Keys of `_meta`.
inline constexpr std::string_view kMetaProtocolVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kMetaClientCapabilities =
    "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kMetaClientInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kMetaSubscriptionId = "io.modelcontextprotocol/subscriptionId";

// Headers of Streamable HTTP.
inline constexpr std::string_view kHeaderProtocolVersion = "MCP-Protocol-Version";
inline constexpr std::string_view kHeaderSessionId = "Mcp-Session-Id";
inline constexpr std::string_view kHeaderMethod = "Mcp-Method";
inline constexpr std::string_view kHeaderName = "Mcp-Name";
inline constexpr std::string_view kHeaderParamPrefix = "Mcp-Param-";
inline constexpr std::string_view kHeaderLastEventId = "Last-Event-ID";

inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";

}  // namespace weir::mcp
