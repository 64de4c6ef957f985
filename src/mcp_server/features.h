#pragma once
// What an MCP server offers, as interfaces, and what a feature may do while it serves a request.
//
// Features know neither transport nor era. Where one needs something of the client (elicitation,
// sampling, roots) it calls RequestContext::Ask; in the handshake era that is a request to the
// client in the middle of the call, in a task it waits for tasks/update. In the stateless era
// nothing can be asked in the middle: there a feature returns InputRequired and is called anew with
// the answers. Features are called by several threads at once and outlive the server.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "json/json.h"
#include "mcp/json_rpc.h"

namespace weir::mcp_server {

enum class Era { kHandshake, kStateless };

class RequestContext {
 public:
  virtual ~RequestContext() = default;

  virtual Era era() const = 0;
  // As the client declared them; an object.
  virtual const json::Json& client_capabilities() const = 0;
  bool ClientCan(std::string_view capability) const {
    return client_capabilities().contains(capability);
  }
  // Who calls, for binding and recording: "session NAME", "token", "stdio", ... Never a secret.
  virtual const std::string& principal() const = 0;
  // Fires when nobody waits for the result any more. Work should end soon then.
  virtual const std::stop_token& stop() const = 0;

  // Sent when the request asked for it; `progress` must rise. Otherwise nothing happens.
  virtual void Progress(double progress, std::optional<double> total, std::string_view text) = 0;
  // A log message, when the client wants messages of that level. `level` as RFC 5424 names them.
  virtual void Log(std::string_view level, json::Json data) = 0;

  // Asks the client and waits; several requests at once are `AskAll`, answered by the same keys.
  // Errors: kUnsupported where nothing can be asked (stateless era outside of tasks) or the client
  // lacks the capability, kInvalidArgument when the client answered with an error,
  // kDeadlineExceeded, kCancelled.
  virtual Result<std::map<std::string, json::Json>> AskAll(
      std::map<std::string, json::Json> requests) = 0;
  Result<json::Json> Ask(const std::string& method, json::Json params);

  // Stateless era: what the client answered to the InputRequired of the round before, by key; and
  // the state that it was given then (null when there is none). The state comes back untouched or
  // the request is refused before the feature sees it.
  virtual const json::Json& input_responses() const = 0;
  virtual const json::Json& state() const = 0;

  // Handshake era over HTTP: ends the stream that the client reads now; it fetches the result by
  // reconnecting. Elsewhere nothing happens.
  virtual void CloseStream() = 0;
};

// Stateless era: the request can not be finished without these answers. `requests` by key, each
// {"method": ..., "params": ...}; `state` comes back with the answers (null: none).
struct InputRequired {
  json::Json requests = json::Json::object();
  json::Json state = nullptr;
};

struct Background;

// What a feature makes of a request: the members of the result, a need for input, work that goes on
// as a task, or an error of the protocol (an error of a tool is a result with isError).
using Outcome = std::variant<json::Json, InputRequired, Background, mcp::RpcError>;

// Becomes a task when the client knows tasks; otherwise it runs while the client waits.
struct Background {
  // Returns the result or an error; called once, perhaps on another thread.
  std::function<Outcome(RequestContext&)> work;
  bool needs_task = false;  // a client without tasks gets an error instead
};

mcp::RpcError InvalidParams(std::string message, json::Json data = nullptr);
// -32021 with {"requiredCapabilities": required}, `required` such as {"sampling": {}}.
mcp::RpcError MissingCapability(json::Json required);
// A tool result of one text.
json::Json TextResult(std::string text, bool is_error = false);

class Tools {
 public:
  virtual ~Tools() = default;
  virtual json::Json List() = 0;  // an array of tool definitions, always in the same order
  virtual bool list_changes() const { return false; }
  // `name` is one of the list; `arguments` is an object.
  virtual Outcome Call(const std::string& name, const json::Json& arguments,
                       RequestContext& context) = 0;
};

class Resources {
 public:
  virtual ~Resources() = default;
  virtual json::Json List() = 0;
  virtual json::Json Templates() = 0;
  virtual bool can_subscribe() const { return false; }
  // Nothing for a URI that is no resource.
  virtual std::optional<Outcome> Read(const std::string& uri, RequestContext& context) = 0;
};

class Prompts {
 public:
  virtual ~Prompts() = default;
  virtual json::Json List() = 0;
  virtual bool list_changes() const { return false; }
  // `name` is one of the list; `arguments` is an object of texts with every required one.
  virtual Outcome Get(const std::string& name, const json::Json& arguments,
                      RequestContext& context) = 0;
};

class Completion {
 public:
  virtual ~Completion() = default;
  // At most 100 values for `argument` of the prompt or template `ref`.
  virtual Outcome Complete(const json::Json& ref, const std::string& argument,
                           const std::string& value) = 0;
};

// What a server consists of. Borrowed; null: not offered.
struct Features {
  std::string name;
  std::string version;
  std::string instructions{};
  Tools* tools = nullptr;
  Resources* resources = nullptr;
  Prompts* prompts = nullptr;
  Completion* completion = nullptr;
  bool logging = false;
  bool tasks = false;
};

}  // namespace weir::mcp_server
