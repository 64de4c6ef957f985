#pragma once
// What a server may ask of its client, and what it tells on its own. By default everything is
// declined and nothing is declared, so a server knows not to ask.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "mcp_client/elicitation.h"

namespace weir::mcp_client {

struct Root {
  std::string uri;   // file://...
  std::string name;  // empty: none
};

// What is declared to the server. Nothing undeclared reaches a handler.
struct HandlerSupport {
  bool elicitation_form = false;
  bool elicitation_url = false;
  bool sampling = false;
  bool roots = false;
};

enum class ListKind { kTools, kResources, kPrompts };

struct LogMessage {
  std::string level;
  std::string logger;
  json::Json data;
};

// Called from threads of the client or, in the stateless era, from the thread whose call needs the
// answer; OnElicit and OnSample may wait for a person, and see the stop of their call or of the
// client. Notifications (the four at the end) come from another thread and should return soon.
// All texts are the server's and untrusted.
class ClientHandlers {
 public:
  virtual ~ClientHandlers() = default;

  virtual HandlerSupport support() const { return {}; }

  virtual ElicitAnswer OnElicit(const ElicitRequest& /*request*/, const std::stop_token& /*stop*/) {
    return {};
  }
  // sampling/createMessage: its params to its result. Errors decline.
  virtual Result<json::Json> OnSample(const json::Json& /*params*/,
                                      const std::stop_token& /*stop*/) {
    return MakeError(ErrorCode::kPermissionDenied, "sampling is declined");
  }
  virtual std::vector<Root> OnListRoots() { return {}; }

  virtual void OnListChanged(ListKind /*kind*/) {}
  virtual void OnResourceUpdated(const std::string& /*uri*/) {}
  virtual void OnElicitationComplete(const std::string& /*elicitation_id*/) {}
  virtual void OnLog(const LogMessage& /*message*/) {}
};

}  // namespace weir::mcp_client
