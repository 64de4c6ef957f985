#include "schema/metaschema.h"

#include "base/check.h"

namespace weir::schema {
namespace {

constexpr std::string_view kDraft2020 = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://json-schema.org/draft/2020-12/schema",
  "$dynamicAnchor": "meta",
  "type": ["object", "boolean"],
  "allOf": [{"$ref": "meta/core"}, {"$ref": "meta/applicator"}, {"$ref": "meta/unevaluated"},
            {"$ref": "meta/validation"}, {"$ref": "meta/meta-data"},
            {"$ref": "meta/format-annotation"}, {"$ref": "meta/content"}],
  "properties": {
    "definitions": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
    "dependencies": {"type": "object", "additionalProperties": {
      "anyOf": [{"$dynamicRef": "#meta"}, {"type": "array", "items": {"type": "string"}}]}}
  },
  "$defs": {
    "core": {
      "$id": "meta/core",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "$id": {"type": "string", "pattern": "^[^#]*#?$"},
        "$schema": {"type": "string"},
        "$ref": {"type": "string"},
        "$dynamicRef": {"type": "string"},
        "$anchor": {"$ref": "#/$defs/name"},
        "$dynamicAnchor": {"$ref": "#/$defs/name"},
        "$vocabulary": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "$comment": {"type": "string"},
        "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}
      },
      "$defs": {"name": {"type": "string", "pattern": "^[A-Za-z_][-.0-9A-Z_a-z]*$"}}
    },
    "applicator": {
      "$id": "meta/applicator",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "allOf": {"$ref": "#/$defs/list"}, "anyOf": {"$ref": "#/$defs/list"},
        "oneOf": {"$ref": "#/$defs/list"}, "not": {"$dynamicRef": "#meta"},
        "if": {"$dynamicRef": "#meta"}, "then": {"$dynamicRef": "#meta"},
        "else": {"$dynamicRef": "#meta"},
        "prefixItems": {"$ref": "#/$defs/list"}, "items": {"$dynamicRef": "#meta"},
        "contains": {"$dynamicRef": "#meta"},
        "properties": {"$ref": "#/$defs/map"}, "dependentSchemas": {"$ref": "#/$defs/map"},
        "patternProperties": {"$ref": "#/$defs/map", "propertyNames": {"format": "regex"}},
        "additionalProperties": {"$dynamicRef": "#meta"}, "propertyNames": {"$dynamicRef": "#meta"}
      },
      "$defs": {
        "list": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}},
        "map": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}
      }
    },
    "unevaluated": {
      "$id": "meta/unevaluated",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "unevaluatedItems": {"$dynamicRef": "#meta"},
        "unevaluatedProperties": {"$dynamicRef": "#meta"}
      }
    },
    "validation": {
      "$id": "meta/validation",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "type": {"anyOf": [{"$ref": "#/$defs/type"}, {"type": "array", "minItems": 1,
          "uniqueItems": true, "items": {"$ref": "#/$defs/type"}}]},
        "enum": {"type": "array"}, "const": true,
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
        "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
        "minLength": {"$ref": "#/$defs/count"}, "maxLength": {"$ref": "#/$defs/count"},
        "pattern": {"type": "string", "format": "regex"},
        "minItems": {"$ref": "#/$defs/count"}, "maxItems": {"$ref": "#/$defs/count"},
        "uniqueItems": {"type": "boolean"},
        "minContains": {"$ref": "#/$defs/count"}, "maxContains": {"$ref": "#/$defs/count"},
        "minProperties": {"$ref": "#/$defs/count"}, "maxProperties": {"$ref": "#/$defs/count"},
        "required": {"$ref": "#/$defs/names"},
        "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/names"}}
      },
      "$defs": {
        "count": {"type": "integer", "minimum": 0},
        "names": {"type": "array", "uniqueItems": true, "items": {"type": "string"}},
        "type": {"enum": ["null", "boolean", "integer", "number", "string", "array", "object"]}
      }
    },
    "meta-data": {
      "$id": "meta/meta-data",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "title": {"type": "string"}, "description": {"type": "string"}, "default": true,
        "examples": {"type": "array"}, "deprecated": {"type": "boolean"},
        "readOnly": {"type": "boolean"}, "writeOnly": {"type": "boolean"}
      }
    },
    "format-annotation": {
      "$id": "meta/format-annotation",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {"format": {"type": "string"}}
    },
    "content": {
      "$id": "meta/content",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"},
        "contentSchema": {"$dynamicRef": "#meta"}
      }
    }
  }
})json";

constexpr std::string_view kDraft7 = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "http://json-schema.org/draft-07/schema#",
  "type": ["object", "boolean"],
  "properties": {
    "$id": {"type": "string"}, "$schema": {"type": "string"}, "$ref": {"type": "string"},
    "$comment": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
    "default": true, "readOnly": {"type": "boolean"}, "examples": {"type": "array"},
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
    "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
    "minLength": {"$ref": "#/definitions/count"}, "maxLength": {"$ref": "#/definitions/count"},
    "pattern": {"type": "string", "format": "regex"}, "format": {"type": "string"},
    "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/list"}]},
    "additionalItems": {"$ref": "#"}, "contains": {"$ref": "#"},
    "minItems": {"$ref": "#/definitions/count"}, "maxItems": {"$ref": "#/definitions/count"},
    "uniqueItems": {"type": "boolean"},
    "minProperties": {"$ref": "#/definitions/count"},
    "maxProperties": {"$ref": "#/definitions/count"},
    "required": {"$ref": "#/definitions/names"},
    "properties": {"$ref": "#/definitions/map"}, "definitions": {"$ref": "#/definitions/map"},
    "patternProperties": {"$ref": "#/definitions/map"},
    "additionalProperties": {"$ref": "#"}, "propertyNames": {"$ref": "#"},
    "dependencies": {"type": "object", "additionalProperties": {
      "anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/names"}]}},
    "type": {"anyOf": [{"$ref": "#/definitions/type"}, {"type": "array", "minItems": 1,
      "uniqueItems": true, "items": {"$ref": "#/definitions/type"}}]},
    "enum": {"type": "array"}, "const": true,
    "if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"}, "not": {"$ref": "#"},
    "allOf": {"$ref": "#/definitions/list"}, "anyOf": {"$ref": "#/definitions/list"},
    "oneOf": {"$ref": "#/definitions/list"},
    "contentMediaType": {"type": "string"}, "contentEncoding": {"type": "string"}
  },
  "definitions": {
    "count": {"type": "integer", "minimum": 0},
    "names": {"type": "array", "uniqueItems": true, "items": {"type": "string"}},
    "list": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
    "map": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "type": {"enum": ["null", "boolean", "integer", "number", "string", "array", "object"]}
  }
})json";

json::Json Parsed(std::string_view text) {
  Result<json::Json> json = json::Parse(text);
  CHECK(json.has_value());
  return *std::move(json);
}

}  // namespace

const json::Json* BuiltinMetaschema(std::string_view uri) {
  if (uri == kMetaschema2020Uri) {
    static const json::Json kDocument = Parsed(kDraft2020);
    return &kDocument;
  }
  if (uri == kMetaschema7Uri) {
    static const json::Json kDocument = Parsed(kDraft7);
    return &kDocument;
  }
  return nullptr;
}

}  // namespace weir::schema
