#include "prompt/content.h"

#include "prompt/python_repr.h"
#include "prompt/splice.h"

namespace weir::prompt {
namespace {

using json::Json;

constexpr std::string_view kThinkEnd = "</think>";
constexpr std::string_view kImage = "<image>";

std::string_view TypeOf(const Json& part) {
  if (!part.is_object() || !part.contains("type") || !part["type"].is_string()) return {};
  return part["type"].get_ref<const std::string&>();
}

// The text of one part, <image> for an image.
std::string PartText(const Json& part) {
  const std::string_view type = TypeOf(part);
  if (type == "image") return std::string(kImage);
  if (type == "text" && part.contains("text") && part["text"].is_string()) {
    return part["text"].get<std::string>();
  }
  return PythonJson(part);
}

}  // namespace

std::string_view RoleWord(const chat::Message& message) {
  switch (message.role) {
    case chat::Role::kSystem:
      return "system";
    case chat::Role::kUser:
      return "user";
    case chat::Role::kAssistant:
      return "assistant";
    case chat::Role::kTool:
      return "tool";
    case chat::Role::kOther:
      return message.role_name;
  }
  return {};
}

Origin OriginOf(const chat::Message& message, int index) {
  switch (message.role) {
    case chat::Role::kSystem:
      return {Origin::Kind::kSystem, "", index};
    case chat::Role::kUser:
      return {Origin::Kind::kUser, "", index};
    case chat::Role::kAssistant:
      return {Origin::Kind::kAssistant, "", index};
    case chat::Role::kTool:
      return {Origin::Kind::kTool, message.tool_name, index};
    case chat::Role::kOther:
      return {Origin::Kind::kOther, message.role_name, index};
  }
  return {};
}

void StartMessageTurn(const chat::Message& message, int index, PromptBuilder* out) {
  const bool own_word = message.role == chat::Role::kOther;
  out->StartTurn(RoleWord(message), own_word ? OriginOf(message, index) : Origin());
}

std::string FlattenParts(const Json& content) {
  if (content.is_null()) return {};
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return PythonJson(content);
  std::string text;
  for (const Json& part : content) text += PartText(part);
  return text;
}

void AppendParts(const Json& content, const Origin& origin, PromptBuilder* out) {
  if (!content.is_array()) {
    out->Text(FlattenParts(content), origin);
    return;
  }
  for (const Json& part : content) {
    if (TypeOf(part) == "image") {
      out->Special(kImage, origin);
    } else {
      out->Text(PartText(part), origin);
    }
  }
}

void AppendAssistantText(std::string_view text, const Origin& origin, PromptBuilder* out) {
  size_t begin = 0;
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at)) {
    const std::string_view marker = MarkerAt(text.substr(at));
    if (marker.empty()) {
      ++at;
      continue;
    }
    out->Text(text.substr(begin, at - begin), origin);
    out->Special(marker, origin);
    at += marker.size();
    begin = at;
  }
  out->Text(text.substr(begin), origin);
}

std::string_view AfterThinking(std::string_view text) {
  const size_t at = text.rfind(kThinkEnd);
  return at == std::string_view::npos ? text : PythonStrip(text.substr(at + kThinkEnd.size()));
}

}  // namespace weir::prompt
