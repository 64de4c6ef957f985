#include "schema/compiler.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "schema/keyword_readers.h"
#include "schema/messages.h"
#include "schema/pointer.h"

namespace weir::schema {
namespace {

constexpr int kMaxDepth = 64;  // of nested subschemas
constexpr size_t kMaxNodes = 10'000;
constexpr size_t kMaxPointerBytes = 4'000;  // every node keeps its own

// Keywords that say nothing about validity.
constexpr std::array<std::string_view, 18> kAnnotations = {
    "title",         "description", "default",     "examples",        "example",
    "$schema",       "$id",         "$comment",    "deprecated",      "readOnly",
    "writeOnly",     "$defs",       "definitions", "contentEncoding", "contentMediaType",
    "contentSchema", "$anchor",     "$vocabulary"};

bool IsAnnotation(std::string_view key) {
  return key.starts_with("x-") ||
         std::find(kAnnotations.begin(), kAnnotations.end(), key) != kAnnotations.end();
}

// The only keyword of a subschema besides annotations and `key`, if there is one.
std::optional<std::string> Sibling(const json::Json& schema, std::string_view key) {
  for (const auto& item : schema.items()) {
    if (item.key() != key && !IsAnnotation(item.key())) return item.key();
  }
  return std::nullopt;
}

}  // namespace

Result<Schema> Compiler::Run() {
  ASSIGN_OR_RETURN(schema_.root_, NodeAt(document_, "", 0));
  std::vector<int> marks(schema_.nodes_.size(), 0);
  for (size_t i = 0; i < schema_.nodes_.size(); ++i) {
    RETURN_IF_ERROR(CheckNoCycle(static_cast<int>(i), marks));
  }
  FilterValues();
  RETURN_IF_ERROR(CheckAlternatives());
  return std::move(schema_);
}

int Compiler::AddNode(std::string pointer) {
  Node node;
  node.pointer = std::move(pointer);
  schema_.nodes_.push_back(std::move(node));
  return static_cast<int>(schema_.nodes_.size()) - 1;
}

// The schema `true`, which items and properties have by default.
int Compiler::AnyNode() {
  if (any_node_ < 0) {
    any_node_ = AddNode("");
    Node& node = schema_.nodes_[static_cast<size_t>(any_node_)];
    node.items = any_node_;
    node.additional = any_node_;
  }
  return any_node_;
}

Result<int> Compiler::NodeAt(const Json& json, const std::string& pointer, int depth) {
  if (const auto it = node_of_.find(pointer); it != node_of_.end()) return it->second;
  if (depth > kMaxDepth) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "schema nests deeper than {} at {}, or its $refs run in a circle", kMaxDepth,
                     Place(pointer));
  }
  if (pointer.size() > kMaxPointerBytes) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "a subschema stands at a place of more than {} bytes: '{}'", kMaxPointerBytes,
                     Short(pointer));
  }
  if (schema_.nodes_.size() >= kMaxNodes) {
    return MakeError(ErrorCode::kResourceExhausted, "schema has more than {} subschemas",
                     kMaxNodes);
  }
  if (!json.is_object() && !json.is_boolean()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the subschema at {} must be an object or a boolean, found {}", Place(pointer),
                     Json(json).type_name());
  }
  if (json.is_object() && (json.contains("$ref") || json.contains("allOf"))) {
    ASSIGN_OR_RETURN(const int target, FollowRef(json, pointer, depth));
    node_of_[pointer] = target;
    return target;
  }
  return Fill(json, pointer, depth);
}

// A subschema that is only another one: {"$ref": ...} or {"allOf": [one]}.
Result<int> Compiler::FollowRef(const Json& json, const std::string& pointer, int depth) {
  const std::string key = json.contains("$ref") ? "$ref" : "allOf";
  if (const std::optional<std::string> sibling = Sibling(json, key)) {
    return MakeError(
        ErrorCode::kUnsupported,
        "keyword '{}' beside '{}' at {} is not supported; write the constraint into the "
        "schema that '{}' names",
        *sibling, key, Place(pointer), key);
  }
  const Json& value = json.at(key);
  if (key == "$ref") {
    if (!value.is_string()) return Malformed(pointer, key, "a string", value);
    RETURN_IF_ERROR(CheckOneBase(value));
    ASSIGN_OR_RETURN(const Target target, Resolve(document_, value.get<std::string>()));
    return NodeAt(*target.json, target.pointer, depth + 1);
  }
  if (!value.is_array() || value.size() != 1) {
    return MakeError(ErrorCode::kUnsupported,
                     "keyword 'allOf' at {} is supported with exactly one subschema; merge them",
                     Place(pointer));
  }
  return NodeAt(value[0], Append(Append(pointer, "allOf"), 0), depth + 1);
}

