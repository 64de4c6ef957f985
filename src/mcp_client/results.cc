#include "mcp_client/results.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "mcp/protocol.h"

namespace weir::mcp_client {
namespace {

constexpr size_t kMaxToolNameBytes = 128;
constexpr size_t kMaxCursorBytes = 16384;
constexpr size_t kMaxCompletionValues = 100;
constexpr int64_t kMaxTtlMs = 3'600'000;

tl::unexpected<Error> BadResult(std::string_view what, std::string_view expected,
                                std::string_view found) {
  return MakeError(ErrorCode::kCorruptData, "{} from the MCP server: expected {}, found {}", what,
                   expected, found);
}

const json::Json* Member(const json::Json& object, std::string_view key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : &*member;
}

std::string_view KindOf(const json::Json* value) {
  return value == nullptr ? "none" : value->type_name();
}

// A text that may be absent.
Result<std::string> OptionalText(const json::Json& object, std::string_view key,
                                 std::string_view what) {
  const json::Json* value = Member(object, key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) {
    return BadResult(what, fmt::format("\"{}\" to be a text", key), KindOf(value));
  }
  return value->get<std::string>();
}

Result<std::string> RequiredText(const json::Json& object, std::string_view key,
                                 std::string_view what) {
  const json::Json* value = Member(object, key);
  if (value == nullptr || !value->is_string()) {
    return BadResult(what, fmt::format("\"{}\" to be a text", key), KindOf(value));
  }
  return value->get<std::string>();
}

// The member, which must be an array of objects.
Result<const json::Json*> ObjectArray(const json::Json& object, std::string_view key,
                                      std::string_view what) {
  const json::Json* value = Member(object, key);
  const bool is_good = value != nullptr && value->is_array() &&
                       std::all_of(value->begin(), value->end(),
                                   [](const json::Json& item) { return item.is_object(); });
  if (!is_good) {
    return BadResult(what, fmt::format("\"{}\" to be an array of objects", key), KindOf(value));
  }
  return value;
}

bool IsToolName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxToolNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/');
         });
}

std::optional<bool> Claim(const json::Json& annotations, std::string_view key) {
  const json::Json* value = Member(annotations, key);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

// What is malformed here is a claim that is not made.
ToolAnnotations ParseAnnotations(const json::Json& tool) {
  const json::Json* annotations = Member(tool, "annotations");
  if (annotations == nullptr || !annotations->is_object()) return {};
  ToolAnnotations out;
  if (const json::Json* title = Member(*annotations, "title");
      title != nullptr && title->is_string()) {
    out.title = title->get<std::string>();
  }
  out.read_only = Claim(*annotations, "readOnlyHint");
  out.destructive = Claim(*annotations, "destructiveHint");
  out.idempotent = Claim(*annotations, "idempotentHint");
  out.open_world = Claim(*annotations, "openWorldHint");
  return out;
}

}  // namespace

Result<ListPage> ParseListPage(json::Json result, std::string_view key) {
  ListPage page;
  const auto items = result.find(key);
  if (items == result.end() || !items->is_array()) {
    return BadResult("a list", fmt::format("\"{}\" to be an array", key),
                     items == result.end() ? "none" : items->type_name());
  }
  if (const json::Json* cursor = Member(result, "nextCursor"); cursor != nullptr) {
    if (!cursor->is_string()) {
      return BadResult("a list", "\"nextCursor\" to be a text", KindOf(cursor));
    }
    page.next_cursor = cursor->get<std::string>();
    if (page.next_cursor->size() > kMaxCursorBytes) {
      return BadResult("a list", fmt::format("a cursor of at most {} bytes", kMaxCursorBytes),
                       fmt::to_string(page.next_cursor->size()));
    }
  }
  if (const json::Json* ttl = Member(result, "ttlMs"); ttl != nullptr && ttl->is_number()) {
    // Anything that is no time is none: such a list is not reused.
    const double ms = ttl->get<double>();
    page.ttl = std::chrono::milliseconds(
        ms > 0 ? static_cast<int64_t>(std::min(ms, static_cast<double>(kMaxTtlMs))) : 0);
  }
  page.items = std::move(*items);
  return page;
}

Result<ToolDescription> ParseTool(json::Json tool) {
  if (!tool.is_object()) return BadResult("a tool", "an object", tool.type_name());
  ToolDescription out;
  ASSIGN_OR_RETURN(out.name, RequiredText(tool, "name", "a tool"));
  if (!IsToolName(out.name)) {
    return BadResult("a tool",
                     fmt::format("a name of 1 to {} of A-Z a-z 0-9 _ - . /", kMaxToolNameBytes),
                     "another");
  }
  ASSIGN_OR_RETURN(out.title, OptionalText(tool, "title", "a tool"));
  ASSIGN_OR_RETURN(out.description, OptionalText(tool, "description", "a tool"));
  const json::Json* input = Member(tool, "inputSchema");
  if (input == nullptr || !input->is_object()) {
    return BadResult("a tool", "\"inputSchema\" to be an object", KindOf(input));
  }
  out.input_schema = *input;
  if (const json::Json* output = Member(tool, "outputSchema"); output != nullptr) {
    if (!output->is_object()) {
      return BadResult("a tool", "\"outputSchema\" to be an object", KindOf(output));
    }
    out.output_schema = *output;
  }
  out.annotations = ParseAnnotations(tool);
  ASSIGN_OR_RETURN(out.header_params, FindHeaderParams(out.input_schema));
  out.raw = std::move(tool);
  return out;
}

