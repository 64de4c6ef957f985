#include "schema/schema_index.h"

#include <algorithm>
#include <array>
#include <utility>

#include "schema/json_shape.h"
#include "schema/messages.h"
#include "schema/metaschema.h"
#include "schema/pointer.h"
#include "schema/uri.h"

namespace weir::schema {
namespace {

using json::Json;

// Every relative $id inside repeats its base.
constexpr size_t kMaxUriBytes = 2'000;

constexpr std::array<std::string_view, 12> kHoldsOneSchema = {
    "items", "additionalItems",  "additionalProperties",  "contains", "propertyNames",
    "not",   "unevaluatedItems", "unevaluatedProperties", "if",       "then",
    "else",  "contentSchema"};
constexpr std::array<std::string_view, 5> kHoldsList = {"allOf", "anyOf", "oneOf", "prefixItems",
                                                        "items"};
constexpr std::array<std::string_view, 6> kHoldsMap = {
    "$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies"};

template <size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsSchema(const Json& json) { return json.is_object() || json.is_boolean(); }

// The string under `key`; null if there is none.
const std::string* StringAt(const Json& object, const char* key) {
  const auto it = object.find(key);
  const bool found = it != object.end() && it->is_string();
  return found ? it->get_ptr<const std::string*>() : nullptr;
}

// What the vocabularies of a meta-schema ask for.
Result<Dialect> DialectOfVocabularies(const Json& metaschema, std::string_view uri) {
  Dialect dialect;
  const auto vocabularies = metaschema.find("$vocabulary");
  if (vocabularies == metaschema.end() || !vocabularies->is_object()) return dialect;
  dialect = {.applicator = false, .unevaluated = false, .validation = false};
  constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
  for (const auto& item : vocabularies->items()) {
    const std::string& name = item.key();
    const std::string_view known =
        name.starts_with(kPrefix) ? std::string_view(name).substr(kPrefix.size()) : "";
    if (known == "applicator") {
      dialect.applicator = true;
    } else if (known == "unevaluated") {
      dialect.unevaluated = true;
    } else if (known == "validation") {
      dialect.validation = true;
    } else if (known == "format-assertion") {
      dialect.format_assertion = true;
    } else if (known != "core" && known != "meta-data" && known != "content" &&
               known != "format-annotation" && item.value() != false) {
      return MakeError(ErrorCode::kUnsupported,
                       "meta-schema '{}' requires the vocabulary '{}', which is not known",
                       Short(uri), Short(name));
    }
  }
  return dialect;
}

}  // namespace

void ForEachSubschema(const Json& schema, const std::function<void(const Json&)>& visit) {
  for (const auto& item : schema.items()) {
    const Json& value = item.value();
    const std::string& key = item.key();
    if (IsSchema(value) && Contains(kHoldsOneSchema, key)) visit(value);
    const bool holds_many = (value.is_array() && Contains(kHoldsList, key)) ||
                            (value.is_object() && Contains(kHoldsMap, key));
    if (!holds_many) continue;
    for (const Json& part : value) {
      if (IsSchema(part)) visit(part);
    }
  }
}

Result<int> SchemaIndex::AddDocument(const Json& document, const std::string& uri) {
  RETURN_IF_ERROR(CountValues(document));
  ASSIGN_OR_RETURN(const int resource, AddResource(document, uri, Dialect{}));
  RETURN_IF_ERROR(Walk(document, resource));
  return resource;
}

// `uri` is where a document comes from, or the base that an $id inside is resolved against; `outer`
// the dialect where the root names none.
Result<int> SchemaIndex::AddResource(const Json& root, const std::string& uri,
                                     const Dialect& outer) {
  Resource resource;
  resource.root = &root;
  ASSIGN_OR_RETURN(resource.dialect, DialectOf(root, outer));
  resource.uri = uri;
  const std::string* id = root.is_object() ? StringAt(root, "$id") : nullptr;
  // In draft 7 a $ref hides what stands beside it, and an $id may be what is an $anchor now.
  if (id != nullptr && resource.dialect.draft7 && (root.contains("$ref") || id->starts_with("#"))) {
    id = nullptr;
  }
  if (id != nullptr) {
    const SplitUri split = SplitFragment(ResolveUri(uri, *id));
    if (!split.fragment.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "$id '{}' must have no fragment; write '$anchor' for a name inside",
                       Short(*id));
    }
    resource.uri = split.uri;
  }
  if (resource.uri.size() > kMaxUriBytes) {
    return MakeError(ErrorCode::kResourceExhausted, "the $id '{}' has more than {} bytes",
                     Short(resource.uri), kMaxUriBytes);
  }
  const int index = static_cast<int>(resources_.size());
  if (!by_uri_.try_emplace(resource.uri, index).second) {
    return MakeError(ErrorCode::kInvalidArgument, "two schemas have the $id '{}'",
                     Short(resource.uri));
  }
  // A document is known by where it comes from as well.
  by_uri_.try_emplace(uri, index);
  by_root_[&root] = index;
  resources_.push_back(std::move(resource));
  return index;
}

