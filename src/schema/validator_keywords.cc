// What each keyword means to the full validator: the table of keywords, and a reader for every
// shape of value.

#include <map>

#include "schema/equality_key.h"
#include "schema/keyword_readers.h"
#include "schema/messages.h"
#include "schema/pointer.h"
#include "schema/validator_compiler.h"

namespace weir::schema {
namespace {

using json::Json;
using VC = ValidatorCompiler;

// Where a keyword belongs. `Old` is draft 7 alone, `New` draft 2020-12 alone.
enum class Part { kCore, kCoreNew, kApply, kApplyNew, kApplyOld, kUnevaluated, kCheck, kCheckNew };

struct KeywordRow {
  Part part;
  VC::Reader read;
};

const std::map<std::string_view, KeywordRow>& Keywords() {
  static const std::map<std::string_view, KeywordRow> kKeywords = {
      {"$ref", {Part::kCore, &VC::ReadReference}},
      {"$dynamicRef", {Part::kCoreNew, &VC::ReadDynamicReference}},
      {"allOf", {Part::kApply, &VC::ReadSchemaList}},
      {"anyOf", {Part::kApply, &VC::ReadSchemaList}},
      {"oneOf", {Part::kApply, &VC::ReadSchemaList}},
      {"not", {Part::kApply, &VC::ReadOneSchema}},
      {"if", {Part::kApply, &VC::ReadOneSchema}},
      {"then", {Part::kApply, &VC::ReadOneSchema}},
      {"else", {Part::kApply, &VC::ReadOneSchema}},
      {"dependentSchemas", {Part::kApplyNew, &VC::ReadSchemaMap}},
      {"dependencies", {Part::kApply, &VC::ReadDependencies}},
      {"prefixItems", {Part::kApplyNew, &VC::ReadSchemaList}},
      {"items", {Part::kApply, &VC::ReadItems}},
      {"additionalItems", {Part::kApplyOld, &VC::ReadAdditionalItems}},
      {"contains", {Part::kApply, &VC::ReadOneSchema}},
      {"properties", {Part::kApply, &VC::ReadSchemaMap}},
      {"patternProperties", {Part::kApply, &VC::ReadPatternProperties}},
      {"additionalProperties", {Part::kApply, &VC::ReadOneSchema}},
      {"propertyNames", {Part::kApply, &VC::ReadOneSchema}},
      {"unevaluatedItems", {Part::kUnevaluated, &VC::ReadOneSchema}},
      {"unevaluatedProperties", {Part::kUnevaluated, &VC::ReadOneSchema}},
      {"type", {Part::kCheck, &VC::ReadType}},
      {"enum", {Part::kCheck, &VC::ReadValues}},
      {"const", {Part::kCheck, &VC::ReadValues}},
      {"minimum", {Part::kCheck, &VC::ReadBound}},
      {"exclusiveMinimum", {Part::kCheck, &VC::ReadBound}},
      {"maximum", {Part::kCheck, &VC::ReadBound}},
      {"exclusiveMaximum", {Part::kCheck, &VC::ReadBound}},
      {"multipleOf", {Part::kCheck, &VC::ReadMultipleOf}},
      {"minLength", {Part::kCheck, &VC::ReadMinCount}},
      {"maxLength", {Part::kCheck, &VC::ReadMaxCount}},
      {"pattern", {Part::kCheck, &VC::ReadPattern}},
      {"format", {Part::kCore, &VC::ReadFormat}},
      {"minItems", {Part::kCheck, &VC::ReadMinCount}},
      {"maxItems", {Part::kCheck, &VC::ReadMaxCount}},
      {"uniqueItems", {Part::kCheck, &VC::ReadUniqueItems}},
      {"minContains", {Part::kCheckNew, &VC::ReadMinCount}},
      {"maxContains", {Part::kCheckNew, &VC::ReadMaxCount}},
      {"minProperties", {Part::kCheck, &VC::ReadMinCount}},
      {"maxProperties", {Part::kCheck, &VC::ReadMaxCount}},
      {"required", {Part::kCheck, &VC::ReadRequired}},
      {"dependentRequired", {Part::kCheckNew, &VC::ReadDependentRequired}},
  };
  return kKeywords;
}

bool Counts(Part part, const Dialect& dialect) {
  switch (part) {
    case Part::kCore:
      return true;
    case Part::kCoreNew:
      return !dialect.draft7;
    case Part::kApply:
      return dialect.applicator;
    case Part::kApplyNew:
      return dialect.applicator && !dialect.draft7;
    case Part::kApplyOld:
      return dialect.draft7;
    case Part::kUnevaluated:
      return dialect.unevaluated;
    case Part::kCheck:
      return dialect.validation;
    case Part::kCheckNew:
      return dialect.validation && !dialect.draft7;
  }
  return false;
}

int& OneSchemaField(ValidatorNode& node, std::string_view key) {
  static const std::map<std::string_view, int ValidatorNode::*> kFields = {
      {"not", &ValidatorNode::negated},
      {"if", &ValidatorNode::condition},
      {"then", &ValidatorNode::then_branch},
      {"else", &ValidatorNode::else_branch},
      {"contains", &ValidatorNode::contains},
      {"additionalProperties", &ValidatorNode::additional},
      {"propertyNames", &ValidatorNode::property_names},
      {"unevaluatedItems", &ValidatorNode::unevaluated_items},
      {"unevaluatedProperties", &ValidatorNode::unevaluated_properties},
  };
  return node.*(kFields.at(key));
}

std::vector<int>& SchemaListField(ValidatorNode& node, std::string_view key) {
  if (key == "allOf") return node.all_of;
  if (key == "anyOf") return node.any_of;
  return key == "oneOf" ? node.one_of : node.prefix_items;
}

CountRange& CountField(ValidatorNode& node, std::string_view key) {
  const std::string_view what = key.substr(3);  // behind min or max
  if (what == "Length") return node.length;
  if (what == "Items") return node.n_items;
  return what == "Contains" ? node.n_contains : node.n_properties;
}

}  // namespace

VC::Reader ReaderOf(std::string_view key, const Dialect& dialect) {
  const auto it = Keywords().find(key);
  return it != Keywords().end() && Counts(it->second.part, dialect) ? it->second.read : nullptr;
}

// ---- subschemas ----

Status VC::ReadOneSchema(const Site& site) {
  ASSIGN_OR_RETURN(OneSchemaField(site.node, site.key),
                   NodeBelow(site, site.value, Append("", site.key)));
  return {};
}

Status VC::ReadSchemaList(const Site& site) {
  if (!site.value.is_array() || site.value.empty()) {
    return Wrong(site, "a non-empty list of schemas");
  }
  for (size_t i = 0; i < site.value.size(); ++i) {
    ASSIGN_OR_RETURN(const int node,
                     NodeBelow(site, site.value[i], Append(Append("", site.key), i)));
    SchemaListField(site.node, site.key).push_back(node);
  }
  return {};
}

Status VC::ReadSchemaMap(const Site& site) {
  if (!site.value.is_object()) return Wrong(site, "an object of schemas");
  NodeMap& nodes = site.key == "properties" ? site.node.properties : site.node.dependent_schemas;
  for (const auto& item : site.value.items()) {
    ASSIGN_OR_RETURN(nodes[item.key()],
                     NodeBelow(site, item.value(), Append(Append("", site.key), item.key())));
  }
  return {};
}

// Draft 7 knows a list here, which is called prefixItems now.
Status VC::ReadItems(const Site& site) {
  if (!site.value.is_array() || !index_.resource(site.node.resource).dialect.draft7) {
    ASSIGN_OR_RETURN(site.node.items, NodeBelow(site, site.value, "/items"));
    return {};
  }
  for (size_t i = 0; i < site.value.size(); ++i) {
    ASSIGN_OR_RETURN(const int node, NodeBelow(site, site.value[i], Append("/items", i)));
    site.node.prefix_items.push_back(node);
  }
  return {};
}

Status VC::ReadAdditionalItems(const Site& site) {
  const auto items = site.schema.find("items");
  if (items == site.schema.end() || !items->is_array()) return {};
  ASSIGN_OR_RETURN(site.node.items, NodeBelow(site, site.value, "/additionalItems"));
  return {};
}

Status VC::ReadPatternProperties(const Site& site) {
  if (!site.value.is_object()) return Wrong(site, "an object of schemas");
  for (const auto& item : site.value.items()) {
    PatternProperty property;
    ASSIGN_OR_RETURN(property.pattern, PatternOf(site, item.key()));
    ASSIGN_OR_RETURN(property.node,
                     NodeBelow(site, item.value(), Append("/patternProperties", item.key())));
    site.node.pattern_properties.push_back(std::move(property));
  }
  return {};
}

Status VC::ReadDependencies(const Site& site) {
  if (!site.value.is_object()) return Wrong(site, "an object");
  for (const auto& item : site.value.items()) {
    if (item.value().is_array()) {
      ASSIGN_OR_RETURN(site.node.dependent_required[item.key()], NamesOf(site, item.value()));
    } else {
      ASSIGN_OR_RETURN(site.node.dependent_schemas[item.key()],
                       NodeBelow(site, item.value(), Append("/dependencies", item.key())));
    }
  }
  return {};
}

Result<int> VC::NodeOfReference(const Site& site) {
  if (!site.value.is_string()) return Wrong(site, "a string");
  Result<Location> target =
      index_.Resolve(site.node.resource, site.value.get_ref<const std::string&>());
  if (!target) return MakeError(target.error().WithContext("at " + Place(PlaceAt(site))));
  return NodeAt(*target->json, target->resource, kNoNode, target->fragment);
}

Status VC::ReadReference(const Site& site) {
  ASSIGN_OR_RETURN(site.node.ref, NodeOfReference(site));
  return {};
}

Status VC::ReadDynamicReference(const Site& site) {
  ASSIGN_OR_RETURN(site.node.dynamic_ref, NodeOfReference(site));
  ASSIGN_OR_RETURN(const Location target,
                   index_.Resolve(site.node.resource, site.value.get_ref<const std::string&>()));
  if (index_.resource(target.resource).dynamic_anchors.contains(target.fragment)) {
    site.node.dynamic_anchor = target.fragment;
  }
  return {};
}

// ---- values ----

Status VC::ReadType(const Site& site) {
  ASSIGN_OR_RETURN(site.node.kinds, Placed(site, [&](const std::string& place) {
                     return ReadKinds(place, site.value);
                   }));
  return {};
}

Status VC::ReadValues(const Site& site) {
  const bool is_const = site.key == "const";
  if (!is_const && !site.value.is_array()) return Wrong(site, "a list of values");
  std::vector<Json> values;
  if (is_const) {
    values.push_back(site.value);
  } else {
    for (const Json& value : site.value) values.push_back(value);
  }
  ListedValues listed;
  for (const Json& value : values) {
    listed.kinds |= KindOf(value);
    listed.keys.insert(EqualityKey(value));
  }
  listed.shown = ShowList(values);
  (is_const ? site.node.constant : site.node.listed) = std::move(listed);
  return {};
}

Status VC::ReadBound(const Site& site) {
  ASSIGN_OR_RETURN(const Decimal bound, Placed(site, [&](const std::string& place) {
                     return ReadNumber(place, site.key, site.value);
                   }));
  const bool exclusive = site.key.starts_with("exclusive");
  if (site.key == "minimum" || site.key == "exclusiveMinimum") {
    Tighten(site.node.minimum, {bound, exclusive}, 1);
  } else {
    Tighten(site.node.maximum, {bound, exclusive}, -1);
  }
  return {};
}

Status VC::ReadMultipleOf(const Site& site) {
  ASSIGN_OR_RETURN(site.node.multiple_of, Placed(site, [&](const std::string& place) {
                     return ReadStep(place, site.key, site.value);
                   }));
  return {};
}

Status VC::ReadMinCount(const Site& site) {
  ASSIGN_OR_RETURN(CountField(site.node, site.key).min, Placed(site, [&](const std::string& place) {
                     return ReadCount(place, site.key, site.value);
                   }));
  return {};
}

Status VC::ReadMaxCount(const Site& site) {
  ASSIGN_OR_RETURN(CountField(site.node, site.key).max, Placed(site, [&](const std::string& place) {
                     return ReadCount(place, site.key, site.value);
                   }));
  return {};
}

Status VC::ReadPattern(const Site& site) {
  if (!site.value.is_string()) return Wrong(site, "a string");
  ASSIGN_OR_RETURN(site.node.pattern, PatternOf(site, site.value.get_ref<const std::string&>()));
  return {};
}

Status VC::ReadFormat(const Site& site) {
  if (!site.value.is_string()) return Wrong(site, "a string");
  const bool enforced =
      options_.assert_formats || index_.resource(site.node.resource).dialect.format_assertion;
  if (enforced) site.node.format = site.value.get<std::string>();
  return {};
}

Status VC::ReadUniqueItems(const Site& site) {
  if (!site.value.is_boolean()) return Wrong(site, "a boolean");
  site.node.unique_items = site.value.get<bool>();
  return {};
}

Status VC::ReadRequired(const Site& site) {
  ASSIGN_OR_RETURN(site.node.required, NamesOf(site, site.value));
  return {};
}

Status VC::ReadDependentRequired(const Site& site) {
  if (!site.value.is_object()) return Wrong(site, "an object of lists of names");
  for (const auto& item : site.value.items()) {
    ASSIGN_OR_RETURN(site.node.dependent_required[item.key()], NamesOf(site, item.value()));
  }
  return {};
}

}  // namespace weir::schema
