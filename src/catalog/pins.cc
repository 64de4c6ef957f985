#include "catalog/pins.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/diff.h"
#include "catalog/pin_file.h"
#include "catalog/untrusted.h"
#include "platform/files.h"
#include "platform/private_file.h"

namespace weir::catalog {
namespace {

constexpr size_t kMaxPinFileBytes = 32u << 20;
constexpr int kPinLockWaitMs = 5000;

Result<Pin> MakePin(std::string_view program_hash, const Definition& definition, int64_t now_us) {
  Pin pin;
  ASSIGN_OR_RETURN(pin.definition, CanonicalDefinition(definition));
  pin.program = program_hash;
  pin.pinned_us = now_us;
  return pin;
}

std::string TextOfPin(const Pin& pin) {
  const Result<json::Json> definition = json::Parse(pin.definition);
  return definition ? DefinitionText(*definition) : Visible(pin.definition);
}

}  // namespace

const Pin* Pins::Find(const ToolId& id) const {
  const auto server = servers.find(id.server);
  if (server == servers.end()) return nullptr;
  const auto pin = server->second.tools.find(id.tool);
  return pin == server->second.tools.end() ? nullptr : &pin->second;
}

PinState StateOf(const Pins& pins, const std::string& server, std::string_view program_hash,
                 const Definition& definition) {
  const auto known = pins.servers.find(server);
  if (known == pins.servers.end() || known->second.tools.empty()) return PinState::kUnknownServer;
  const Pin* pin = pins.Find({server, definition.name});
  if (pin == nullptr) return PinState::kNewTool;
  const Result<std::string> canonical = CanonicalDefinition(definition);
  if (!canonical || *canonical != pin->definition) return PinState::kChanged;
  if (program_hash.empty() || pin->program != program_hash) return PinState::kProgramChanged;
  return PinState::kPinned;
}

std::string PinReason(PinState state, const ToolId& id) {
  const auto with_way_out = [&](std::string_view what) {
    return fmt::format("{}; look at it and accept it with: weir tools pin {} {}", what, id.server,
                       id.tool);
  };
  switch (state) {
    case PinState::kPinned:
      return "";
    case PinState::kUnknownServer:
      return fmt::format(
          "no tool of MCP server '{0}' has been accepted yet; look at them with: weir tools pin "
          "{0}",
          id.server);
    case PinState::kNewTool:
      return with_way_out("the tool is new since the server's tools were accepted");
    case PinState::kChanged:
      return with_way_out("its definition has changed since it was accepted");
    case PinState::kProgramChanged:
      return with_way_out("the server's program has changed since it was accepted");
  }
  return with_way_out("its state is not known");
}

std::string PinDifference(const Pins& pins, const std::string& server,
                          std::string_view program_hash, const Definition& definition) {
  const PinState state = StateOf(pins, server, program_hash, definition);
  const Pin* pin = pins.Find({server, definition.name});
  if (state == PinState::kPinned) return "";
  if (pin == nullptr) return DefinitionText(definition.pinned);
  std::string text = UnifiedDiff(TextOfPin(*pin), DefinitionText(definition.pinned),
                                 "as it was accepted", "as it is now")
                         .unified;
  if (pin->program != program_hash) {
    text += fmt::format(
        "sha256 of the program as it was accepted\n-  | {}\nsha256 of the program as it is now\n+  "
        "| "
        "{}\n",
        Visible(pin->program), Visible(program_hash));
  }
  return text;
}

// ---- the file ----

Result<Pins> PinStore::Load() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> text,
                   platform::ReadPrivateFile(path(), kMaxPinFileBytes));
  if (!text) return Pins();
  return ReadPinFile(*text, path());
}

Status PinStore::Save(const Pins& pins) const {
  ASSIGN_OR_RETURN(const std::string text, WritePinFile(pins));
  if (text.size() > kMaxPinFileBytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}' would have {} bytes, at most {} are possible; remove a server with: "
                     "weir tools remove SERVER",
                     path(), text.size(), kMaxPinFileBytes);
  }
  return platform::WriteFileDurably(path(), text);
}

Status PinStore::Accept(const std::string& server, std::string_view program_hash,
                        std::span<const Definition> seen, bool whole_server, int64_t now_us) {
  RETURN_IF_ERROR(CheckServerKey(server));
  if (program_hash.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the program of MCP server '{}' has no hash, so nothing can be pinned to it",
                     server);
  }
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/pins.lock", kPinLockWaitMs));
  ASSIGN_OR_RETURN(Pins pins, Load());
  ServerPins& of_server = pins.servers[server];
  if (whole_server) {
    of_server.tools.clear();
    of_server.waiting.clear();
  }
  for (const Definition& definition : seen) {
    ASSIGN_OR_RETURN(of_server.tools[definition.name],
                     MakePin(program_hash, definition, std::max<int64_t>(now_us, 0)));
    of_server.waiting.erase(definition.name);
  }
  return Save(pins);
}

Result<size_t> PinStore::Remove(const std::string& server) {
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/pins.lock", kPinLockWaitMs));
  ASSIGN_OR_RETURN(Pins pins, Load());
  const auto found = pins.servers.find(server);
  if (found == pins.servers.end()) return size_t{0};
  const size_t n_pins = found->second.tools.size();
  pins.servers.erase(found);
  RETURN_IF_ERROR(Save(pins));
  return n_pins;
}

Status PinStore::SetWaiting(const std::string& server,
                            const std::map<std::string, std::string>& why_by_tool, int64_t now_us) {
  RETURN_IF_ERROR(CheckServerKey(server));
  ASSIGN_OR_RETURN(const UniqueFd lock, platform::LockFile(folder_ + "/pins.lock", kPinLockWaitMs));
  ASSIGN_OR_RETURN(Pins pins, Load());
  std::map<std::string, Quarantined> waiting;
  for (const auto& [tool, why] : why_by_tool) {
    if (waiting.size() == kMaxToolsOfServer) break;
    waiting[RemoveInvisible(tool)] = {CleanForModel(why, kMaxDescriptionBytes),
                                      std::max<int64_t>(now_us, 0)};
  }
  std::map<std::string, Quarantined>& kept = pins.servers[server].waiting;
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.why == b.second.why;
  };
  if (std::equal(kept.begin(), kept.end(), waiting.begin(), waiting.end(), same)) return {};
  kept = std::move(waiting);
  return Save(pins);
}

}  // namespace weir::catalog
