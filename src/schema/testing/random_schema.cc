#include "schema/testing/random_schema.h"

#include <array>
#include <utility>

namespace weir::schema::testing {

using json::Json;

Json RandomSchema::Document() {
  Json document = Schema(3);
  if (!document.is_object()) document = Json{{"not", document}};
  Json definitions = Json::object();
  for (const char* name : {"a", "b", "c"}) definitions[name] = Schema(2);
  document["$defs"] = std::move(definitions);
  return document;
}

Json RandomSchema::Value(int depth) {
  static const std::array<const char*, 6> kTexts = {"", "a", "ab", "b", "bbb", "2024-02-29"};
  switch (Int(0, depth > 0 ? 9 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return OneIn(2);
    case 2:
    case 3:
      return OneIn(4) ? Json(Int(-2, 8) / 2.0) : Json(Int(-1, 4));
    case 4:
    case 5:
      return kTexts[static_cast<size_t>(Int(0, 5))];
    case 6:
    case 7: {
      Json array = Json::array();
      for (int i = Int(0, 3); i > 0; --i) array.push_back(Value(depth - 1));
      return array;
    }
    default: {
      Json object = Json::object();
      for (int i = Int(0, 4); i > 0; --i) object[Name()] = Value(depth - 1);
      return object;
    }
  }
}

std::string RandomSchema::Name() {
  static const std::array<const char*, 4> kNames = {"a", "b", "c", "ab"};
  return kNames[static_cast<size_t>(Int(0, 3))];
}

std::string RandomSchema::Reference() {
  static const std::array<const char*, 4> kReferences = {"#/$defs/a", "#/$defs/b", "#/$defs/c",
                                                         "#"};
  return kReferences[static_cast<size_t>(OneIn(8) ? 3 : Int(0, 2))];
}

Json RandomSchema::Names() {
  Json names = Json::array();
  for (int i = Int(0, 2); i > 0; --i) names.push_back(Name());
  return names;
}

Json RandomSchema::SchemaList(int depth) {
  Json list = Json::array();
  for (int i = Int(1, 3); i > 0; --i) list.push_back(Schema(depth - 1));
  return list;
}

Json RandomSchema::Schema(int depth) {
  if (OneIn(8)) return !OneIn(4);
  Json schema = Json::object();
  if (OneIn(2)) {
    static const std::array<const char*, 9> kTypes = {
        "object", "object", "object", "array", "array", "string", "number", "integer", "null"};
    Json type = kTypes[static_cast<size_t>(Int(0, 8))];
    schema["type"] = OneIn(4) ? Json::array({type, "string"}) : type;
    if (type == "string") schema["type"] = "string";
  }
  for (int i = Int(1, 3); i > 0; --i) AddKeyword(schema, depth);
  return schema;
}

void RandomSchema::AddKeyword(Json& schema, int depth) {
  const int choice = depth > 0 ? Int(0, 9) : 0;
  if (choice <= 2) {
    AddValueKeyword(schema);
  } else if (choice <= 4) {
    AddArrayKeyword(schema, depth - 1);
  } else if (choice <= 7) {
    AddObjectKeyword(schema, depth - 1);
  } else {
    AddApplicator(schema, depth - 1);
  }
}

void RandomSchema::AddValueKeyword(Json& schema) {
  switch (Int(0, 8)) {
    case 0: {
      Json values = Json::array();
      for (int i = Int(1, 4); i > 0; --i) values.push_back(Value(1));
      schema["enum"] = std::move(values);
      break;
    }
    case 1:
      schema["const"] = Value(1);
      break;
    case 2:
      schema[OneIn(2) ? "minimum" : "exclusiveMinimum"] = Int(-1, 2);
      break;
    case 3:
      schema[OneIn(2) ? "maximum" : "exclusiveMaximum"] = Int(0, 4);
      break;
    case 4:
      schema["multipleOf"] = OneIn(2) ? Json(0.5) : Json(Int(1, 3));
      break;
    case 5:
      schema["minLength"] = Int(0, 2);
      break;
    case 6:
      schema["maxLength"] = Int(0, 3);
      break;
    case 7:
      schema["pattern"] = OneIn(2) ? "^a" : "b$";
      break;
    default:
      schema["format"] = "date";
  }
}

void RandomSchema::AddArrayKeyword(Json& schema, int depth) {
  switch (Int(0, 6)) {
    case 0:
      schema["items"] = Schema(depth);
      break;
    case 1:
      schema["prefixItems"] = SchemaList(depth);
      break;
    case 2:
      schema["minItems"] = Int(0, 2);
      break;
    case 3:
      schema["maxItems"] = Int(0, 3);
      break;
    case 4:
      schema["uniqueItems"] = true;
      break;
    case 5:
      schema["contains"] = Schema(depth);
      if (OneIn(2)) schema["minContains"] = Int(0, 2);
      if (OneIn(3)) schema["maxContains"] = Int(0, 2);
      break;
    default:
      schema["unevaluatedItems"] = Schema(depth);
  }
}

void RandomSchema::AddObjectKeyword(Json& schema, int depth) {
  switch (Int(0, 9)) {
    case 0:
    case 1:
    case 2: {
      Json properties = Json::object();
      for (int i = Int(1, 3); i > 0; --i) properties[Name()] = Schema(depth);
      schema["properties"] = std::move(properties);
      if (OneIn(2)) schema["required"] = Names();
      break;
    }
    case 3:
      schema["additionalProperties"] = Schema(depth);
      break;
    case 4:
      schema["patternProperties"] = Json{{OneIn(2) ? "^a" : "b$", Schema(depth)}};
      break;
    case 5:
      schema["propertyNames"] = Schema(0);
      break;
    case 6:
      schema[OneIn(2) ? "minProperties" : "maxProperties"] = Int(0, 3);
      break;
    case 7:
      schema["dependentRequired"] = Json{{Name(), Names()}};
      break;
    case 8:
      schema["dependentSchemas"] = Json{{Name(), Schema(depth)}};
      break;
    default:
      schema["unevaluatedProperties"] = OneIn(2) ? Json(false) : Schema(depth);
  }
}

void RandomSchema::AddApplicator(Json& schema, int depth) {
  switch (Int(0, 7)) {
    case 0:
    case 1:
      schema["allOf"] = SchemaList(depth);
      break;
    case 2:
      schema["anyOf"] = SchemaList(depth);
      break;
    case 3:
      schema["oneOf"] = SchemaList(depth);
      break;
    case 4:
      schema["not"] = Schema(depth);
      break;
    case 5:
      schema["if"] = Schema(depth);
      if (OneIn(2)) schema["then"] = Schema(depth);
      if (OneIn(2)) schema["else"] = Schema(depth);
      break;
    default:
      schema["$ref"] = Reference();
  }
}

}  // namespace weir::schema::testing
