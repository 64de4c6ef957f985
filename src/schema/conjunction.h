#pragma once
// "Both of these schemas" for schemas of the subset, which has no such keyword. Internal to
// schema/.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "json/json.h"

namespace weir::schema {

// One use, one thread.
class Conjunction {
 public:
  // The schema that a `$ref` of the subset means; null while it is not known.
  using Lookup = std::function<const json::Json*(const std::string& ref)>;

  // `lookup` may call Both.
  explicit Conjunction(Lookup lookup) : lookup_(std::move(lookup)) {}

  // A schema of the subset that accepts every value that `a` and `b` both accept. `lost` says
  // whether it accepts others as well.
  json::Json Both(const json::Json& a, const json::Json& b, bool* lost);

 private:
  using Json = json::Json;

  Json Merge(const Json& a, const Json& b);
  bool Spend(const Json& copied);
  Json GiveUp(const Json& kept);
  Json BothOfReferences(const Json& a, const Json& b);
  Json BothOfAlternatives(const Json& a, const Json& b);
  Json BothOfPlain(const Json& a, const Json& b);
  bool MergeKeyword(Json& into, const std::string& key, const Json& b);
  void MergeObjects(Json& into, const Json& b);
  void MergeArrays(Json& into, const Json& b);

  const Lookup lookup_;
  bool lost_ = false;
  int depth_ = 0;
  int64_t work_ = 0;
};

// Whether a schema of the subset accepts everything, or nothing.
bool AcceptsAll(const json::Json& schema);
bool AcceptsNothing(const json::Json& schema);

}  // namespace weir::schema
