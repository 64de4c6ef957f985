// The chat templates of LFM2, LFM2.5 Instruct and LFM2.5-8B-A1B. One frame, and these differences:
//
//                        LFM2                        Instruct              8B-A1B
//   tool list            between tool_list markers   bare                  bare
//   tool result          between response markers    bare                  bare
//   content in parts     as JSON                     as JSON               joined, <image>
//   absent content       an error                    an error              empty
//   calls                not rendered                not rendered          name(arg=value)
//   thinking field       not rendered                not rendered          <think>...</think>
//   </think> in content  kept                        cut in past turns     cut before the last
//   request

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "prompt/content.h"
#include "prompt/python_repr.h"
#include "prompt/splice.h"
#include "prompt/templates.h"

namespace weir::prompt {
namespace {

using chat::Conversation;
using chat::Message;
using chat::Role;
using chat::ToolCall;
using chat::ToolDefinition;
using json::Json;

// The tool as the list shows it: as it was declared, else in the form of the model maker's
// examples.
std::string ToolText(const ToolDefinition& tool) {
  if (tool.declared.is_string()) return tool.declared.get<std::string>();
  if (!tool.declared.is_null()) return PythonJson(tool.declared);
  Json shown = {{"name", tool.name}, {"description", tool.description}};
  shown["parameters"] = tool.parameters.is_null()
                            ? Json{{"type", "object"}, {"properties", Json::object()}}
                            : tool.parameters;
  return PythonJson(shown);
}

// A value in a call: strings in quotes without any escaping, as the model was trained.
std::string ArgumentText(const Json& value) {
  if (value.is_string()) return "'" + value.get<std::string>() + "'";
  return value.is_object() ? PythonJson(value) : PythonRepr(value);
}

std::string PythonCallText(const ToolCall& call) {
  std::string text = call.name + "(";
  std::string_view separator;
  for (const auto& [name, value] : call.arguments.items()) {
    text += separator;
    text += name + "=" + ArgumentText(value);
    separator = ", ";
  }
  return text + ")";
}

class Lfm2Template {
 public:
  Lfm2Template(Family family, const Conversation& conversation, const RenderOptions& options,
               PromptBuilder* out)
      : family_(family), conversation_(conversation), options_(options), out_(*out) {
    for (int i = 0; i < n_messages(); ++i) {
      if (message(i).role == Role::kUser) last_user_ = i;
      if (message(i).role == Role::kAssistant) last_assistant_ = i;
    }
  }

  Status Render() {
    if (n_messages() == 0) {
      return MakeError(ErrorCode::kInvalidArgument, "conversation has no messages, expected one");
    }
    const bool lifted = message(0).role == Role::kSystem;
    RETURN_IF_ERROR(SystemTurn(lifted ? &message(0) : nullptr));
    for (int i = lifted ? 1 : 0; i < n_messages(); ++i) {
      StartMessageTurn(message(i), i, &out_);
      RETURN_IF_ERROR(message(i).role == Role::kAssistant ? AssistantTurn(i) : OtherTurn(i));
      out_.EndTurn();
    }
    return {};
  }

 private:
  int n_messages() const { return static_cast<int>(conversation_.messages.size()); }
  const Message& message(int index) const { return conversation_.messages[index]; }

  // System text and tool list share one turn, which is left out when both are empty.
  Status SystemTurn(const Message* system) {
    const bool has_text = system != nullptr && !FlattenParts(system->content).empty();
    if (!has_text && conversation_.tools.empty()) return {};
    out_.StartTurn("system");
    if (has_text) RETURN_IF_ERROR(Content(*system, 0));
    if (!conversation_.tools.empty()) ToolList(has_text);
    out_.EndTurn();
    return {};
  }

