#include "prompt/conversation_json.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prompt/python_repr.h"

namespace weir::prompt {
namespace {

using chat::Conversation;
using chat::Message;
using chat::Role;
using chat::ToolCall;
using chat::ToolDefinition;
using json::Json;

// The member, or null when it is absent or JSON null.
const Json* Member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string StringOr(const Json& object, const char* key, std::string fallback) {
  const Json* value = Member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::move(fallback);
}

tl::unexpected<Error> Wrong(const std::string& place, std::string_view expected,
                            const Json& found) {
  return MakeError(ErrorCode::kInvalidArgument, "{} is {}, expected {}", place,
                   found.is_null() ? "missing" : found.type_name(), expected);
}

Role RoleOf(std::string_view word) {
  if (word == "system") return Role::kSystem;
  if (word == "user") return Role::kUser;
  if (word == "assistant") return Role::kAssistant;
  return word == "tool" ? Role::kTool : Role::kOther;
}

// Arguments are an object, or its JSON text as OpenAI's clients send it.
Result<Json> ReadArguments(const Json* value, const std::string& place) {
  if (value == nullptr) return Json::object();
  if (value->is_object()) return *value;
  if (!value->is_string()) return Wrong(place, "an object or its JSON text", *value);
  const std::string& text = value->get_ref<const std::string&>();
  if (text.empty()) return Json::object();
  Result<Json> parsed = ParseKeepingIntegers(text);
  if (!parsed) {
    return MakeError(ErrorCode::kInvalidArgument, "{} is no JSON text: {}", place,
                     parsed.error().message);
  }
  if (!parsed->is_object()) return Wrong(place, "the JSON text of an object", *parsed);
  return parsed;
}

Result<ToolCall> ReadCall(const Json& value, const std::string& place) {
  if (!value.is_object()) return Wrong(place, "an object", value);
  const Json* wrapped = Member(value, "function");
  const Json& function = wrapped != nullptr && wrapped->is_object() ? *wrapped : value;
  const Json* name = Member(function, "name");
  if (name == nullptr || !name->is_string()) {
    return Wrong(place + ".function.name", "a string", name != nullptr ? *name : Json());
  }
  ToolCall call;
  call.id = StringOr(value, "id", "");
  call.name = name->get<std::string>();
  ASSIGN_OR_RETURN(call.arguments,
                   ReadArguments(Member(function, "arguments"), place + ".function.arguments"));
  return call;
}

Status ReadAssistant(const Json& value, const std::string& place, Message* message) {
  if (const Json* thinking = Member(value, "thinking")) {
    if (!thinking->is_string()) return Wrong(place + ".thinking", "a string", *thinking);
    message->thinking = thinking->get<std::string>();
  } else if (const Json* reasoning = Member(value, "reasoning_content")) {
    if (reasoning->is_string()) message->thinking = reasoning->get<std::string>();
  }
  const Json* calls = Member(value, "tool_calls");
  if (calls == nullptr) return {};
  if (!calls->is_array()) return Wrong(place + ".tool_calls", "a list", *calls);
  for (size_t i = 0; i < calls->size(); ++i) {
    ASSIGN_OR_RETURN(ToolCall call,
                     ReadCall((*calls)[i], fmt::format("{}.tool_calls[{}]", place, i)));
    message->tool_calls.push_back(std::move(call));
  }
  return {};
}

// Whose result this is: its own name, else that of the call it answers.
std::string ToolNameOf(const Json& value, const std::vector<Message>& before) {
  const std::string id = StringOr(value, "tool_call_id", "");
  if (value.contains("name") || id.empty()) return StringOr(value, "name", "");
  for (auto message = before.rbegin(); message != before.rend(); ++message) {
    for (const ToolCall& call : message->tool_calls) {
      if (call.id == id) return call.name;
    }
  }
  return {};
}

Result<Message> ReadMessage(const Json& value, const std::string& place,
                            const std::vector<Message>& before) {
  if (!value.is_object()) return Wrong(place, "an object", value);
  const Json* role = Member(value, "role");
  if (role == nullptr || !role->is_string()) {
    return Wrong(place + ".role", "a string", role != nullptr ? *role : Json());
  }
  Message message;
  message.role = RoleOf(role->get_ref<const std::string&>());
  if (message.role == Role::kOther) message.role_name = role->get<std::string>();
  if (const Json* content = Member(value, "content")) message.content = *content;
  if (message.role == Role::kTool) message.tool_name = ToolNameOf(value, before);
  if (message.role == Role::kAssistant) RETURN_IF_ERROR(ReadAssistant(value, place, &message));
  return message;
}

Result<ToolDefinition> ReadTool(const Json& value, const std::string& place) {
  ToolDefinition tool;
  tool.declared = value;
  Json described = value;
  if (value.is_string()) {
    // Shown as it is; what it says about itself is read when it is JSON.
    const Result<Json> parsed = json::Parse(value.get_ref<const std::string&>());
    if (!parsed || !parsed->is_object()) return tool;
    described = *parsed;
  }
  if (!described.is_object()) return Wrong(place, "an object or a string", value);
  if (const Json* function = Member(described, "function")) {
    if (function->is_object()) described = Json(*function);
  }
  tool.name = StringOr(described, "name", "");
  tool.description = StringOr(described, "description", "");
  if (const Json* parameters = Member(described, "parameters")) tool.parameters = *parameters;
  return tool;
}

Status ReadFlag(const Json& object, const char* key, bool* flag) {
  const Json* value = Member(object, key);
  if (value == nullptr) return {};
  if (!value->is_boolean()) return Wrong(key, "true or false", *value);
  *flag = value->get<bool>();
  return {};
}

// Builds the tree that json::Parse has already accepted, with the digits of big integers.
class DigitKeeper : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(int64_t value) override { return Add(value); }
  bool number_unsigned(uint64_t value) override { return Add(value); }
  bool number_float(double value, const std::string& digits) override {
    if (digits.find_first_of(".eE") != std::string::npos) return Add(value);
    return Add(Json::binary({digits.begin(), digits.end()}, kBigIntegerSubtype));
  }
  bool string(std::string& value) override { return Add(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }
  bool key(std::string& value) override {
    key_ = std::move(value);
    return true;
  }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  Json Take() { return std::move(root_); }

 private:
  bool Add(Json value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Json value) {
    open_.push_back(Place(std::move(value)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  // The containers in open_ do not move: while one is open, only its youngest descendant grows.
  Json* Place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  Json root_;
  std::vector<Json*> open_;
  std::string key_;
};

}  // namespace

Result<Conversation> ConversationFromJson(const Json& request) {
  if (!request.is_object()) return Wrong("conversation", "an object with messages", request);
  const Json* messages = Member(request, "messages");
  if (messages == nullptr || !messages->is_array()) {
    return Wrong("messages", "a list", messages != nullptr ? *messages : Json());
  }
  Conversation conversation;
  for (size_t i = 0; i < messages->size(); ++i) {
    ASSIGN_OR_RETURN(Message message, ReadMessage((*messages)[i], fmt::format("messages[{}]", i),
                                                  conversation.messages));
    conversation.messages.push_back(std::move(message));
  }
  const Json* tools = Member(request, "tools");
  if (tools == nullptr) return conversation;
  if (!tools->is_array()) return Wrong("tools", "a list", *tools);
  for (size_t i = 0; i < tools->size(); ++i) {
    ASSIGN_OR_RETURN(ToolDefinition tool, ReadTool((*tools)[i], fmt::format("tools[{}]", i)));
    conversation.tools.push_back(std::move(tool));
  }
  return conversation;
}

Result<RenderOptions> RenderOptionsFromJson(const Json& request) {
  RenderOptions options;
  if (!request.is_object()) return Wrong("conversation", "an object with messages", request);
  std::vector<const Json*> places = {&request};
  for (const char* key : {"options", "kwargs", "chat_template_kwargs"}) {
    const Json* place = Member(request, key);
    if (place == nullptr) continue;
    if (!place->is_object()) return Wrong(key, "an object", *place);
    places.push_back(place);
  }
  for (const Json* place : places) {
    RETURN_IF_ERROR(ReadFlag(*place, "add_generation_prompt", &options.add_generation_prompt));
    RETURN_IF_ERROR(ReadFlag(*place, "preserve_thinking", &options.preserve_thinking));
    RETURN_IF_ERROR(ReadFlag(*place, "keep_past_thinking", &options.keep_past_thinking));
  }
  return options;
}

Result<Json> ParseKeepingIntegers(std::string_view text) {
  ASSIGN_OR_RETURN(Json checked, json::Parse(text));
  DigitKeeper keeper;
  if (!Json::sax_parse(text.begin(), text.end(), &keeper)) return checked;
  return keeper.Take();
}

}  // namespace weir::prompt
