#include "tools/call_reply.h"

#include "tools/json_fields.h"

namespace weir::tools {

std::string TextBlocks(const json::Json& reply) {
  std::string text;
  const auto content = reply.find("content");
  if (content == reply.end() || !content->is_array()) return text;
  for (const json::Json& block : *content) {
    if (StringFieldOr(block, "type", "").value_or("") != "text") continue;
    text += StringFieldOr(block, "text", "").value_or("");
  }
  return text;
}

bool SaysError(const json::Json& reply) {
  const auto flag = reply.find("isError");
  return flag != reply.end() && flag->is_boolean() && flag->get<bool>();
}

ToolResult ResultOfReply(const json::Json& reply) {
  ToolResult result;
  result.is_error = SaysError(reply);
  const std::string text = TextBlocks(reply);
  const size_t end = text.find('\n');
  result.summary = text.substr(0, end);
  if (end != std::string::npos) result.text = text.substr(end + 1);
  if (const auto data = reply.find("structuredContent"); data != reply.end()) result.data = *data;
  if (const auto meta = reply.find("_meta"); meta != reply.end()) {
    result.undo_id = StringFieldOr(*meta, "weir/undo", "").value_or("");
  }
  return result;
}

}  // namespace weir::tools
