#pragma once
// JSON-RPC 2.0 as MCP uses it: one message a text, no batches, ids that are strings or whole
// numbers.
//
// A message is checked for its form once, here; who reads one can trust it. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "json/json.h"

namespace weir::mcp {

// Ids are compared as JSON values are: 1 and "1" are two.
using RequestId = std::variant<int64_t, std::string>;

json::Json ToJson(const RequestId& id);
// Empty for anything but a string of at most 256 bytes or a whole number within 2^53.
std::optional<RequestId> RequestIdFromJson(const json::Json& value);
// For logs and errors: 7, "a".
std::string ToString(const RequestId& id);

namespace error_code {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingClientCapability = -32021;
inline constexpr int kUnsupportedProtocolVersion = -32022;
// Of revisions before 2026-07-28; read, never sent there.
inline constexpr int kLegacyResourceNotFound = -32002;
inline constexpr int kLegacyUrlElicitationRequired = -32042;
}  // namespace error_code

struct RpcError {
  int code = error_code::kInternalError;
  std::string message;
  json::Json data = nullptr;  // null: none

  bool operator==(const RpcError&) const = default;
};

struct Request {
  RequestId id;
  std::string method;
  json::Json params = nullptr;  // an object, or null when there are none
};

struct Notification {
  std::string method;
  json::Json params = nullptr;  // likewise
};

struct Response {
  std::optional<RequestId> id;  // empty: the peer could not tell the request's (JSON null)
  std::variant<json::Json, RpcError> outcome;  // result (an object) or error

  bool ok() const { return outcome.index() == 0; }
  const json::Json& result() const { return std::get<json::Json>(outcome); }
  const RpcError& error() const { return std::get<RpcError>(outcome); }
};

using Message = std::variant<Request, Notification, Response>;

struct MessageLimits {
  size_t max_bytes = 16u << 20;
  int max_depth = 64;
  // Of memory that the parsed message takes, counted as its text and 96 bytes a value: many small
  // values take far more than their text.
  size_t max_memory_bytes = 20u << 20;
};

// One message. Errors: what json::Parse says, and kInvalidArgument for JSON that is no message
// (a batch, a wrong "jsonrpc", an id that is no id, both result and error, params or result that are
// no object, ...), with what was expected and found.
Result<Message> ParseMessage(std::string_view text, const MessageLimits& limits = {});
Result<Message> MessageFromJson(json::Json value);

json::Json ToJson(const Message& message);
// Compact, without line ends, so that it is one line of the stdio transport.
std::string ToLine(const Message& message);

}  // namespace weir::mcp
