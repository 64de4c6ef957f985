#include "catalog/pin_file.h"

#include <fmt/format.h>

#include <initializer_list>

#include "base/crypto.h"
#include "base/printable.h"
#include "json/json.h"

namespace weir::catalog {
namespace {

constexpr int64_t kPinVersion = 1;
// A definition may be as deep as a message of a server, and lies a few levels down in the file.
constexpr int kMaxFileDepth = 80;
constexpr int64_t kMaxTimeUs = int64_t{1} << 53;

// Reads the content; the first problem ends it.
class PinReader {
 public:
  Result<Pins> ReadContent(const json::Json& content) {
    Pins pins;
    RETURN_IF_ERROR(CheckMembers(content, {"servers"}, "the content"));
    const json::Json& servers = content["servers"];
    if (!servers.is_object()) return Bad("'servers' is no object");
    for (const auto& [key, value] : servers.items()) {
      if (const Status good = CheckServerKey(key); !good) return Bad(good.error().message);
      ASSIGN_OR_RETURN(pins.servers[key], ReadServer(key, value));
    }
    return pins;
  }

 private:
  static tl::unexpected<Error> Bad(std::string_view what) {
    return MakeError(ErrorCode::kCorruptData, "{}", what);
  }

  // All of the members and no others.
  static Status CheckMembers(const json::Json& object, std::initializer_list<const char*> members,
                             std::string_view where) {
    if (!object.is_object()) return Bad(fmt::format("{} is no object", where));
    for (const char* member : members) {
      if (!object.contains(member)) return Bad(fmt::format("{} has no '{}'", where, member));
    }
    if (object.size() == members.size()) return {};
    return Bad(fmt::format("{} has members that are not known", where));
  }

  static Result<std::string> Text(const json::Json& object, const char* member) {
    const json::Json& value = object[member];
    if (value.is_string()) return value.get<std::string>();
    return Bad(fmt::format("'{}' is no text", member));
  }

  static Result<int64_t> Time(const json::Json& object, const char* member) {
    const json::Json& value = object[member];
    if (value.is_number_integer() && value >= 0 && value <= kMaxTimeUs) {
      return value.get<int64_t>();
    }
    return Bad(fmt::format("'{}' is no time", member));
  }

  static Result<ServerPins> ReadServer(const std::string& key, const json::Json& object) {
    RETURN_IF_ERROR(
        CheckMembers(object, {"tools", "waiting"}, fmt::format("server '{}'", Printable(key))));
    if (!object["tools"].is_object() || !object["waiting"].is_object()) {
      return Bad(fmt::format("server '{}' has a list that is no object", Printable(key)));
    }
    ServerPins pins;
    for (const auto& [tool, value] : object["tools"].items()) {
      ASSIGN_OR_RETURN(pins.tools[tool], ReadPin(tool, value));
    }
    for (const auto& [tool, value] : object["waiting"].items()) {
      RETURN_IF_ERROR(CheckMembers(value, {"why", "seen_us"}, "what waits"));
      Quarantined waiting;
      ASSIGN_OR_RETURN(waiting.why, Text(value, "why"));
      ASSIGN_OR_RETURN(waiting.seen_us, Time(value, "seen_us"));
      pins.waiting[tool] = std::move(waiting);
    }
    return pins;
  }

  static Result<Pin> ReadPin(const std::string& tool, const json::Json& object) {
    const std::string where = fmt::format("the pin of '{}'", Printable(tool));
    RETURN_IF_ERROR(CheckMembers(object, {"definition", "program", "pinned_us"}, where));
    Pin pin;
    ASSIGN_OR_RETURN(pin.program, Text(object, "program"));
    ASSIGN_OR_RETURN(pin.pinned_us, Time(object, "pinned_us"));
    const json::Json& definition = object["definition"];
    if (!definition.is_object() || definition.value("name", json::Json()) != json::Json(tool)) {
      return Bad(where + " has no definition of that name");
    }
    ASSIGN_OR_RETURN(pin.definition, json::Canonical(definition));
    return pin;
  }
};

Result<json::Json> PinJson(const Pin& pin) {
  ASSIGN_OR_RETURN(json::Json definition, json::Parse(pin.definition));
  return json::Json{{"definition", std::move(definition)},
                    {"program", pin.program},
                    {"pinned_us", pin.pinned_us}};
}

Result<json::Json> ContentOf(const Pins& pins) {
  json::Json servers = json::Json::object();
  for (const auto& [key, server] : pins.servers) {
    json::Json tools = json::Json::object();
    for (const auto& [tool, pin] : server.tools) {
      ASSIGN_OR_RETURN(tools[tool], PinJson(pin));
    }
    json::Json waiting = json::Json::object();
    for (const auto& [tool, one] : server.waiting) {
      waiting[tool] = {{"why", one.why}, {"seen_us", one.seen_us}};
    }
    servers[key] = {{"tools", std::move(tools)}, {"waiting", std::move(waiting)}};
  }
  return json::Json{{"servers", std::move(servers)}};
}

Result<Pins> ReadPinText(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Json file,
                   json::Parse(text, {.max_bytes = text.size(), .max_depth = kMaxFileDepth}));
  if (!file.is_object()) return MakeError(ErrorCode::kCorruptData, "it is no JSON object");
  const json::Json version = file.value("version", json::Json());
  if (!version.is_number_integer()) {
    return MakeError(ErrorCode::kCorruptData, "it has no version");
  }
  if (version != kPinVersion) {
    return MakeError(ErrorCode::kUnsupported, "it has version {}, this Weir reads version {}",
                     json::Dump(version), kPinVersion);
  }
  if (file.size() != 3 || !file.contains("content") || !file.contains("sha256")) {
    return MakeError(ErrorCode::kCorruptData,
                     "it has other members than version, sha256 and content");
  }
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(file["content"]));
  if (file["sha256"] != json::Json(Sha256Hex(canonical))) {
    return MakeError(ErrorCode::kCorruptData, "its content does not fit its sha256");
  }
  return PinReader().ReadContent(file["content"]);
}

}  // namespace

Result<Pins> ReadPinFile(std::string_view text, std::string_view file) {
  Result<Pins> pins = ReadPinText(text);
  if (pins) return pins;
  const bool is_later = pins.error().code == ErrorCode::kUnsupported;
  return MakeError(pins.error().code,
                   "'{}' can not be used: {}; no tool of an MCP server counts as pinned. {}", file,
                   pins.error().message,
                   is_later ? "Use the Weir that wrote it, or move it away and pin anew with: "
                              "weir tools pin SERVER"
                            : "Move it away and pin anew with: weir tools pin SERVER");
}

Result<std::string> WritePinFile(const Pins& pins) {
  ASSIGN_OR_RETURN(json::Json content, ContentOf(pins));
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(content));
  ASSIGN_OR_RETURN(const std::string text, json::Canonical({{"version", kPinVersion},
                                                            {"sha256", Sha256Hex(canonical)},
                                                            {"content", std::move(content)}}));
  return text + "\n";
}

}  // namespace weir::catalog
