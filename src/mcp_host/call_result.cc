#include "mcp_host/call_result.h"

#include <fmt/format.h>

#include "catalog/untrusted.h"
#include "tools/json_fields.h"
#include "tools/text.h"

namespace weir::mcp_host {
namespace {

constexpr size_t kMaxShownBytes = 300;  // of a name, type or address

std::string TextMember(const json::Json& block, const char* name) {
  return tools::StringFieldOr(block, name, "").value_or("");
}

std::string Short(const std::string& text) {
  return std::string(tools::ClipUtf8(catalog::Visible(text), kMaxShownBytes));
}

// Base64 takes four characters for three bytes.
std::string MediaLine(const char* kind, const json::Json& block) {
  const auto bytes = static_cast<int64_t>(TextMember(block, "data").size() / 4 * 3);
  return fmt::format("[{} of type {}, {}, not shown]", kind, Short(TextMember(block, "mimeType")),
                     tools::FormatBytes(bytes));
}

std::string ResourceText(const json::Json& block) {
  const auto resource = block.find("resource");
  if (resource == block.end() || !resource->is_object()) return "[an empty resource]";
  const std::string uri = Short(TextMember(*resource, "uri"));
  if (resource->contains("text")) {
    return fmt::format("[resource {}]\n{}", uri, TextMember(*resource, "text"));
  }
  return fmt::format("[resource {}, not text]", uri);
}

std::string BlockText(const json::Json& block) {
  if (!block.is_object()) return "[something that is no content]";
  const std::string type = TextMember(block, "type");
  if (type == "text") return TextMember(block, "text");
  if (type == "image") return MediaLine("an image", block);
  if (type == "audio") return MediaLine("sound", block);
  if (type == "resource") return ResourceText(block);
  if (type == "resource_link") {
    return fmt::format("[link to {}: {}]", Short(TextMember(block, "name")),
                       Short(TextMember(block, "uri")));
  }
  return fmt::format("[content of the unknown type '{}']", Short(type));
}

}  // namespace

tools::ToolResult MakeToolResult(const std::string& server, const json::Json& content,
                                 const json::Json& structured, bool is_error) {
  tools::ToolResult result;
  result.is_error = is_error;
  std::string text;
  if (content.is_array()) {
    for (const json::Json& block : content) {
      if (!text.empty() && text.back() != '\n') text += '\n';
      text += BlockText(block);
      if (text.size() > kMaxResultBytes) break;
    }
  }
  if (!structured.is_null()) {
    const std::string dumped = json::Dump(structured);
    if (dumped.size() <= kMaxStructuredBytes) {
      result.data = structured;
      if (text.empty()) text = dumped;
    } else {
      text += fmt::format("\n[structured content of {} left out]",
                          tools::FormatBytes(static_cast<int64_t>(dumped.size())));
    }
  }
  text = catalog::CleanForModel(text, kMaxResultBytes);
  const size_t begin = text.find_first_not_of(" \t\n");
  text.erase(0, begin == std::string::npos ? text.size() : begin);
  const size_t end = text.find('\n');
  std::string first = text.substr(0, end);
  if (first.empty()) first = is_error ? "an error without a word" : "done; nothing was said";
  result.summary = fmt::format("[{}] {}", server, first);
  if (end != std::string::npos) result.text = text.substr(end + 1);
  return result;
}

tools::ToolResult ServerErrorResult(const std::string& server, const Error& error) {
  tools::ToolResult result = tools::ErrorResult(error);
  result.summary = std::string(
      tools::ClipUtf8(catalog::RemoveInvisible(result.summary), catalog::kMaxDescriptionBytes));
  if (result.summary.find(server) == std::string::npos) {
    result.summary = fmt::format("MCP server '{}': {}", server, result.summary);
  }
  return result;
}

}  // namespace weir::mcp_host
