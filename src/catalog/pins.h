#pragma once
// Trust on first use: which definitions of strangers' tools a person has seen and accepted.
//
// A pin is the exact definition of one tool together with the hash of its server's program.
// Without a pin a tool is not offered; with one it is as long as both are the same. Everything
// else waits for a person. The file is docs/formats/pins.md.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/definition.h"
#include "catalog/identity.h"

namespace weir::catalog {

struct Pin {
  std::string definition;  // canonical JSON, see CanonicalDefinition
  std::string program;     // SHA-256 in hex of the server's program
  int64_t pinned_us = 0;   // wall time
};

// A tool that waits for a person, as a run last saw it.
struct Quarantined {
  std::string why;
  int64_t seen_us = 0;
};

struct ServerPins {
  std::map<std::string, Pin> tools;            // by the server's own names
  std::map<std::string, Quarantined> waiting;  // never says that a tool may be used
};

struct Pins {
  std::map<std::string, ServerPins> servers;  // by key

  const Pin* Find(const ToolId& id) const;  // null when there is none; borrowed
};

enum class PinState {
  kPinned,          // the one state in which a tool is usable
  kUnknownServer,   // no tool of the server was ever pinned
  kNewTool,         // the server is known, the tool is not
  kChanged,         // another definition than the pinned one
  kProgramChanged,  // the same definition from another program
};

// Whether the definition, as `server` runs it now, is what a person pinned. Pure.
PinState StateOf(const Pins& pins, const std::string& server, std::string_view program_hash,
                 const Definition& definition);

// One sentence for a person, with the way out; "" for kPinned. Pure.
std::string PinReason(PinState state, const ToolId& id);

// What a person has to see before pinning: the whole definition of a new tool, a unified diff of a
// changed one, the two hashes of a changed program. Everything escaped; "" for kPinned. Pure.
std::string PinDifference(const Pins& pins, const std::string& server,
                          std::string_view program_hash, const Definition& definition);

// The file STATE/pins.json. Any thread and process: every change holds STATE/pins.lock, is written
// beside and renamed. An error of reading means that nothing counts as pinned.
class PinStore {
 public:
  explicit PinStore(std::string state_folder) : folder_(std::move(state_folder)) {}

  // No file: no pins. Errors name the file and the way out: kCorruptData (damaged),
  // kUnsupported (of a later Weir), kPermissionDenied (somebody else's, or others may write it).
  Result<Pins> Load() const;

  // Pins exactly these definitions, which a person has seen. With `whole_server` they replace all
  // pins of the server: a tool that is not among them is new when it comes back.
  Status Accept(const std::string& server, std::string_view program_hash,
                std::span<const Definition> seen, bool whole_server, int64_t now_us);

  // Forgets the server; how many pins it had.
  Result<size_t> Remove(const std::string& server);

  // Replaces what waits at the server, so that `weir tools list` can show it. At most
  // kMaxToolsOfServer tools are kept.
  Status SetWaiting(const std::string& server,
                    const std::map<std::string, std::string>& why_by_tool, int64_t now_us);

  std::string path() const { return folder_ + "/pins.json"; }

 private:
  Status Save(const Pins& pins) const;

  std::string folder_;
};

}  // namespace weir::catalog
