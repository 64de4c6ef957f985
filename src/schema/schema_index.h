#pragma once
// Finds what $ref, $dynamicRef and $schema mean: the resources ($id), anchors and documents around
// a schema. Nothing is ever fetched; a document that nobody gave is an error.
//
// A *resource* is a document, or a part of one with an $id of its own. Internal to schema/; one
// thread; borrows every document for its own life.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::schema {

// Documents by absolute URI without fragment.
using SchemaDocuments = std::map<std::string, json::Json, std::less<>>;

// Which keywords count in a resource, as its $schema says: draft 2020-12, some of its vocabularies,
// or draft 7.
struct Dialect {
  bool draft7 = false;
  bool applicator = true;
  bool unevaluated = true;
  bool validation = true;
  bool format_assertion = false;
};

struct Resource {
  std::string uri;  // without fragment; empty for a document without $id
  Dialect dialect;
  const json::Json* root = nullptr;
  std::map<std::string, const json::Json*, std::less<>> anchors;  // $anchor and $dynamicAnchor
  std::map<std::string, const json::Json*, std::less<>> dynamic_anchors;
};

// A subschema, and how a reference names it inside its resource: "", "/a/b" or "anchor".
struct Location {
  const json::Json* json = nullptr;
  int resource = 0;
  std::string fragment;
};

class SchemaIndex {
 public:
  // `documents` may be null.
  SchemaIndex(const SchemaDocuments* documents, size_t max_subschemas)
      : documents_(documents), max_subschemas_(max_subschemas) {}

  // The resource of a document, which is read through for $id and anchors. `uri` is where it comes
  // from; empty if that is not known. Errors: kUnsupported (an unknown $schema), kInvalidArgument
  // (a malformed or repeated name), kResourceExhausted.
  Result<int> AddDocument(const json::Json& document, const std::string& uri);

  // What `reference` means in a resource. Errors: kUnsupported names a document that is not there,
  // kInvalidArgument a place that is not.
  Result<Location> Resolve(int resource, std::string_view reference);

  const Resource& resource(int index) const { return resources_[static_cast<size_t>(index)]; }
  int n_resources() const { return static_cast<int>(resources_.size()); }

  // The resource of a subschema that stands directly inside one of resource `outer`.
  int ResourceOf(const json::Json& json, int outer) const;

 private:
  Result<int> FindResource(const std::string& uri);
  Result<Dialect> DialectOf(const json::Json& root, const Dialect& outer) const;
  Result<int> Enter(const json::Json& schema, int outer);
  Result<int> AddResource(const json::Json& root, const std::string& uri, const Dialect& outer);
  Status AddAnchors(const json::Json& schema, int resource);
  Status Walk(const json::Json& document, int resource);
  const json::Json* FindDocument(const std::string& uri) const;

  const SchemaDocuments* const documents_;
  const size_t max_subschemas_;
  size_t n_subschemas_ = 0;
  std::vector<Resource> resources_;
  std::map<std::string, int> by_uri_;
  std::unordered_map<const json::Json*, int> by_root_;
};

// Calls `visit` for every subschema that stands directly inside `schema`, an object.
void ForEachSubschema(const json::Json& schema,
                      const std::function<void(const json::Json&)>& visit);

}  // namespace weir::schema
