#include "catalog/definition.h"

#include <fmt/format.h>

#include <array>

#include "base/crypto.h"
#include "base/printable.h"
#include "catalog/identity.h"
#include "catalog/untrusted.h"

namespace weir::catalog {
namespace {

constexpr auto kPinnedMembers = std::to_array<const char*>(
    {"name", "title", "description", "inputSchema", "outputSchema", "annotations"});
constexpr size_t kMaxAnnotationBytes = 4 << 10;
constexpr size_t kBlockColumns = 74;  // of 80, less the mark of a diff and of the line

// Reads the members of one tool; the first problem is kept.
class ToolReader {
 public:
  explicit ToolReader(const json::Json& tool) : tool_(tool) {}

  std::string Text(const char* key) {
    const auto found = tool_.find(key);
    if (found == tool_.end()) return "";
    if (!found->is_string()) {
      Say("'{}' is a {}; expected a text", key, found->type_name());
      return "";
    }
    const auto& text = found->get_ref<const std::string&>();
    if (text.size() > kMaxTextBytes) {
      Say("'{}' has {} bytes; at most {} are taken", key, text.size(), kMaxTextBytes);
    }
    return text;
  }

  // Null when it is not there.
  json::Json Object(const char* key, size_t max_bytes) {
    const auto found = tool_.find(key);
    if (found == tool_.end()) return nullptr;
    if (!found->is_object()) {
      Say("'{}' is a {}; expected an object", key, found->type_name());
      return nullptr;
    }
    const size_t bytes = json::Dump(*found).size();
    if (bytes > max_bytes) {
      Say("'{}' has {} bytes; at most {} are taken", key, bytes, max_bytes);
      return nullptr;
    }
    return *found;
  }

  template <class... Args>
  void Say(fmt::format_string<Args...> format, Args&&... args) {
    if (problem_.empty()) problem_ = fmt::format(format, std::forward<Args>(args)...);
  }
  const std::string& problem() const { return problem_; }

 private:
  const json::Json& tool_;
  std::string problem_;
};

// The first text in `value` that can not be seen as it is; "" when there is none.
std::string HiddenText(const json::Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return IsPlainlyVisible(text) ? "" : Visible(text);
  }
  for (const json::Json& item : value) {
    if (!item.is_structured() && !item.is_string()) continue;
    if (std::string hidden = HiddenText(item); !hidden.empty()) return hidden;
  }
  return "";
}

bool HoldsFixedValues(std::string_view keyword) {
  return keyword == "enum" || keyword == "const" || keyword == "required";
}

// A name or fixed value of a schema with characters nobody can see; "" when there is none. A model
// would have to write it, and a person to approve it.
std::string HiddenName(const json::Json& schema) {
  if (schema.is_array()) {
    for (const json::Json& item : schema) {
      if (std::string hidden = HiddenName(item); !hidden.empty()) return hidden;
    }
  }
  if (!schema.is_object()) return "";
  for (const auto& [key, value] : schema.items()) {
    if (!IsPlainlyVisible(key)) return Visible(key);
    std::string hidden =
        HoldsFixedValues(key) && !value.is_object() ? HiddenText(value) : HiddenName(value);
    if (!hidden.empty()) return hidden;
  }
  return "";
}

// How many bytes of `line` fit: up to a blank where there is one, and no character cut.
size_t FittingBytes(std::string_view line) {
  if (line.size() <= kBlockColumns) return line.size();
  const size_t blank = line.rfind(' ', kBlockColumns - 1);
  if (blank != std::string_view::npos && blank > kBlockColumns / 2) return blank + 1;
  size_t end = kBlockColumns;
  while (end > 1 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

// Every line behind "  | ", what does not fit into it on further ones behind "  > ".
void AppendLine(std::string_view line, std::string* out) {
  std::string_view mark = "  | ";
  do {
    const size_t n = FittingBytes(line);
    *out += mark;
    *out += line.substr(0, n);
    *out += '\n';
    line.remove_prefix(n);
    mark = "  > ";
  } while (!line.empty());
}

void AppendBlock(std::string_view heading, std::string_view text, std::string* out) {
  *out += heading;
  *out += '\n';
  while (true) {
    const size_t end = text.find('\n');
    AppendLine(text.substr(0, end), out);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// Sorted by keys, so that only a difference that counts shows.
json::Json Sorted(const json::Json& value) {
  const Result<std::string> canonical = json::Canonical(value);
  if (!canonical) return value;
  Result<json::Json> sorted = json::Parse(*canonical);
  return sorted ? *std::move(sorted) : value;
}

}  // namespace

Result<Definition> ReadDefinition(const json::Json& tool) {
  if (!tool.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a tool definition is a {}; an object is expected", tool.type_name());
  }
  ToolReader reader(tool);
  Definition read;
  read.name = reader.Text("name");
  if (reader.problem().empty()) RETURN_IF_ERROR(CheckToolName(read.name));
  read.title = reader.Text("title");
  read.description = reader.Text("description");
  read.input_schema = reader.Object("inputSchema", kMaxSchemaBytes);
  if (read.input_schema.is_null()) reader.Say("'inputSchema' is missing; an object is expected");
  read.output_schema = reader.Object("outputSchema", kMaxSchemaBytes);
  read.annotations = reader.Object("annotations", kMaxAnnotationBytes);
  if (const std::string hidden = HiddenName(read.input_schema); !hidden.empty()) {
    reader.Say("its schema has a name or value with characters that can not be seen: '{}'", hidden);
  }
  for (const char* member : kPinnedMembers) {
    if (const auto found = tool.find(member); found != tool.end()) read.pinned[member] = *found;
  }
  if (const auto canonical = json::Canonical(read.pinned); !canonical) {
    reader.Say("{}", canonical.error().message);
  }
  if (reader.problem().empty()) return read;
  return MakeError(ErrorCode::kInvalidArgument, "tool '{}': {}", Printable(read.name),
                   reader.problem());
}

Result<std::string> CanonicalDefinition(const Definition& definition) {
  return json::Canonical(definition.pinned);
}

std::string PinDigest(std::string_view canonical_definition, std::string_view program_hash) {
  // Canonical already: the keys are in order and the hash holds nothing that JSON would escape.
  return Sha256Hex(fmt::format(R"({{"definition":{},"program":{}}})", canonical_definition,
                               json::Dump(std::string(program_hash))));
}

std::string DefinitionText(const json::Json& pinned) {
  std::string out;
  for (const char* member : kPinnedMembers) {
    const auto found = pinned.find(member);
    if (found == pinned.end()) continue;
    if (found->is_string()) {
      AppendBlock(member, Visible(found->get_ref<const std::string&>(), {.keep_newlines = true}),
                  &out);
    } else {
      AppendBlock(member,
                  Visible(Sorted(*found).dump(2, ' ', false, json::Json::error_handler_t::replace),
                          {.keep_newlines = true, .double_backslash = false}),
                  &out);
    }
  }
  return out;
}

}  // namespace weir::catalog
