#include "policy/call_json.h"

#include <algorithm>

#include "config/nearest.h"
#include "policy/rule.h"

namespace weir::policy {
namespace {

const std::vector<std::string> kCallKeys = {"tool",  "server",     "arguments", "origins",
                                            "calls", "confidence", "time"};

template <class... Args>
tl::unexpected<Error> Malformed(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

Status AddOrigin(const std::string& place, const json::Json& written, ProposedCall* call) {
  RETURN_IF_ERROR(ArgumentPointer::Parse(place));
  const json::Json list = written.is_array() ? written : json::Json::array({written});
  std::vector<Origin>& origins = call->origins[place];
  for (const json::Json& word : list) {
    const std::optional<Origin> origin =
        word.is_string() ? OriginFromName(word.get<std::string>()) : std::nullopt;
    if (!origin) {
      return Malformed(
          "the origin of '{}' is {}; expected person, model, tool-result, file or "
          "unknown",
          place, json::Dump(word));
    }
    origins.push_back(*origin);
  }
  return {};
}

// The server of a call that names none.
std::string ServerOf(const std::string& tool, std::span<const KnownTool> known) {
  std::string only;
  for (const KnownTool& one : known) {
    if (one.name != tool) continue;
    if (one.server == kBuiltinServer || !only.empty()) return std::string(kBuiltinServer);
    only = one.server;
  }
  return only.empty() ? std::string(kBuiltinServer) : only;
}

}  // namespace

Status AddFacts(const json::Json& object, ProposedCall* call) {
  if (const auto origins = object.find("origins"); origins != object.end()) {
    if (!origins->is_object()) return Malformed("\"origins\" must be an object");
    for (const auto& [place, written] : origins->items()) {
      RETURN_IF_ERROR(AddOrigin(place, written, call));
    }
  }
  if (const auto calls = object.find("calls"); calls != object.end()) {
    if (!calls->is_number_integer() || calls->get<int64_t>() < 0) {
      return Malformed("\"calls\" is {}; expected a whole number from 0 on", json::Dump(*calls));
    }
    call->calls_so_far = calls->get<int64_t>();
  }
  if (const auto confidence = object.find("confidence"); confidence != object.end()) {
    const double share = confidence->is_number() ? confidence->get<double>() : -1;
    if (!(share >= 0 && share <= 1)) {
      return Malformed("\"confidence\" is {}; expected a number from 0 to 1",
                       json::Dump(*confidence));
    }
    call->confidence = share;
  }
  if (const auto time = object.find("time"); time != object.end()) {
    call->minute_of_day = time->is_string() ? TimeFromText(time->get<std::string>()) : std::nullopt;
    if (!call->minute_of_day || *call->minute_of_day == 1440) {
      return Malformed("\"time\" is {}; expected \"HH:MM\"", json::Dump(*time));
    }
  }
  return {};
}

Result<ProposedCall> CallFromJson(const json::Json& object, std::span<const KnownTool> known) {
  if (!object.is_object()) {
    return Malformed("a call must be {{\"tool\": NAME, \"arguments\": {{...}}}}, not {}",
                     object.type_name());
  }
  for (const auto& [key, value] : object.items()) {
    if (std::find(kCallKeys.begin(), kCallKeys.end(), key) != kCallKeys.end()) continue;
    return Malformed("unknown key '{}' in a call{}", key, config::DidYouMean(key, kCallKeys));
  }
  const auto tool = object.find("tool");
  if (tool == object.end() || !tool->is_string()) {
    return Malformed("a call without a tool; expected {{\"tool\": NAME, \"arguments\": {{...}}}}");
  }
  ProposedCall call;
  call.tool = tool->get<std::string>();
  call.server = ServerOf(call.tool, known);
  if (const auto server = object.find("server"); server != object.end()) {
    if (!server->is_string()) return Malformed("\"server\" must be a text");
    call.server = server->get<std::string>();
  }
  call.arguments = object.value("arguments", json::Json::object());
  RETURN_IF_ERROR(AddFacts(object, &call));
  if (const KnownTool* entry = FindTool(known, call.server, call.tool)) {
    call.effect = entry->effect;
    call.path_arguments = entry->path_arguments;
  }
  return call;
}

}  // namespace weir::policy
