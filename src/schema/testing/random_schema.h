#pragma once
// Random schemas with all keywords of draft 2020-12, and random values of the same small world
// (few names, numbers and texts), so that schemas and values meet often.

#include <random>
#include <string>

#include "json/json.h"

namespace weir::schema::testing {

class RandomSchema {
 public:
  explicit RandomSchema(unsigned seed) : random_(seed) {}

  // A schema with definitions that refer to one another. It may refer to itself without end.
  json::Json Document();

  // A value that may have to do with any of them.
  json::Json Value(int depth);

 private:
  using Json = json::Json;

  Json Schema(int depth);
  void AddKeyword(Json& schema, int depth);
  void AddValueKeyword(Json& schema);
  void AddArrayKeyword(Json& schema, int depth);
  void AddObjectKeyword(Json& schema, int depth);
  void AddApplicator(Json& schema, int depth);
  Json SchemaList(int depth);
  Json Names();
  std::string Name();
  std::string Reference();
  int Int(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool OneIn(unsigned n) { return random_() % n == 0; }

  std::mt19937 random_;
};

}  // namespace weir::schema::testing