Result<Dialect> SchemaIndex::DialectOf(const Json& root, const Dialect& outer) const {
  const std::string* schema = root.is_object() ? StringAt(root, "$schema") : nullptr;
  if (schema == nullptr) return outer;
  const std::string uri = SplitFragment(*schema).uri;
  if (uri == kMetaschema2020Uri) return Dialect{};
  if (uri == kMetaschema7Uri || uri == "https://json-schema.org/draft-07/schema") {
    return Dialect{.draft7 = true, .unevaluated = false};
  }
  const Json* const document = FindDocument(uri);
  if (document == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     "$schema '{}' is neither JSON Schema draft 2020-12 nor draft 7",
                     Short(*schema));
  }
  return DialectOfVocabularies(*document, uri);
}

const Json* SchemaIndex::FindDocument(const std::string& uri) const {
  if (documents_ != nullptr) {
    const auto it = documents_->find(uri);
    if (it != documents_->end()) return &it->second;
  }
  return BuiltinMetaschema(uri);
}

Status SchemaIndex::Walk(const Json& document, int resource) {
  struct Visit {
    const Json* schema;
    int resource;
  };
  std::vector<Visit> open = {{&document, resource}};
  while (!open.empty()) {
    const Visit visit = open.back();
    open.pop_back();
    if (!visit.schema->is_object()) continue;
    if (++n_subschemas_ > max_subschemas_) {
      return MakeError(ErrorCode::kResourceExhausted, "schema has more than {} subschemas",
                       max_subschemas_);
    }
    ASSIGN_OR_RETURN(const int inside, Enter(*visit.schema, visit.resource));
    ForEachSubschema(*visit.schema, [&](const Json& part) { open.push_back({&part, inside}); });
  }
  return {};
}

// The resource that a subschema belongs to, which is a new one if it has an $id.
Result<int> SchemaIndex::Enter(const Json& schema, int outer) {
  int inside = ResourceOf(schema, outer);
  const std::string* id = StringAt(schema, "$id");
  if (id != nullptr && inside == outer && resource(outer).root != &schema) {
    const Dialect& dialect = resource(outer).dialect;
    const bool is_name = dialect.draft7 && (id->starts_with("#") || schema.contains("$ref"));
    if (!is_name) {
      const std::string base = resource(outer).uri;
      ASSIGN_OR_RETURN(inside, AddResource(schema, base, Dialect(dialect)));
    }
  }
  RETURN_IF_ERROR(AddAnchors(schema, inside));
  return inside;
}

Status SchemaIndex::AddAnchors(const Json& schema, int index) {
  Resource& resource = resources_[static_cast<size_t>(index)];
  const auto add = [&](const std::string& name) -> Status {
    const auto [it, is_new] = resource.anchors.try_emplace(name, &schema);
    if (is_new || it->second == &schema) return {};
    return MakeError(ErrorCode::kInvalidArgument, "the anchor '{}' stands at two places of '{}'",
                     Short(name), Short(resource.uri));
  };
  if (resource.dialect.draft7) {
    const std::string* id = StringAt(schema, "$id");
    const bool is_name = id != nullptr && id->starts_with("#") && !schema.contains("$ref");
    if (is_name && id->size() > 1 && (*id)[1] != '/') return add(id->substr(1));
    return {};
  }
  if (const std::string* name = StringAt(schema, "$anchor")) RETURN_IF_ERROR(add(*name));
  if (const std::string* name = StringAt(schema, "$dynamicAnchor")) {
    RETURN_IF_ERROR(add(*name));
    resource.dynamic_anchors[*name] = &schema;
  }
  return {};
}

int SchemaIndex::ResourceOf(const Json& json, int outer) const {
  const auto it = by_root_.find(&json);
  return it == by_root_.end() ? outer : it->second;
}

Result<int> SchemaIndex::FindResource(const std::string& uri) {
  if (const auto it = by_uri_.find(uri); it != by_uri_.end()) return it->second;
  const Json* const document = FindDocument(uri);
  if (document == nullptr && uri.starts_with(kMetaVocabularyPrefix)) {
    RETURN_IF_ERROR(FindResource(std::string(kMetaschema2020Uri)));
    if (const auto it = by_uri_.find(uri); it != by_uri_.end()) return it->second;
  }
  if (document == nullptr) {
    return MakeError(ErrorCode::kUnsupported,
                     "schema '{}' is referred to but not there; references to other documents are "
                     "never fetched",
                     Short(uri));
  }
  ASSIGN_OR_RETURN(const int resource, AddDocument(*document, uri));
  return resource;
}

Result<Location> SchemaIndex::Resolve(int from, std::string_view reference) {
  const SplitUri target = SplitFragment(ResolveUri(resource(from).uri, reference));
  ASSIGN_OR_RETURN(const int found, FindResource(target.uri));
  Location location{resource(found).root, found, target.fragment};
  if (target.fragment.empty()) return location;
  if (!target.fragment.starts_with("/")) {
    const auto it = resource(found).anchors.find(target.fragment);
    if (it == resource(found).anchors.end()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "reference '{}' points to nothing: no anchor '{}'", Short(reference),
                       Short(target.fragment));
    }
    location.json = it->second;
    return location;
  }
  for (const std::string& token : FragmentTokens(target.fragment)) {
    location.json = Child(*location.json, token);
    if (location.json == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument, "reference '{}' points to nothing",
                       Short(reference));
    }
    location.resource = ResourceOf(*location.json, location.resource);
  }
  return location;
}

}  // namespace weir::schema