// An $id below the root gives the references there another base, which Resolve does not know.
Status Compiler::CheckOneBase(const Json& ref) {
  if (!inner_id_) {
    inner_id_ = "";
    std::vector<const Json*> open = {&document_};
    while (!open.empty() && inner_id_->empty()) {
      const Json* json = open.back();
      open.pop_back();
      const auto id = json->is_object() && json != &document_ ? json->find("$id") : json->end();
      if (id != json->end() && id->is_string()) inner_id_ = json::Dump(*id).substr(0, 100);
      if (!json->is_structured()) continue;
      for (const Json& part : *json) open.push_back(&part);
    }
  }
  if (inner_id_->empty()) return {};
  return MakeError(ErrorCode::kUnsupported,
                   "$ref {} is not supported beside '$id' {} below the root, which may change what "
                   "it means",
                   json::Dump(ref).substr(0, 100), *inner_id_);
}

Result<int> Compiler::Fill(const Json& json, const std::string& pointer, int depth) {
  const int index = AddNode(pointer);
  node_of_[pointer] = index;
  // Filled aside: compiling a part may move the nodes.
  Node node;
  node.pointer = pointer;
  node.items = AnyNode();
  node.additional = AnyNode();
  if (json.is_boolean()) {
    if (!json.get<bool>()) node.kinds = 0;
  } else {
    for (const auto& item : json.items()) {
      if (item.key() == "required" || IsAnnotation(item.key())) continue;
      if (Status status = ReadKeyword(node, item.key(), item.value(), depth); !status) {
        return MakeError(std::move(status).error());
      }
    }
    if (json.contains("required")) RETURN_IF_ERROR(ReadRequired(node, json.at("required")));
    if (!node.any_of.empty()) {
      const std::string key = node.exactly_one ? "oneOf" : "anyOf";
      if (const std::optional<std::string> sibling = Sibling(json, key)) {
        return MakeError(ErrorCode::kUnsupported,
                         "keyword '{}' beside '{}' at {} is not supported; write it into each "
                         "alternative",
                         *sibling, key, Place(pointer));
      }
    }
  }
  schema_.nodes_[static_cast<size_t>(index)] = std::move(node);
  return index;
}

Status Compiler::ReadKeyword(Node& node, const std::string& key, const Json& value, int depth) {
  bool known = true;
  if (key == "type") {
    ASSIGN_OR_RETURN(node.kinds, ReadKinds(node.pointer, value));
  } else if (key == "enum" || key == "const") {
    RETURN_IF_ERROR(ReadValues(node, key, value));
  } else if (key == "anyOf" || key == "oneOf") {
    RETURN_IF_ERROR(ReadAlternatives(node, key, value, depth));
  } else {
    known = false;
  }
  if (!known) RETURN_IF_ERROR(ReadNumberKeyword(node, key, value, &known));
  if (!known) RETURN_IF_ERROR(ReadStringKeyword(node, key, value, &known));
  if (!known) RETURN_IF_ERROR(ReadArrayKeyword(node, key, value, depth, &known));
  if (!known) RETURN_IF_ERROR(ReadObjectKeyword(node, key, value, depth, &known));
  if (known) return {};
  return MakeError(ErrorCode::kUnsupported, "keyword '{}' at {} is not supported", key,
                   Place(node.pointer));
}

Status Compiler::ReadNumberKeyword(Node& node, const std::string& key, const Json& value,
                                   bool* known) {
  *known = true;
  if (key == "minimum" || key == "exclusiveMinimum") {
    ASSIGN_OR_RETURN(const Decimal bound, ReadNumber(node.pointer, key, value));
    Tighten(node.minimum, {bound, key == "exclusiveMinimum"}, 1);
  } else if (key == "maximum" || key == "exclusiveMaximum") {
    ASSIGN_OR_RETURN(const Decimal bound, ReadNumber(node.pointer, key, value));
    Tighten(node.maximum, {bound, key == "exclusiveMaximum"}, -1);
  } else if (key == "multipleOf") {
    ASSIGN_OR_RETURN(node.multiple_of, ReadStep(node.pointer, key, value));
  } else {
    *known = false;
  }
  return {};
}

Status Compiler::ReadStringKeyword(Node& node, const std::string& key, const Json& value,
                                   bool* known) {
  *known = true;
  if (key == "minLength") {
    ASSIGN_OR_RETURN(node.length.min, ReadCount(node.pointer, key, value));
  } else if (key == "maxLength") {
    ASSIGN_OR_RETURN(node.length.max, ReadCount(node.pointer, key, value));
  } else if (key == "pattern") {
    if (!value.is_string()) return Malformed(node.pointer, key, "a string", value);
    Result<std::shared_ptr<const Pattern>> pattern = Pattern::Compile(value.get<std::string>());
    if (!pattern) return MakeError(pattern.error().WithContext("at " + Place(node.pointer)));
    node.pattern = *std::move(pattern);
  } else if (key == "format") {
    if (!value.is_string()) return Malformed(node.pointer, key, "a string", value);
    node.format = value.get<std::string>();
  } else {
    *known = false;
  }
  return {};
}

