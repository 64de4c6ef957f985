#pragma once
// From what servers list to what may be offered: definitions read, pins held against them, names
// given out, effects and paths decided. What is not offered says why.
//
// It starts nothing and reads no file. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/config.h"
#include "catalog/identity.h"
#include "catalog/pins.h"
#include "chat/message.h"
#include "json/json.h"
#include "policy/call.h"

namespace weir::catalog {

// What a running server says it has, and what it was started from.
struct ServerListing {
  std::string server;             // its key
  std::string program_hash;       // see catalog/program.h
  std::vector<json::Json> tools;  // of all pages of tools/list, as they came
  std::string instructions;       // of a stranger; may be empty
};

// Starts or reaches the server, asks it once and ends it. Filled by who can do that.
using ListServer = std::function<Result<ServerListing>(const ServerConfig& config)>;

// A stranger's tool that a person has accepted.
struct CatalogTool {
  ToolId id;
  // `name` is the display name; description and schema are cleaned for a model.
  chat::ToolDefinition definition;
  std::string title;                        // cleaned; may be empty
  std::string effect;                       // that counts, see catalog/claims.h
  std::string claimed_effect;               // that its annotations claim
  std::vector<std::string> arguments;       // every name, in the schema's order
  std::vector<std::string> path_arguments;  // those that must stay in the workspace
  json::Json input_schema;                  // as declared: what calls are checked against
  json::Json output_schema = nullptr;       // as declared, or null
  std::string pin_digest;                   // see PinDigest
};

// What a policy may refer to: by server and the tool's own name, never by the display name.
policy::KnownTool KnownToolOf(const CatalogTool& tool);

enum class Standing {
  kOffered,
  kQuarantined,  // waits for a person
  kRefused,      // can not be offered as it is
};

struct ToolReport {
  ToolId id;  // the name is as the server wrote it, whatever that is
  Standing standing = Standing::kRefused;
  PinState pin = PinState::kUnknownServer;
  std::string why;                  // one sentence; "" for kOffered
  std::optional<CatalogTool> tool;  // of kOffered
};

struct ListedServer {
  const ServerConfig* config = nullptr;    // borrowed
  const ServerListing* listing = nullptr;  // borrowed
};

class Catalog {
 public:
  // `builtin_tools` keep their names.
  explicit Catalog(std::span<const std::string> builtin_tools) : names_(builtin_tools) {}

  // What becomes of each listed tool, by server key and then in the server's order, for servers
  // that are all known at once; the result does not depend on their order. A later call adds to
  // the names that were given out. A listing of more than kMaxToolsOfServer tools offers none; a
  // name that a server lists twice is refused both times.
  std::vector<ToolReport> Add(std::vector<ListedServer> servers, const Pins& pins);

 private:
  DisplayNames names_;
};

// What is quarantined at `server`, for PinStore::SetWaiting.
std::map<std::string, std::string> WaitingAt(const std::string& server,
                                             std::span<const ToolReport> reports);

}  // namespace weir::catalog
