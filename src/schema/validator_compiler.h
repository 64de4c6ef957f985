#pragma once
// Turns a schema document into the graph that Evaluator walks. Subschemas are compiled when
// something reaches them, from a queue, so that no nesting and no circle of references costs
// stack. Internal to schema/; one compiler a document, one thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/schema_index.h"
#include "schema/validator.h"
#include "schema/validator_graph.h"

namespace weir::schema {

class ValidatorCompiler {
 public:
  // Borrows the options' documents for the compiler's life.
  explicit ValidatorCompiler(const ValidatorOptions& options);

  Result<std::shared_ptr<const ValidatorGraph>> Run(const json::Json& document);

  // One keyword of a subschema, while it is compiled.
  struct Site {
    ValidatorNode& node;
    int index;  // of the node
    const json::Json& schema;
    const std::string& key;
    const json::Json& value;
  };
  using Reader = Status (ValidatorCompiler::*)(const Site& site);

  // Readers of keywords, by the shape of their values; validator_keywords.cc has the table.
  Status ReadOneSchema(const Site& site);
  Status ReadSchemaList(const Site& site);
  Status ReadSchemaMap(const Site& site);
  Status ReadItems(const Site& site);
  Status ReadAdditionalItems(const Site& site);
  Status ReadPatternProperties(const Site& site);
  Status ReadDependencies(const Site& site);
  Status ReadReference(const Site& site);
  Status ReadDynamicReference(const Site& site);
  Status ReadType(const Site& site);
  Status ReadValues(const Site& site);
  Status ReadBound(const Site& site);
  Status ReadMultipleOf(const Site& site);
  Status ReadMinCount(const Site& site);
  Status ReadMaxCount(const Site& site);
  Status ReadPattern(const Site& site);
  Status ReadFormat(const Site& site);
  Status ReadUniqueItems(const Site& site);
  Status ReadRequired(const Site& site);
  Status ReadDependentRequired(const Site& site);

 private:
  using Json = json::Json;

  // The node of a subschema; the first to ask for it says where it stands.
  Result<int> NodeAt(const Json& json, int resource, int above, std::string token);
  Result<int> NodeBelow(const Site& site, const Json& json, std::string token);
  Result<int> NodeOfReference(const Site& site);
  Status CompileQueue();
  Status CompileNode(int index, const Json& json);
  Status CompileDynamicAnchors();
  Status CheckNoCircle() const;

  Result<std::shared_ptr<const Pattern>> PatternOf(const Site& site, const std::string& source);
  Result<std::vector<std::string>> NamesOf(const Site& site, const Json& value) const;
  std::string PlaceAt(const Site& site) const { return PlaceOf(*graph_, site.node); }
  // What `read` returns for a place, which is made only where there is an error to name it.
  template <class Read>
  auto Placed(const Site& site, Read read) const {
    auto result = read(std::string());
    return result ? result : read(PlaceAt(site));
  }
  tl::unexpected<Error> Wrong(const Site& site, std::string_view expected) const;

  const ValidatorOptions options_;
  SchemaIndex index_;
  std::shared_ptr<ValidatorGraph> graph_;
  std::map<const Json*, int> node_of_;
  std::vector<std::pair<int, const Json*>> queue_;
  std::map<std::string, std::shared_ptr<const Pattern>> patterns_;
  int64_t n_pattern_instructions_ = 0;
};

// The reader of a keyword in a dialect; null for annotations and unknown keywords.
ValidatorCompiler::Reader ReaderOf(std::string_view key, const Dialect& dialect);

}  // namespace weir::schema