Status Compiler::ReadArrayKeyword(Node& node, const std::string& key, const Json& value, int depth,
                                  bool* known) {
  *known = true;
  const std::string pointer = Append(node.pointer, key);
  if (key == "items") {
    ASSIGN_OR_RETURN(node.items, NodeAt(value, pointer, depth + 1));
  } else if (key == "prefixItems") {
    if (!value.is_array()) return Malformed(node.pointer, key, "a list of schemas", value);
    for (size_t i = 0; i < value.size(); ++i) {
      ASSIGN_OR_RETURN(const int item, NodeAt(value[i], Append(pointer, i), depth + 1));
      node.prefix_items.push_back(item);
    }
  } else if (key == "minItems") {
    ASSIGN_OR_RETURN(node.n_items.min, ReadCount(node.pointer, key, value));
  } else if (key == "maxItems") {
    ASSIGN_OR_RETURN(node.n_items.max, ReadCount(node.pointer, key, value));
  } else if (key == "uniqueItems") {
    if (!value.is_boolean()) return Malformed(node.pointer, key, "a boolean", value);
    node.unique_items = value.get<bool>();
  } else {
    *known = false;
  }
  return {};
}

Status Compiler::ReadObjectKeyword(Node& node, const std::string& key, const Json& value, int depth,
                                   bool* known) {
  *known = true;
  if (key == "properties") {
    RETURN_IF_ERROR(ReadProperties(node, value, depth));
  } else if (key == "additionalProperties") {
    ASSIGN_OR_RETURN(node.additional, NodeAt(value, Append(node.pointer, key), depth + 1));
    node.additional_declared = true;
  } else if (key == "minProperties") {
    ASSIGN_OR_RETURN(node.n_properties.min, ReadCount(node.pointer, key, value));
  } else if (key == "maxProperties") {
    ASSIGN_OR_RETURN(node.n_properties.max, ReadCount(node.pointer, key, value));
  } else {
    *known = false;
  }
  return {};
}

Status Compiler::ReadProperties(Node& node, const Json& value, int depth) {
  if (!value.is_object()) return Malformed(node.pointer, "properties", "an object", value);
  const std::string pointer = Append(node.pointer, "properties");
  for (const auto& item : value.items()) {
    ASSIGN_OR_RETURN(const int child, NodeAt(item.value(), Append(pointer, item.key()), depth + 1));
    node.properties.push_back({item.key(), child, false});
  }
  return {};
}

Status Compiler::ReadRequired(Node& node, const Json& value) {
  if (!value.is_array()) return Malformed(node.pointer, "required", "a list of names", value);
  for (const Json& item : value) {
    if (!item.is_string()) return Malformed(node.pointer, "required", "a list of names", value);
    const auto name = item.get<std::string>();
    const auto it = std::find_if(node.properties.begin(), node.properties.end(),
                                 [&](const Property& p) { return p.name == name; });
    if (it != node.properties.end()) {
      it->required = true;
    } else {
      node.properties.push_back({name, node.additional, true});
    }
  }
  return {};
}

Status Compiler::ReadAlternatives(Node& node, const std::string& key, const Json& list, int depth) {
  if (!list.is_array() || list.empty()) {
    return Malformed(node.pointer, key, "a non-empty list of schemas", list);
  }
  const std::string pointer = Append(node.pointer, key);
  if (!node.any_of.empty()) return {};  // both anyOf and oneOf: Fill names the second as a sibling
  node.exactly_one = key == "oneOf";
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(const int alternative, NodeAt(list[i], Append(pointer, i), depth + 1));
    node.any_of.push_back(alternative);
  }
  return {};
}

Status Compiler::ReadValues(Node& node, const std::string& key, const Json& value) {
  std::vector<Json> values;
  if (key == "const") {
    values.push_back(value);
  } else {
    if (!value.is_array() || value.empty()) {
      return Malformed(node.pointer, key, "a non-empty list of values", value);
    }
    values.assign(value.begin(), value.end());
  }
  if (node.values) {  // enum and const: those in both
    std::erase_if(values, [&](const Json& v) {
      return std::none_of(node.values->begin(), node.values->end(),
                          [&](const Json& w) { return Equal(v, w); });
    });
  }
  node.values = std::move(values);
  return {};
}

}  // namespace weir::schema
