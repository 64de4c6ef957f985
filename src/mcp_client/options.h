#pragma once
// What a client is told once, and what each of its calls may be told. Values; any thread.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "mcp/protocol.h"
#include "mcp_client/call_table.h"

namespace weir::mcp_client {

// kAuto: the stateless era is tried first.
enum class Era { kAuto, kStateless, kHandshake };

struct ClientOptions {
  std::string name = "weir";  // how we introduce ourselves
  std::string version = "0.1.0";
  Era era = Era::kAuto;
  // Offered by `initialize`; the server may choose an older one.
  std::string handshake_version = std::string(mcp::kLatestHandshakeVersion);
  std::chrono::milliseconds probe{1000};     // silence after this is taken for the handshake era
  std::chrono::milliseconds connect{30'000};  // everything that Connect does
  // Stateless era: whether the server may answer a call with a task that is asked after (the tasks
  // extension).
  bool tasks = true;
  std::string log_level = {};  // "debug" to "emergency"; empty: no log messages

  // Of one list, all pages together.
  int max_pages = 100;
  size_t max_list_items = 10'000;
  size_t max_list_bytes = 16u << 20;
  // How often the server may ask something back within one call.
  int max_input_rounds = 10;
};

struct CallOptions {
  std::chrono::milliseconds idle{60'000};    // without a word; progress starts it anew
  std::chrono::milliseconds total{600'000};  // nothing extends it
  std::stop_token stop = {};
  ProgressHandler on_progress = {};  // called on the calling thread
  bool fresh = false;                // lists: not one that was kept
};

}  // namespace weir::mcp_client
