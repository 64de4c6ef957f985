#include "mcp_client/elicitation.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/printable.h"

namespace weir::mcp_client {
namespace {

constexpr size_t kMaxFields = 64;
constexpr size_t kMaxOptions = 1000;
constexpr size_t kMaxUrlBytes = 8192;

tl::unexpected<Error> BadForm(std::string_view what, std::string_view expected) {
  return MakeError(ErrorCode::kInvalidArgument, "elicitation, {}: expected {}", Printable(what),
                   expected);
}

std::string TextOr(const json::Json& object, std::string_view key, const std::string& fallback) {
  const auto value = object.find(key);
  return value != object.end() && value->is_string() ? value->get<std::string>() : fallback;
}

std::optional<double> NumberOf(const json::Json& object, std::string_view key) {
  const auto value = object.find(key);
  if (value == object.end() || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// The choices of `schema`: "enum" with "enumNames" or none, or "oneOf"/"anyOf" of const and title.
Result<bool> ReadOptions(const json::Json& schema, ElicitField& field) {
  const auto values = schema.find("enum");
  if (values != schema.end()) {
    if (!values->is_array() || values->size() > kMaxOptions) {
      return BadForm(field.name, "\"enum\" to be an array of texts");
    }
    const auto names = schema.find("enumNames");
    for (size_t i = 0; i < values->size(); ++i) {
      const json::Json& value = (*values)[i];
      if (!value.is_string()) return BadForm(field.name, "\"enum\" to be an array of texts");
      const bool is_named = names != schema.end() && names->is_array() && i < names->size() &&
                            (*names)[i].is_string();
      field.options.emplace_back(value.get<std::string>(), is_named ? (*names)[i].get<std::string>()
                                                                    : value.get<std::string>());
    }
    return true;
  }
  for (const std::string_view key : {"oneOf", "anyOf"}) {
    const auto branches = schema.find(key);
    if (branches == schema.end()) continue;
    if (!branches->is_array() || branches->size() > kMaxOptions) {
      return BadForm(field.name, "an array of choices");
    }
    for (const json::Json& branch : *branches) {
      const auto value = branch.is_object() ? branch.find("const") : branch.end();
      if (!branch.is_object() || value == branch.end() || !value->is_string()) {
        return BadForm(field.name, "choices with a text \"const\"");
      }
      field.options.emplace_back(value->get<std::string>(),
                                 TextOr(branch, "title", value->get<std::string>()));
    }
    return true;
  }
  return false;
}

Status ReadKind(const json::Json& schema, ElicitField& field) {
  const std::string type = TextOr(schema, "type", "");
  if (type == "string") {
    ASSIGN_OR_RETURN(const bool has_options, ReadOptions(schema, field));
    field.kind = has_options ? ElicitField::Kind::kChoice : ElicitField::Kind::kText;
  } else if (type == "number") {
    field.kind = ElicitField::Kind::kNumber;
  } else if (type == "integer") {
    field.kind = ElicitField::Kind::kInteger;
  } else if (type == "boolean") {
    field.kind = ElicitField::Kind::kBoolean;
  } else if (type == "array") {
    field.kind = ElicitField::Kind::kChoices;
    const auto items = schema.find("items");
    if (items == schema.end() || !items->is_object()) {
      return BadForm(field.name, "\"items\" to be an object");
    }
    ASSIGN_OR_RETURN(const bool has_options, ReadOptions(*items, field));
    if (!has_options) return BadForm(field.name, "\"items\" to name the choices");
  } else {
    return BadForm(field.name, "the type string, number, integer, boolean or array");
  }
  return {};
}

bool HasOption(const ElicitField& field, const json::Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return std::any_of(field.options.begin(), field.options.end(),
                     [&](const auto& option) { return option.first == text; });
}

Status CheckNumber(const ElicitField& field, const json::Json& value) {
  if (!value.is_number()) return BadForm(field.name, "a number");
  const auto number = value.get<double>();
  const bool is_whole = value.is_number_integer() || std::trunc(number) == number;
  if (field.kind == ElicitField::Kind::kInteger && !is_whole) {
    return BadForm(field.name, "a whole number");
  }
  const std::optional<double> low = NumberOf(field.schema, "minimum");
  const std::optional<double> high = NumberOf(field.schema, "maximum");
  if ((low && number < *low) || (high && number > *high)) {
    return BadForm(field.name, "a number within the form's bounds");
  }
  return {};
}

// `size` within the bounds that the schema names.
Status CheckSize(const ElicitField& field, size_t size, std::string_view min, std::string_view max,
                 std::string_view what) {
  const std::optional<double> low = NumberOf(field.schema, min);
  const std::optional<double> high = NumberOf(field.schema, max);
  const auto n = static_cast<double>(size);
  if ((low && n < *low) || (high && n > *high)) return BadForm(field.name, what);
  return {};
}

Status CheckChoices(const ElicitField& field, const json::Json& value) {
  if (!value.is_array()) return BadForm(field.name, "an array of choices");
  for (const json::Json& item : value) {
    if (!HasOption(field, item)) return BadForm(field.name, "choices that the form names");
  }
  return CheckSize(field, value.size(), "minItems", "maxItems", "as many choices as the form says");
}

Status CheckValue(const ElicitField& field, const json::Json& value) {
  switch (field.kind) {
    case ElicitField::Kind::kText:
      if (!value.is_string()) return BadForm(field.name, "a text");
      return CheckSize(field, CountCodePoints(value.get_ref<const std::string&>()), "minLength",
                       "maxLength", "a text as long as the form says");
    case ElicitField::Kind::kNumber:
    case ElicitField::Kind::kInteger:
      return CheckNumber(field, value);
    case ElicitField::Kind::kBoolean:
      if (!value.is_boolean()) return BadForm(field.name, "a boolean");
      return {};
    case ElicitField::Kind::kChoice:
      if (!HasOption(field, value)) return BadForm(field.name, "a choice that the form names");
      return {};
    case ElicitField::Kind::kChoices:
      return CheckChoices(field, value);
  }
  return BadForm(field.name, "a known kind of field");
}

Result<ElicitField> ReadField(const std::string& name, const json::Json& schema) {
  ElicitField field{.name = name};
  if (!schema.is_object()) return BadForm(name, "an object");
  field.schema = schema;
  field.title = TextOr(schema, "title", "");
  field.description = TextOr(schema, "description", "");
  RETURN_IF_ERROR(ReadKind(schema, field));
  if (const auto value = schema.find("default"); value != schema.end()) {
    RETURN_IF_ERROR(CheckValue(field, *value));
    field.default_value = *value;
  }
  return field;
}

Status ReadForm(const json::Json& params, ElicitRequest& request) {
  const auto schema = params.find("requestedSchema");
  if (schema == params.end() || !schema->is_object()) {
    return BadForm("requestedSchema", "an object");
  }
  const auto properties = schema->find("properties");
  if (properties == schema->end() || !properties->is_object() || properties->size() > kMaxFields) {
    return BadForm("properties", fmt::format("an object of at most {} fields", kMaxFields));
  }
  for (const auto& [name, property] : properties->items()) {
    ASSIGN_OR_RETURN(ElicitField field, ReadField(name, property));
    request.fields.push_back(std::move(field));
  }
  const auto required = schema->find("required");
  if (required == schema->end()) return {};
  if (!required->is_array()) return BadForm("required", "an array");
  for (ElicitField& field : request.fields) {
    field.required =
        std::find(required->begin(), required->end(), json::Json(field.name)) != required->end();
  }
  return {};
}

bool IsWebUrl(std::string_view url) {
  const bool has_scheme = url.substr(0, 8) == "https://" || url.substr(0, 7) == "http://";
  return has_scheme && url.size() <= kMaxUrlBytes &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Result<ElicitRequest> ParseElicitRequest(const json::Json& params) {
  if (!params.is_object()) return BadForm("params", "an object");
  ElicitRequest request;
  const auto message = params.find("message");
  if (message == params.end() || !message->is_string()) return BadForm("message", "a text");
  request.message = message->get<std::string>();
  const std::string mode = TextOr(params, "mode", params.contains("mode") ? "" : "form");
  if (mode == "form") {
    RETURN_IF_ERROR(ReadForm(params, request));
    return request;
  }
  if (mode != "url") return BadForm("mode", "\"form\" or \"url\"");
  request.mode = ElicitRequest::Mode::kUrl;
  request.url = TextOr(params, "url", "");
  if (!IsWebUrl(request.url)) return BadForm("url", "an http or https address in ASCII");
  request.elicitation_id = TextOr(params, "elicitationId", "");
  return request;
}

json::Json WithDefaults(const std::vector<ElicitField>& fields, json::Json content) {
  if (content.is_null()) content = json::Json::object();
  for (const ElicitField& field : fields) {
    if (!field.default_value.is_null() && content.is_object() && !content.contains(field.name)) {
      content[field.name] = field.default_value;
    }
  }
  return content;
}

Status CheckContent(const std::vector<ElicitField>& fields, const json::Json& content) {
  if (!content.is_object()) return BadForm("content", "an object");
  for (const ElicitField& field : fields) {
    const auto value = content.find(field.name);
    if (value != content.end()) {
      RETURN_IF_ERROR(CheckValue(field, *value));
    } else if (field.required) {
      return BadForm(field.name, "a value");
    }
  }
  for (const auto& [name, value] : content.items()) {
    const bool is_known = std::any_of(fields.begin(), fields.end(),
                                      [&](const ElicitField& field) { return field.name == name; });
    if (!is_known) return BadForm(name, "only fields of the form");
  }
  return {};
}

Result<json::Json> ToJson(const ElicitRequest& request, const ElicitAnswer& answer) {
  switch (answer.action) {
    case ElicitAnswer::Action::kDecline:
      return json::Json{{"action", "decline"}};
    case ElicitAnswer::Action::kCancel:
      return json::Json{{"action", "cancel"}};
    case ElicitAnswer::Action::kAccept:
      break;
  }
  json::Json result{{"action", "accept"}};
  if (request.mode == ElicitRequest::Mode::kForm) {
    json::Json content = WithDefaults(request.fields, answer.content);
    RETURN_IF_ERROR(CheckContent(request.fields, content));
    result["content"] = std::move(content);
  }
  return result;
}

}  // namespace weir::mcp_client