  void ToolList(bool after_text) {
    out_.Template(after_text ? "\nList of tools: " : "List of tools: ");
    if (family_ == Family::kLfm2) out_.Special("<|tool_list_start|>");
    out_.Template("[");
    for (size_t i = 0; i < conversation_.tools.size(); ++i) {
      const ToolDefinition& tool = conversation_.tools[i];
      if (i > 0) out_.Template(", ");
      out_.Text(ToolText(tool), {Origin::Kind::kToolDefinition, tool.name, static_cast<int>(i)});
    }
    out_.Template("]");
    if (family_ == Family::kLfm2) out_.Special("<|tool_list_end|>");
  }

  Status OtherTurn(int index) {
    const bool marked = family_ == Family::kLfm2 && message(index).role == Role::kTool;
    if (marked) out_.Special("<|tool_response_start|>");
    RETURN_IF_ERROR(Content(message(index), index));
    if (marked) out_.Special("<|tool_response_end|>");
    return {};
  }

  // Content of everybody but the assistant.
  Status Content(const Message& message, int index) {
    const Origin origin = OriginOf(message, index);
    if (family_ == Family::kLfm25_8B) {
      AppendParts(message.content, origin, &out_);
      return {};
    }
    ASSIGN_OR_RETURN(const std::string text, StringContent(message, index));
    out_.Text(text, origin);
    return {};
  }

  Result<std::string> StringContent(const Message& message, int index) const {
    if (message.content.is_string()) return message.content.get<std::string>();
    if (!message.content.is_null()) return PythonJson(message.content);
    return MakeError(
        ErrorCode::kInvalidArgument,
        "messages[{}] ({}) has no content; the template of {} cannot render it, give an "
        "empty text",
        index, RoleWord(message), FamilyName(family_));
  }

  bool KeepsThinking(int index) const {
    switch (family_) {
      case Family::kLfm25_8B:
        return options_.preserve_thinking || index > last_user_;
      case Family::kLfm25Instruct:
        return options_.keep_past_thinking || index == last_assistant_;
      default:
        return true;
    }
  }

  Status AssistantTurn(int index) {
    const Message& said = message(index);
    const Origin origin = OriginOf(said, index);
    const bool keep = KeepsThinking(index);
    if (out_.tokenizer() != nullptr && !said.sampled_ids.empty()) {
      ASSIGN_OR_RETURN(const std::vector<TokenId> ids,
                       SplicedIds(*out_.tokenizer(), said.sampled_ids, keep));
      out_.Splice(ids, origin);
      return {};
    }
    std::string content;
    if (family_ == Family::kLfm25_8B) {
      content = FlattenParts(said.content);
      if (keep && said.thinking) Thinking(*said.thinking, origin);
    } else {
      ASSIGN_OR_RETURN(content, StringContent(said, index));
    }
    AppendAssistantText(keep ? std::string_view(content) : AfterThinking(content), origin, &out_);
    if (family_ == Family::kLfm25_8B) Calls(said.tool_calls, index);
    return {};
  }

  void Thinking(std::string_view text, const Origin& origin) {
    out_.Special("<think>");
    out_.Text(text, origin);
    out_.Special("</think>");
  }

  void Calls(const std::vector<ToolCall>& calls, int index) {
    if (calls.empty()) return;
    out_.Special("<|tool_call_start|>");
    out_.Template("[");
    for (size_t i = 0; i < calls.size(); ++i) {
      if (i > 0) out_.Template(", ");
      out_.Text(PythonCallText(calls[i]), {Origin::Kind::kToolCall, calls[i].name, index});
    }
    out_.Template("]");
    out_.Special("<|tool_call_end|>");
  }

  const Family family_;
  const Conversation& conversation_;
  const RenderOptions& options_;
  PromptBuilder& out_;
  int last_user_ = -1;
  int last_assistant_ = -1;
};

}  // namespace

Status RenderLfm2(Family family, const Conversation& conversation, const RenderOptions& options,
                  PromptBuilder* out) {
  return Lfm2Template(family, conversation, options, out).Render();
}

}  // namespace weir::prompt
