#include "mcp/json_rpc.h"

#include <fmt/format.h>

#include <utility>

namespace weir::mcp {
namespace {

constexpr int64_t kMaxIdNumber = int64_t{1} << 53;
constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxMethodBytes = 256;
// A pair of an object, and what the allocator and growing vectors add.
constexpr size_t kBytesPerValue = 96;

tl::unexpected<Error> NoMessage(std::string_view expected, std::string_view found) {
  return MakeError(ErrorCode::kInvalidArgument, "JSON-RPC message: expected {}, found {}", expected,
                   found);
}

std::string_view TypeName(const json::Json& value) { return value.type_name(); }

// `params` of a request or notification; null when there are none.
Result<json::Json> TakeParams(json::Json& message) {
  const auto params = message.find("params");
  if (params == message.end()) return json::Json(nullptr);
  if (!params->is_object()) return NoMessage("\"params\" to be an object", TypeName(*params));
  return std::move(*params);
}

Result<RpcError> TakeError(json::Json& error) {
  if (!error.is_object()) return NoMessage("\"error\" to be an object", TypeName(error));
  const auto code = error.find("code");
  if (code == error.end() || !code->is_number_integer()) {
    return NoMessage("\"error\" with a whole number \"code\"",
                     code == error.end() ? "none" : TypeName(*code));
  }
  const auto message = error.find("message");
  if (message == error.end() || !message->is_string()) {
    return NoMessage("\"error\" with a text \"message\"",
                     message == error.end() ? "none" : TypeName(*message));
  }
  // As a double, because a number beyond 63 bits would come out negative.
  const auto number = code->get<double>();
  if (number < INT32_MIN || number > INT32_MAX) {
    return NoMessage("an error code of 32 bits", fmt::to_string(number));
  }
  RpcError out{.code = static_cast<int>(number), .message = message->get<std::string>()};
  if (const auto data = error.find("data"); data != error.end()) out.data = std::move(*data);
  return out;
}

Result<Message> TakeCall(json::Json& message, const json::Json& method) {
  if (message.contains("result") || message.contains("error")) {
    return NoMessage("a request or a response", "\"method\" beside \"result\" or \"error\"");
  }
  if (!method.is_string()) return NoMessage("\"method\" to be a text", TypeName(method));
  auto name = method.get<std::string>();
  if (name.empty() || name.size() > kMaxMethodBytes) {
    return NoMessage(fmt::format("\"method\" of 1 to {} bytes", kMaxMethodBytes),
                     fmt::format("{}", name.size()));
  }
  const auto id = message.find("id");
  if (id == message.end()) {
    ASSIGN_OR_RETURN(json::Json params, TakeParams(message));
    return Notification{.method = std::move(name), .params = std::move(params)};
  }
  std::optional<RequestId> request_id = RequestIdFromJson(*id);
  if (!request_id) {
    return NoMessage("\"id\" to be a text or a whole number", TypeName(*id));
  }
  ASSIGN_OR_RETURN(json::Json params, TakeParams(message));
  return Request{
      .id = std::move(*request_id), .method = std::move(name), .params = std::move(params)};
}

Result<Message> TakeResponse(json::Json& message) {
  const auto result = message.find("result");
  const auto error = message.find("error");
  if ((result == message.end()) == (error == message.end())) {
    return NoMessage("one of \"method\", \"result\" and \"error\"",
                     result == message.end() ? "none" : "\"result\" and \"error\"");
  }
  Response response;
  if (const auto id = message.find("id"); id != message.end() && !id->is_null()) {
    response.id = RequestIdFromJson(*id);
    if (!response.id) return NoMessage("\"id\" to be a text or a whole number", TypeName(*id));
  }
  if (error != message.end()) {
    ASSIGN_OR_RETURN(response.outcome, TakeError(*error));
    return response;
  }
  if (!response.id) return NoMessage("a result to have an \"id\"", "none");
  if (!result->is_object()) return NoMessage("\"result\" to be an object", TypeName(*result));
  response.outcome = std::move(*result);
  return response;
}

}  // namespace

json::Json ToJson(const RequestId& id) {
  return std::visit([](const auto& value) { return json::Json(value); }, id);
}

std::optional<RequestId> RequestIdFromJson(const json::Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > kMaxIdBytes) return std::nullopt;
    return text;
  }
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(kMaxIdNumber)) {
    return std::nullopt;
  }
  const auto number = value.get<int64_t>();
  if (number > kMaxIdNumber || number < -kMaxIdNumber) return std::nullopt;
  return number;
}

std::string ToString(const RequestId& id) { return json::Dump(ToJson(id)); }

size_t MemoryOf(std::string_view text) {
  size_t n = 1;  // at least as many as there are values
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ',' || c == ':' || c == '[' || c == '{')) {
      ++n;
    }
  }
  return text.size() + n * kBytesPerValue;
}

Result<Message> ParseMessage(std::string_view text, const MessageLimits& limits) {
  const size_t memory_bytes = MemoryOf(text);
  if (text.size() <= limits.max_bytes && memory_bytes > limits.max_memory_bytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "JSON-RPC message of {} bytes would take about {} bytes of memory; the limit "
                     "is {}",
                     text.size(), memory_bytes, limits.max_memory_bytes);
  }
  ASSIGN_OR_RETURN(json::Json value, json::Parse(text, {.max_bytes = limits.max_bytes,
                                                        .max_depth = limits.max_depth}));
  return MessageFromJson(std::move(value));
}

Result<Message> MessageFromJson(json::Json value) {
  if (!value.is_object()) return NoMessage("an object", TypeName(value));
  const auto version = value.find("jsonrpc");
  if (version == value.end() || *version != "2.0") {
    return NoMessage("\"jsonrpc\": \"2.0\"", version == value.end() ? "none" : "another");
  }
  if (const auto method = value.find("method"); method != value.end()) {
    return TakeCall(value, *method);
  }
  return TakeResponse(value);
}

json::Json ToJson(const Message& message) {
  json::Json out{{"jsonrpc", "2.0"}};
  if (const auto* request = std::get_if<Request>(&message)) {
    out["id"] = ToJson(request->id);
    out["method"] = request->method;
    if (!request->params.is_null()) out["params"] = request->params;
  } else if (const auto* notification = std::get_if<Notification>(&message)) {
    out["method"] = notification->method;
    if (!notification->params.is_null()) out["params"] = notification->params;
  } else {
    const auto& response = std::get<Response>(message);
    if (response.id) {
      out["id"] = ToJson(*response.id);
    } else {
      out["id"] = nullptr;
    }
    if (response.ok()) {
      out["result"] = response.result();
    } else {
      json::Json error{{"code", response.error().code}, {"message", response.error().message}};
      if (!response.error().data.is_null()) error["data"] = response.error().data;
      out["error"] = std::move(error);
    }
  }
  return out;
}

std::string ToLine(const Message& message) { return json::Dump(ToJson(message)); }

}  // namespace weir::mcp
