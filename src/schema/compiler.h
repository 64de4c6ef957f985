#pragma once
// Turns a schema document into the nodes of a Schema. Internal to schema/; one compiler a document,
// one thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "schema/schema.h"

namespace weir::schema {

class Compiler {
 public:
  // Borrows the document for the compiler's life.
  explicit Compiler(const json::Json& document) : document_(document) {}

  Result<Schema> Run();

 private:
  using Json = json::Json;

  // The node of the subschema at `pointer`; its index is known before its parts are compiled, so
  // that a $ref may lead back to it.
  Result<int> NodeAt(const Json& json, const std::string& pointer, int depth);
  Status CheckOneBase(const Json& ref);
  Result<int> FollowRef(const Json& json, const std::string& pointer, int depth);
  Result<int> Fill(const Json& json, const std::string& pointer, int depth);
  int AddNode(std::string pointer);
  int AnyNode();

  Status ReadKeyword(Node& node, const std::string& key, const Json& value, int depth);
  Status ReadNumberKeyword(Node& node, const std::string& key, const Json& value, bool* known);
  Status ReadStringKeyword(Node& node, const std::string& key, const Json& value, bool* known);
  Status ReadArrayKeyword(Node& node, const std::string& key, const Json& value, int depth,
                          bool* known);
  Status ReadObjectKeyword(Node& node, const std::string& key, const Json& value, int depth,
                           bool* known);
  Status ReadAlternatives(Node& node, const std::string& key, const Json& list, int depth);
  Status ReadProperties(Node& node, const Json& value, int depth);
  Status ReadRequired(Node& node, const Json& value);
  static Status ReadValues(Node& node, const std::string& key, const Json& value);

  // Checks that need all nodes.
  Status CheckAlternatives() const;
  Status CheckNoCycle(int index, std::vector<int>& marks) const;
  bool Exclude(int a, int b, int depth) const;
  bool ExcludeByProperty(const Node& a, const Node& b, int depth) const;
  void FilterValues();

  const Json& document_;
  Schema schema_;
  std::map<std::string, int, std::less<>> node_of_;  // by pointer
  int any_node_ = -1;
  std::optional<std::string> inner_id_;  // an $id below the root, empty if there is none; on demand
};

}  // namespace weir::schema
