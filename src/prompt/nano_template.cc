// The prompt form of weir-nano, exactly docs/formats/nano_prompt.md. training/prompt_form.py writes
// the same bytes; a test compares the two.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "prompt/content.h"
#include "prompt/python_repr.h"
#include "prompt/splice.h"
#include "prompt/templates.h"
#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::prompt {
namespace {

using chat::Conversation;
using chat::Message;
using chat::Role;
using chat::ToolCall;
using chat::ToolDefinition;
using json::Json;

constexpr std::string_view kBlanks = " \t\r\n";
constexpr size_t kMaxShownValues = 8;

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view StripRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string_view Strip(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view() : StripRight(text.substr(begin));
}

// The first sentence without its full stop, in lower case unless it starts with an acronym.
std::string ShortDescription(const ToolDefinition& tool) {
  std::string_view whole = tool.description;
  whole = whole.substr(0, std::min(whole.find(". "), whole.find('\n')));
  whole = Strip(whole);
  if (whole.ends_with('.')) whole = StripRight(whole.substr(0, whole.size() - 1));
  std::string text(whole);
  if (text.empty()) {
    text = tool.name;
    for (char& c : text) {
      if (c == '_' || c == '-' || c == '.') c = ' ';
    }
  }
  const bool acronym = text.size() > 1 && IsCapital(text[1]);
  if (!text.empty() && IsCapital(text[0]) && !acronym) text[0] = static_cast<char>(text[0] | 0x20);
  return text;
}

bool IsPlainWord(const Json& value) {
  if (!value.is_string()) return false;
  const std::string_view text = value.get_ref<const std::string&>();
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    if (unicode::IsPythonSpace(point.value)) return false;
    at += point.n_bytes;
  }
  return !text.empty() && text.find_first_of("|,()=?") == std::string_view::npos;
}

// "=a|b|c" for a property whose values are few and plain.
std::string ShownValues(const Json& property) {
  if (!property.is_object() || !property.contains("enum")) return {};
  const Json& values = property["enum"];
  if (!values.is_array() || values.empty() || values.size() > kMaxShownValues) return {};
  std::string text;
  for (const Json& value : values) {
    if (!IsPlainWord(value)) return {};
    text += (text.empty() ? "=" : "|") + value.get<std::string>();
  }
  return text;
}

std::string Parameters(const Json& schema) {
  if (!schema.is_object() || !schema.contains("properties")) return {};
  const Json& properties = schema["properties"];
  if (!properties.is_object()) return {};
  const Json required = schema.contains("required") ? schema["required"] : Json();
  std::string text;
  for (const auto& [name, property] : properties.items()) {
    const bool needed = required.is_array() &&
                        std::find(required.begin(), required.end(), Json(name)) != required.end();
    if (!text.empty()) text += ", ";
    text += name + (needed ? "" : "?") + ShownValues(property);
  }
  return text;
}

std::string ToolLine(const ToolDefinition& tool) {
  return ShortDescription(tool) + ": " + tool.name + "(" + Parameters(tool.parameters) + ")";
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\'':
        out += "\\'";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out.push_back(c);
    }
  }
  return out + "'";
}

std::string ValueText(const Json& value) {
  if (value.is_string()) return Quoted(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value.is_number() ? PythonJson(value) : PythonRepr(value);
  std::string text;
  for (const auto& [key, item] : value.items()) {
    if (!text.empty()) text += ", ";
    text += (value.is_object() ? Quoted(key) + ": " : "") + ValueText(item);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

std::string NanoCallText(const ToolCall& call) {
  std::string text;
  for (const auto& [name, value] : call.arguments.items()) {
    if (!text.empty()) text += ", ";
    text += name + "=" + ValueText(value);
  }
  return call.name + "(" + text + ")";
}

// `system` is the text of a system message in the first place.
void SystemTurn(const Conversation& conversation, std::string_view system, PromptBuilder* out) {
  if (system.empty() && conversation.tools.empty()) return;
  out->StartTurn("system");
  out->Text(system, {Origin::Kind::kSystem, "", 0});
  for (size_t i = 0; i < conversation.tools.size(); ++i) {
    const ToolDefinition& tool = conversation.tools[i];
    if (i > 0 || !system.empty()) out->Template("\n");
    out->Text(ToolLine(tool), {Origin::Kind::kToolDefinition, tool.name, static_cast<int>(i)});
  }
  out->EndTurn();
}

Status AssistantTurn(const Message& message, int index, PromptBuilder* out) {
  const Origin origin = OriginOf(message, index);
  if (out->tokenizer() != nullptr && !message.sampled_ids.empty()) {
    ASSIGN_OR_RETURN(const std::vector<TokenId> ids,
                     SplicedIds(*out->tokenizer(), message.sampled_ids, /*keep_thinking=*/false));
    out->Splice(ids, origin);
    return {};
  }
  out->Text(FlattenParts(message.content), origin);
  if (message.tool_calls.empty()) return {};
  out->Special("<|tool_call_start|>");
  out->Template("[");
  for (size_t i = 0; i < message.tool_calls.size(); ++i) {
    const ToolCall& call = message.tool_calls[i];
    if (i > 0) out->Template(", ");
    out->Text(NanoCallText(call), {Origin::Kind::kToolCall, call.name, index});
  }
  out->Template("]");
  out->Special("<|tool_call_end|>");
  return {};
}

}  // namespace

Status RenderNano(const Conversation& conversation, const RenderOptions&, PromptBuilder* out) {
  const std::vector<Message>& messages = conversation.messages;
  for (size_t i = 0; i < conversation.tools.size(); ++i) {
    if (!conversation.tools[i].name.empty()) continue;
    return MakeError(ErrorCode::kInvalidArgument, "tools[{}] has no name, which this form shows",
                     i);
  }
  const bool lifted = !messages.empty() && messages[0].role == Role::kSystem;
  SystemTurn(conversation, lifted ? FlattenParts(messages[0].content) : std::string(), out);
  for (size_t i = lifted ? 1 : 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    const int index = static_cast<int>(i);
    StartMessageTurn(message, index, out);
    if (message.role == Role::kAssistant) {
      RETURN_IF_ERROR(AssistantTurn(message, index, out));
    } else {
      out->Text(FlattenParts(message.content), OriginOf(message, index));
    }
    out->EndTurn();
  }
  return {};
}

}  // namespace weir::prompt
