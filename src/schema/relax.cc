#include "schema/relax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "schema/conjunction.h"
#include "schema/json_shape.h"
#include "schema/messages.h"
#include "schema/pattern.h"
#include "schema/pointer.h"
#include "schema/schema.h"
#include "schema/validator.h"
#include "schema/validator_compiler.h"

namespace weir::schema {
namespace {

using json::Json;

// Larger schemas are not offered in detail: they are beyond what a prompt holds.
constexpr int64_t kMaxRelaxedValues = 20'000;
constexpr int kMaxRelaxDepth = 24;
constexpr int kMaxDefineDepth = 20;  // of definitions merged into one another
constexpr size_t kMaxDropped = 50;

// Keywords that the subset has too, with values that hold no schemas.
constexpr std::array<std::string_view, 18> kKeptAsTheyAre = {
    "type",      "enum",          "const",        "minimum",   "exclusiveMinimum",
    "maximum",   "format",        "multipleOf",   "minLength", "exclusiveMaximum",
    "maxLength", "pattern",       "minItems",     "maxItems",  "uniqueItems",
    "required",  "maxProperties", "minProperties"};

// Handled together with another keyword, or without meaning alone.
constexpr std::array<std::string_view, 9> kHandledElsewhere = {
    "$ref", "allOf",       "anyOf",       "oneOf",          "then",
    "else", "minContains", "maxContains", "additionalItems"};

template <size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Relaxer {
 public:
  // Without `keep_one_of`, "exactly one" becomes "any".
  Relaxer(const SchemaDocuments* documents, bool keep_one_of)
      : index_(documents, ValidatorOptions{}.max_subschemas),
        keep_one_of_(keep_one_of),
        both_([this](const std::string& ref) { return Meaning(ref); }) {}

  // The whole document, which Validator takes.
  Result<RelaxedSchema> Run(const Json& document);

 private:
  struct Definition {
    Location target;
    Json relaxed;
    enum class State { kNew, kOpen, kDone } state = State::kNew;
  };

  Json Relax(const Json& schema, int outer);
  Json RelaxOwn(const Json& schema, int resource);
  Json RelaxBelow(const Json& schema, int resource, std::string token);
  void RelaxObject(const Json& schema, int resource, Json& relaxed);
  void RelaxArray(const Json& schema, int resource, Json& relaxed);
  Json RelaxReference(const std::string& reference, int resource);
  Json RelaxAlternatives(const Json& list, int resource, const std::string& key);
  Json Add(const Json& schema, const Json& part, const std::string& keyword);

  const Json* Meaning(const std::string& ref);
  void Define(const std::string& name);
  std::string NameOf(const Location& target);
  void Drop(std::string_view keyword);

  SchemaIndex index_;
  const bool keep_one_of_;
  Conjunction both_;
  std::map<const Json*, std::string> names_;  // of definitions
  std::map<std::string, Definition> definitions_;
  std::vector<std::string> order_;  // their names, as they were met
  int define_depth_ = 0;
  std::string base_;               // place of the definition that is being relaxed
  std::vector<std::string> path_;  // from there
  std::vector<std::string> dropped_;
  std::set<std::string> known_drops_;
};

Result<RelaxedSchema> Relaxer::Run(const Json& document) {
  ASSIGN_OR_RETURN(const int resource, index_.AddDocument(document, ""));
  NameOf(Location{&document, resource, ""});
  for (size_t i = 0; i < order_.size(); ++i) Define(std::string(order_[i]));
  RelaxedSchema result;
  result.document = definitions_.at(order_[0]).relaxed;
  Json others = Json::object();
  for (size_t i = 1; i < order_.size(); ++i) {
    others[order_[i]] = std::move(definitions_.at(order_[i]).relaxed);
  }
  if (!others.empty() && result.document.is_object()) result.document["$defs"] = std::move(others);
  result.dropped = std::move(dropped_);
  return result;
}

// Relaxes a definition, once.
void Relaxer::Define(const std::string& name) {
  Definition& definition = definitions_.at(name);
  if (definition.state != Definition::State::kNew) return;
  definition.state = Definition::State::kOpen;
  const Location& target = definition.target;
  const std::string outer_base =
      std::exchange(base_, index_.resource(target.resource).uri + "#" + target.fragment);
  std::vector<std::string> outer_path = std::exchange(path_, {});
  definition.relaxed = Relax(*target.json, target.resource);
  base_ = outer_base;
  path_ = std::move(outer_path);
  definition.state = Definition::State::kDone;
}

// What a reference that NameOf made stands for; null inside its own definition.
const Json* Relaxer::Meaning(const std::string& ref) {
  const std::string name = ref == "#" ? order_[0] : ref.substr(std::string_view("#/$defs/").size());
  if (define_depth_ >= kMaxDefineDepth) return nullptr;
  ++define_depth_;
  Define(name);
  --define_depth_;
  const Definition& definition = definitions_.at(name);
  return definition.state == Definition::State::kDone ? &definition.relaxed : nullptr;
}

// A name for a definition, new if need be: the last word of how it is referred to.
std::string Relaxer::NameOf(const Location& target) {
  const auto [it, is_new] = names_.try_emplace(target.json);
  if (!is_new) return it->second;
  std::string name;
  for (const char c : target.fragment.substr(target.fragment.rfind('/') + 1).substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name.push_back(plain ? c : '_');
  }
  if (name.empty()) name = "schema";
  const std::string stem = name;
  for (size_t n = order_.size(); definitions_.contains(name); ++n) {
    name = fmt::format("{}_{}", stem, n);
  }
  definitions_[name].target = target;
  order_.push_back(name);
  it->second = name;
  return name;
}

void Relaxer::Drop(std::string_view keyword) {
  if (dropped_.size() >= kMaxDropped) return;
  std::string place = base_;
  for (const std::string& token : path_) place += token;
  std::string drop = fmt::format("'{}' at '{}'", keyword, Short(place));
  if (known_drops_.insert(drop).second) dropped_.push_back(std::move(drop));
}

Json Relaxer::RelaxBelow(const Json& schema, int resource, std::string token) {
  path_.push_back(std::move(token));
  Json relaxed = Relax(schema, resource);
  path_.pop_back();
  return relaxed;
}

Json Relaxer::Relax(const Json& schema, int outer) {
  if (!schema.is_object()) return schema;
  const int resource = index_.ResourceOf(schema, outer);
  const Dialect dialect = index_.resource(resource).dialect;
  if (path_.size() > kMaxRelaxDepth) {
    Drop("everything");
    return true;
  }
  const auto part = [&](const char* key) -> const Json* {
    const auto it = schema.find(key);
    return it != schema.end() && ReaderOf(key, dialect) != nullptr ? &*it : nullptr;
  };
  const Json* const ref = part("$ref");
  if (ref != nullptr && dialect.draft7) return RelaxReference(ref->get<std::string>(), resource);
  Json relaxed = RelaxOwn(schema, resource);
  if (ref != nullptr) {
    relaxed = Add(relaxed, RelaxReference(ref->get<std::string>(), resource), "$ref");
  }
  if (const Json* const all = part("allOf")) {
    for (size_t i = 0; i < all->size(); ++i) {
      relaxed = Add(relaxed, RelaxBelow((*all)[i], resource, Append("/allOf", i)), "allOf");
    }
  }
  for (const char* const key : {"anyOf", "oneOf"}) {
    const Json* const list = part(key);
    if (list != nullptr) relaxed = Add(relaxed, RelaxAlternatives(*list, resource, key), key);
  }
  return relaxed;
}

Json Relaxer::Add(const Json& schema, const Json& part, const std::string& keyword) {
  bool lost = false;
  Json both = both_.Both(schema, part, &lost);
  if (lost) Drop(keyword);
  return both;
}

// The keywords of the schema itself.
Json Relaxer::RelaxOwn(const Json& schema, int resource) {
  const Dialect dialect = index_.resource(resource).dialect;
  Json relaxed = Json::object();
  for (const auto& item : schema.items()) {
    const std::string& key = item.key();
    if (ReaderOf(key, dialect) == nullptr || IsOneOf(kHandledElsewhere, key)) continue;
    if (key == "enum" && item.value().empty()) return false;
    if (key == "properties" || key == "additionalProperties" || key == "items" ||
        key == "prefixItems") {
      continue;
    }
    if (IsOneOf(kKeptAsTheyAre, key)) {
      relaxed[key] = item.value();
    } else if (key != "unevaluatedProperties") {
      Drop(key);
    }
  }
  RelaxObject(schema, resource, relaxed);
  RelaxArray(schema, resource, relaxed);
  return relaxed;
}

void Relaxer::RelaxObject(const Json& schema, int resource, Json& relaxed) {
  const Dialect dialect = index_.resource(resource).dialect;
  const auto part = [&](const char* key) -> const Json* {
    const auto it = schema.find(key);
    return it != schema.end() && ReaderOf(key, dialect) != nullptr ? &*it : nullptr;
  };
  if (const Json* const properties = part("properties")) {
    Json named = Json::object();
    for (const auto& item : properties->items()) {
      named[item.key()] = RelaxBelow(item.value(), resource, Append("/properties", item.key()));
    }
    relaxed["properties"] = std::move(named);
  }
  const Json* rest = part("additionalProperties");
  const char* rest_key = "additionalProperties";
  if (const Json* const unevaluated = part("unevaluatedProperties")) {
    // Alone it is the same as additionalProperties.
    const std::array<const char*, 6> others = {"$ref", "allOf", "anyOf", "oneOf", "if", "not"};
    const bool alone = rest == nullptr && part("$dynamicRef") == nullptr &&
                       part("dependentSchemas") == nullptr && part("dependencies") == nullptr &&
                       std::all_of(others.begin(), others.end(),
                                   [&](const char* k) { return part(k) == nullptr; });
    if (alone) {
      rest = unevaluated;
      rest_key = "unevaluatedProperties";
    } else {
      Drop("unevaluatedProperties");
    }
  }
  if (rest == nullptr) return;
  Json others = Json::array({RelaxBelow(*rest, resource, Append("", rest_key))});
  // A name that a pattern matches is none of the rest, but the subset has no patterns for names.
  if (const Json* const patterns = part("patternProperties")) {
    for (const auto& item : patterns->items()) {
      others.push_back(
          RelaxBelow(item.value(), resource, Append("/patternProperties", item.key())));
    }
  }
  const bool any = std::any_of(others.begin(), others.end(), AcceptsAll);
  Json kept = Json::array();
  for (Json& other : others) {
    if (!AcceptsNothing(other)) kept.push_back(std::move(other));
  }
  relaxed["additionalProperties"] = any               ? Json(true)
                                    : kept.empty()    ? Json(false)
                                    : kept.size() > 1 ? Json{{"anyOf", kept}}
                                                      : kept[0];
}

void Relaxer::RelaxArray(const Json& schema, int resource, Json& relaxed) {
  const Dialect dialect = index_.resource(resource).dialect;
  if (!dialect.applicator) return;
  const auto items = schema.find("items");
  const bool has_list = dialect.draft7 && items != schema.end() && items->is_array();
  const char* const first_key = dialect.draft7 ? "items" : "prefixItems";
  const char* const rest_key = has_list ? "additionalItems" : "items";
  if (has_list || (!dialect.draft7 && schema.contains("prefixItems"))) {
    Json first = Json::array();
    const Json& list = schema.at(first_key);
    for (size_t i = 0; i < list.size(); ++i) {
      first.push_back(RelaxBelow(list[i], resource, Append(Append("", first_key), i)));
    }
    relaxed["prefixItems"] = std::move(first);
  }
  const auto rest = schema.find(rest_key);
  if (rest != schema.end()) {
    relaxed["items"] = RelaxBelow(*rest, resource, Append("", rest_key));
  }
}

Json Relaxer::RelaxReference(const std::string& reference, int resource) {
  const Result<Location> target = index_.Resolve(resource, reference);
  if (!target) {  // Validator has refused it
    Drop("$ref");
    return true;
  }
  const std::string name = NameOf(*target);
  return Json{{"$ref", name == order_[0] ? "#" : "#/$defs/" + name}};
}

Json Relaxer::RelaxAlternatives(const Json& list, int resource, const std::string& key) {
  Json parts = Json::array();
  for (size_t i = 0; i < list.size(); ++i) {
    Json part = RelaxBelow(list[i], resource, Append(Append("", key), i));
    if (!AcceptsNothing(part)) parts.push_back(std::move(part));
  }
  if (parts.empty()) return false;
  if (parts.size() == 1) return parts[0];
  const bool any = std::any_of(parts.begin(), parts.end(), AcceptsAll);
  if (key == "oneOf" && (any || !keep_one_of_)) Drop(key);
  if (any) return true;
  return Json{{keep_one_of_ ? key : "anyOf", std::move(parts)}};
}

// What may be said of any schema that is too much for the subset.
RelaxedSchema LastResort(const Json& document) {
  const bool is_object =
      document.is_object() && document.contains("type") && document.at("type") == "object";
  return {is_object ? Json{{"type", "object"}} : Json(true), {"everything but the type at '#'"}};
}

bool HasKey(const Json& document, const std::string& key) {
  std::vector<const Json*> open = {&document};
  while (!open.empty()) {
    const Json* const json = open.back();
    open.pop_back();
    if (!json->is_structured()) continue;
    if (json->is_object() && json->contains(key)) return true;
    for (const Json& part : *json) open.push_back(&part);
  }
  return false;
}

// Whether what the subset takes of the document means the same there: one base, all vocabularies,
// and in draft 7 no keyword that is new.
Result<bool> IsPlain(const Json& document, const SchemaDocuments* documents) {
  SchemaIndex index(documents, ValidatorOptions{}.max_subschemas);
  ASSIGN_OR_RETURN(const int resource, index.AddDocument(document, ""));
  const Dialect& dialect = index.resource(resource).dialect;
  return index.n_resources() == 1 && dialect.applicator && dialect.validation &&
         !(dialect.draft7 && HasKey(document, "prefixItems"));
}

}  // namespace

Result<RelaxedSchema> RelaxForGrammar(const Json& document, const SchemaDocuments* documents) {
  RETURN_IF_ERROR(Validator::Compile(document, {.documents = documents}));
  ASSIGN_OR_RETURN(const bool plain, IsPlain(document, documents));
  if (plain && Schema::Compile(document)) return RelaxedSchema{document, {}};
  ASSIGN_OR_RETURN(const int64_t n_values, CountValues(document));
  if (n_values > kMaxRelaxedValues) return LastResort(document);
  for (const bool keep_one_of : {true, false}) {
    ASSIGN_OR_RETURN(RelaxedSchema relaxed, Relaxer(documents, keep_one_of).Run(document));
    if (Schema::Compile(relaxed.document)) return relaxed;
  }
  return LastResort(document);
}

}  // namespace weir::schema