Result<CallToolResult> ParseCallToolResult(json::Json result) {
  CallToolResult out;
  const json::Json* structured = Member(result, "structuredContent");
  if (structured != nullptr) out.structured_content = *structured;
  // Early revisions left it out when there was nothing.
  if (structured == nullptr || result.contains("content")) {
    ASSIGN_OR_RETURN(const json::Json* content, ObjectArray(result, "content", "a tool's result"));
    for (const json::Json& block : *content) {
      const Result<std::string> type = RequiredText(block, "type", "a block of a tool's result");
      if (!type) return MakeError(type.error());
    }
    out.content = *content;
  }
  if (const json::Json* is_error = Member(result, "isError"); is_error != nullptr) {
    if (!is_error->is_boolean()) {
      return BadResult("a tool's result", "\"isError\" to be a boolean", KindOf(is_error));
    }
    out.is_error = is_error->get<bool>();
  }
  out.raw = std::move(result);
  return out;
}

Result<ResourceDescription> ParseResource(json::Json resource, std::string_view uri_key) {
  if (!resource.is_object()) return BadResult("a resource", "an object", resource.type_name());
  ResourceDescription out;
  ASSIGN_OR_RETURN(out.uri, RequiredText(resource, uri_key, "a resource"));
  ASSIGN_OR_RETURN(out.name, RequiredText(resource, "name", "a resource"));
  ASSIGN_OR_RETURN(out.title, OptionalText(resource, "title", "a resource"));
  ASSIGN_OR_RETURN(out.description, OptionalText(resource, "description", "a resource"));
  ASSIGN_OR_RETURN(out.mime_type, OptionalText(resource, "mimeType", "a resource"));
  out.raw = std::move(resource);
  return out;
}

Result<ReadResourceResult> ParseReadResourceResult(json::Json result) {
  ReadResourceResult out;
  ASSIGN_OR_RETURN(const json::Json* contents, ObjectArray(result, "contents", "a resource"));
  for (const json::Json& part : *contents) {
    const Result<std::string> uri = RequiredText(part, "uri", "a part of a resource");
    if (!uri) return MakeError(uri.error());
    if (!part.contains("text") && !part.contains("blob")) {
      return BadResult("a part of a resource", "\"text\" or \"blob\"", "neither");
    }
  }
  out.contents = *contents;
  out.raw = std::move(result);
  return out;
}

Result<PromptDescription> ParsePrompt(json::Json prompt) {
  if (!prompt.is_object()) return BadResult("a prompt", "an object", prompt.type_name());
  PromptDescription out;
  ASSIGN_OR_RETURN(out.name, RequiredText(prompt, "name", "a prompt"));
  ASSIGN_OR_RETURN(out.title, OptionalText(prompt, "title", "a prompt"));
  ASSIGN_OR_RETURN(out.description, OptionalText(prompt, "description", "a prompt"));
  if (prompt.contains("arguments")) {
    ASSIGN_OR_RETURN(const json::Json* arguments, ObjectArray(prompt, "arguments", "a prompt"));
    for (const json::Json& argument : *arguments) {
      PromptArgument parsed;
      ASSIGN_OR_RETURN(parsed.name, RequiredText(argument, "name", "a prompt's argument"));
      ASSIGN_OR_RETURN(parsed.description,
                       OptionalText(argument, "description", "a prompt's argument"));
      parsed.required = Claim(argument, "required").value_or(false);
      out.arguments.push_back(std::move(parsed));
    }
  }
  out.raw = std::move(prompt);
  return out;
}

Result<GetPromptResult> ParseGetPromptResult(json::Json result) {
  GetPromptResult out;
  ASSIGN_OR_RETURN(out.description, OptionalText(result, "description", "a prompt"));
  ASSIGN_OR_RETURN(const json::Json* messages, ObjectArray(result, "messages", "a prompt"));
  for (const json::Json& message : *messages) {
    const Result<std::string> role = RequiredText(message, "role", "a message of a prompt");
    if (!role) return MakeError(role.error());
    if (!message.contains("content")) {
      return BadResult("a message of a prompt", "\"content\"", "none");
    }
  }
  out.messages = *messages;
  out.raw = std::move(result);
  return out;
}

Result<CompletionResult> ParseCompletionResult(const json::Json& result) {
  const json::Json* completion = Member(result, "completion");
  const json::Json* values = completion != nullptr && completion->is_object()
                                 ? Member(*completion, "values")
                                 : nullptr;
  if (values == nullptr || !values->is_array() || values->size() > kMaxCompletionValues) {
    return BadResult("a completion",
                     fmt::format("\"values\" with at most {} texts", kMaxCompletionValues),
                     KindOf(values));
  }
  CompletionResult out;
  for (const json::Json& value : *values) {
    if (!value.is_string()) return BadResult("a completion", "texts", value.type_name());
    out.values.push_back(value.get<std::string>());
  }
  out.has_more = Claim(*completion, "hasMore").value_or(false);
  return out;
}

Result<ServerInfo> ParseServerInfo(const json::Json& result) {
  ServerInfo out;
  const json::Json* capabilities = Member(result, "capabilities");
  if (capabilities == nullptr || !capabilities->is_object()) {
    return BadResult("the greeting", "\"capabilities\" to be an object", KindOf(capabilities));
  }
  out.capabilities = *capabilities;
  ASSIGN_OR_RETURN(out.instructions, OptionalText(result, "instructions", "the greeting"));
  const json::Json* info = Member(result, "serverInfo");
  const json::Json* meta = Member(result, "_meta");
  if (info == nullptr && meta != nullptr && meta->is_object()) {
    info = Member(*meta, mcp::kMetaServerInfo);
  }
  if (info != nullptr && info->is_object()) {
    ASSIGN_OR_RETURN(out.name, OptionalText(*info, "name", "the greeting"));
    ASSIGN_OR_RETURN(out.version, OptionalText(*info, "version", "the greeting"));
  }
  return out;
}

}  // namespace weir::mcp_client
