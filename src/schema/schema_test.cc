#include "schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::schema {
namespace {

using ::testing::HasSubstr;

json::Json Json(const std::string& text) {
  Result<json::Json> json = json::Parse(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json ? *json : json::Json();
}

Schema Compiled(const std::string& text) {
  Result<Schema> schema = Schema::Compile(Json(text));
  EXPECT_TRUE(schema.has_value()) << text << ": " << (schema ? "" : schema.error().message);
  return schema ? *schema : *Schema::Compile(json::Json(true));
}

// Every value of `good` is valid and every value of `bad` is not.
void Expect(const std::string& schema_text, const std::vector<std::string>& good,
            const std::vector<std::string>& bad) {
  const Schema schema = Compiled(schema_text);
  for (const std::string& text : good) {
    const std::vector<ValidationError> errors = schema.Validate(Json(text));
    EXPECT_TRUE(errors.empty()) << schema_text << " should take " << text << " but: "
                                << (errors.empty() ? ""
                                                   : errors[0].pointer + ": " + errors[0].message);
  }
  for (const std::string& text : bad) {
    EXPECT_FALSE(schema.Validate(Json(text)).empty()) << schema_text << " should refuse " << text;
  }
}

void ExpectError(const std::string& schema_text, ErrorCode code, const std::string& part) {
  const Result<Schema> schema = Schema::Compile(Json(schema_text));
  ASSERT_FALSE(schema.has_value()) << schema_text;
  EXPECT_EQ(schema.error().code, code) << schema_text;
  EXPECT_THAT(schema.error().message, HasSubstr(part)) << schema_text;
}

TEST(SchemaTest, TypesAcceptTheirValuesOnly) {
  Expect(R"({"type": "string"})", {R"("a")"}, {"1", "null", "{}", "true"});
  Expect(R"({"type": "boolean"})", {"true", "false"}, {"0", R"("true")"});
  Expect(R"({"type": "null"})", {"null"}, {"0", "false"});
  Expect(R"({"type": "number"})", {"1", "1.5", "-2e10"}, {R"("1")"});
  Expect(R"({"type": ["string", "null"]})", {"null", R"("")"}, {"1"});
  Expect(R"({"type": "array"})", {"[]", "[1]"}, {"{}"});
  Expect(R"({"type": "object"})", {"{}"}, {"[]"});
}

TEST(SchemaTest, IntegersAreWholeNumbersHoweverWritten) {
  Expect(R"({"type": "integer"})", {"1", "1.0", "-3", "1e3", "1e300", "18446744073709551615"},
         {"1.5", "1e-1", "9007199254740992.5e-1"});
}

TEST(SchemaTest, BooleanSchemasTakeAllOrNothing) {
  Expect("true", {"1", "{}", "null"}, {});
  Expect("false", {}, {"1", "{}", "null"});
  Expect(R"({"properties": {"a": false}})", {"{}", R"({"b": 1})"}, {R"({"a": 1})"});
}

TEST(SchemaTest, EnumAndConstCompareByValue) {
  Expect(R"({"enum": ["a", 1, null, [1, {"x": 2, "y": 3}]]})",
         {R"("a")", "1", "1.0", "null", R"([1.0, {"y": 3, "x": 2}])"},
         {R"("b")", "2", "false", "[1]"});
  Expect(R"({"const": 9007199254740993})", {"9007199254740993"},
         {"9007199254740992", "9007199254740992.0"});
  Expect(R"({"type": "string", "enum": ["a", 1]})", {R"("a")"}, {"1"});
  Expect(R"({"enum": [1, 2, 3], "const": 2})", {"2"}, {"1"});
}

TEST(SchemaTest, NumberBoundsAreExact) {
  Expect(R"({"minimum": 1, "maximum": 3})", {"1", "3", "2.5", R"("no number")"},
         {"0.999", "3.0001"});
  Expect(R"({"exclusiveMinimum": 0, "exclusiveMaximum": 1})", {"0.5", "1e-300"},
         {"0", "1", "-0.0"});
  Expect(R"({"minimum": 1, "exclusiveMinimum": 1})", {"2"}, {"1"});
  Expect(R"({"maximum": 9007199254740992})", {"9007199254740992"}, {"9007199254740993"});
  Expect(R"({"multipleOf": 0.01})", {"19.99", "0.07", "1", "-4.35"}, {"0.001", "19.999"});
  Expect(R"({"multipleOf": 2})", {"4", "4.0", "0"}, {"3", "4.5"});
}

TEST(SchemaTest, StringLengthsCountCodePoints) {
  Expect(R"({"minLength": 2, "maxLength": 3})", {R"("ab")", R"("äöü")", R"("😀😀")", "7"},
         {R"("a")", R"("😀")", R"("abcd")"});
}

TEST(SchemaTest, PatternsSearchAnywhere) {
  Expect(R"({"pattern": "b+"})", {R"("abc")", "1"}, {R"("ac")"});
  Expect(R"({"pattern": "^\\d{2}$"})", {R"("12")"}, {R"("123")", R"("12\n")"});
  Expect(R"({"pattern": "^[\\u00e4-\\u00fc]+$"})", {R"("äö")"}, {R"("a")"});
  ExpectError(R"j({"properties": {"a": {"pattern": "(?=x)"}}})j", ErrorCode::kUnsupported,
              "/properties/a");
}

TEST(SchemaTest, FormatsAreChecked) {
  Expect(R"({"format": "date"})", {R"("2024-02-29")", "3"}, {R"("2023-02-29")"});
  Expect(R"({"format": "int64"})", {R"("x")"}, {});
}

TEST(SchemaTest, ArraysCheckItemsAndCounts) {
  Expect(R"({"items": {"type": "integer"}, "minItems": 1, "maxItems": 2})", {"[1]", "[1, 2]"},
         {"[]", "[1, 2, 3]", R"(["a"])"});
  Expect(R"({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false})",
         {"[]", R"(["a"])", R"(["a", 1])"}, {R"(["a", 1, 2])", "[1]"});
  Expect(R"({"prefixItems": [true], "items": {"type": "null"}})", {"[5, null]"}, {"[5, 5]"});
  Expect(R"({"uniqueItems": true})", {"[1, 2]"},
         {"[1, 1.0]", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])"});
}

TEST(SchemaTest, ObjectsCheckTheirProperties) {
  const std::string schema =
      R"({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
    "required": ["a"], "additionalProperties": false})";
  Expect(schema, {R"({"a": "x"})", R"({"b": 1, "a": "x"})"},
         {"{}", R"({"a": 1})", R"({"a": "x", "c": 1})"});
  Expect(R"({"additionalProperties": {"type": "integer"}, "required": ["z"]})", {R"({"z": 1})"},
         {"{}", R"({"z": "a"})"});
  Expect(R"({"minProperties": 1, "maxProperties": 2})", {R"({"a": 1})"},
         {"{}", R"({"a": 1, "b": 1, "c": 1})"});
}

TEST(SchemaTest, AlternativesTakeAnyOfThem) {
  Expect(R"({"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "x"})",
         {R"("a")", "null"}, {"1"});
  Expect(R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})", {R"("a")", "1"}, {"1.5"});
  Expect(R"({"oneOf": [
      {"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind"]},
      {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}]})",
         {R"({"kind": "a", "x": 1})", R"({"kind": "b", "x": "any"})"},
         {R"({"kind": "a", "x": "y"})", R"({"kind": "c"})"});
}

TEST(SchemaTest, OneOfThatMayOverlapIsRefused) {
  ExpectError(R"({"oneOf": [{"type": "number"}, {"type": "integer"}]})", ErrorCode::kUnsupported,
              "oneOf");
  ExpectError(R"({"oneOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]})", ErrorCode::kUnsupported,
              "oneOf");
  Expect(R"({"oneOf": [{"enum": [1, 2]}, {"enum": [3]}]})", {"1", "3"}, {"4"});
}

TEST(SchemaTest, ReferencesAreFollowed) {
  Expect(R"({"$defs": {"p/q~": {"type": "integer"}}, "items": {"$ref": "#/$defs/p~1q~0"}})",
         {"[1]"}, {R"(["a"])"});
  Expect(
      R"({"definitions": {"a b": {"type": "integer"}}, "items": {"$ref": "#/definitions/a%20b", "description": "x"}})",
      {"[1]"}, {R"(["a"])"});
  Expect(R"({"allOf": [{"type": "string"}], "description": "d"})", {R"("a")"}, {"1"});
}

TEST(SchemaTest, ReferencesMayBeRecursive) {
  const std::string tree =
      R"({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "required": ["v"],
    "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}})";
  Expect(tree, {R"({"v": 1})", R"({"v": 1, "kids": [{"v": 2, "kids": []}]})"},
         {R"({"v": 1, "kids": [{"v": "x"}]})"});
}

TEST(SchemaTest, CircularReferencesAreRefused) {
  ExpectError(R"({"$ref": "#"})", ErrorCode::kResourceExhausted, "circle");
  ExpectError(
      R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "items": {"$ref": "#/$defs/a"}})",
      ErrorCode::kResourceExhausted, "circle");
  ExpectError(R"({"anyOf": [{"type": "null"}, {"$ref": "#"}]})", ErrorCode::kInvalidArgument,
              "themselves");
}

TEST(SchemaTest, UnknownKeywordsAreErrorsThatNameTheirPlace) {
  ExpectError(R"({"properties": {"a": {"not": {}}}})", ErrorCode::kUnsupported,
              "'not' at '/properties/a'");
  ExpectError(R"({"patternProperties": {}})", ErrorCode::kUnsupported, "root");
  ExpectError(R"({"allOf": [{}, {}]})", ErrorCode::kUnsupported, "allOf");
  ExpectError(R"({"$ref": "#/$defs/a", "minimum": 1, "$defs": {"a": {}}})", ErrorCode::kUnsupported,
              "'minimum' beside '$ref'");
  ExpectError(R"({"anyOf": [{}], "minimum": 1})", ErrorCode::kUnsupported,
              "'minimum' beside 'anyOf'");
  ExpectError(R"({"anyOf": [{}], "oneOf": [{}]})", ErrorCode::kUnsupported, "beside");
  ExpectError(R"({"$ref": "https://example.org/s"})", ErrorCode::kUnsupported,
              "leaves the document");
}

TEST(SchemaTest, ReferencesBesideAnInnerIdAreRefused) {
  ExpectError(R"({"$defs": {"a": {"$id": "x", "$defs": {"b": {"$ref": "#/$defs/c"}}}, "c": {}},
                  "items": {"$ref": "#/$defs/a/$defs/b"}})",
              ErrorCode::kUnsupported, "'$id'");
  Expect(R"({"properties": {"$id": {"type": "string"}}, "items": {"$ref": "#/properties/$id"}})",
         {R"(["a"])"}, {"[1]"});
}

TEST(SchemaTest, LongPlacesAreRefused) {
  const json::Json schema = {{"properties", {{std::string(5000, 'k'), true}}}};
  EXPECT_EQ(Schema::Compile(schema).error().code, ErrorCode::kResourceExhausted);
}

TEST(SchemaTest, MalformedSchemasAreErrors) {
  ExpectError(R"({"type": "strnig"})", ErrorCode::kInvalidArgument, "strnig");
  ExpectError(R"({"type": []})", ErrorCode::kInvalidArgument, "type");
  ExpectError(R"({"enum": []})", ErrorCode::kInvalidArgument, "enum");
  ExpectError(R"({"minLength": -1})", ErrorCode::kInvalidArgument, "minLength");
  ExpectError(R"({"minLength": 1.5})", ErrorCode::kInvalidArgument, "minLength");
  ExpectError(R"({"multipleOf": 0})", ErrorCode::kInvalidArgument, "multipleOf");
  ExpectError(R"({"exclusiveMinimum": true})", ErrorCode::kInvalidArgument, "exclusiveMinimum");
  ExpectError(R"({"required": "a"})", ErrorCode::kInvalidArgument, "required");
  ExpectError(R"({"properties": {"a": 1}})", ErrorCode::kInvalidArgument, "/properties/a");
  ExpectError(R"({"items": [{}]})", ErrorCode::kInvalidArgument, "/items");
  ExpectError(R"({"$ref": "#/nowhere"})", ErrorCode::kInvalidArgument, "nothing");
  ExpectError("3", ErrorCode::kInvalidArgument, "root");
}

TEST(SchemaTest, DeepSchemasAreRefused) {
  std::string text = "{}";
  for (int i = 0; i < 30; ++i) text = R"({"items": )" + text + "}";
  EXPECT_TRUE(Schema::Compile(Json(text)).has_value());
  json::Json deep = true;
  for (int i = 0; i < 100; ++i) deep = json::Json{{"items", deep}};
  EXPECT_EQ(Schema::Compile(deep).error().code, ErrorCode::kResourceExhausted);
}

TEST(SchemaTest, AnnotationsAndExtensionsAreIgnored) {
  Expect(
      R"({"title": "t", "description": "d", "default": 1, "examples": [], "$schema": "s", "$id": "i", "x-weir-path": "read",
    "deprecated": true, "readOnly": true, "$comment": "c", "type": "string"})",
      {R"("a")"}, {"1"});
}

TEST(SchemaTest, ErrorsNamePlaceAndRule) {
  const Schema schema = Compiled(R"({"properties": {"a/b": {"items": {"enum": ["x", "y"]}}}})");
  const std::vector<ValidationError> errors = schema.Validate(Json(R"({"a/b": ["x", "z"]})"));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].pointer, "/a~1b/1");
  EXPECT_EQ(errors[0].message, R"(expected one of "x", "y", found "z")");
}

TEST(SchemaTest, OnlyAFewErrorsAreCollected) {
  const Schema schema = Compiled(R"({"items": {"type": "string"}})");
  EXPECT_EQ(schema.Validate(json::Json(std::vector<int>(1000, 1))).size(), 8U);
}

TEST(SchemaTest, TheLikelyAlternativeExplainsItself) {
  const Schema schema =
      Compiled(R"({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]})");
  const std::vector<ValidationError> errors = schema.Validate(Json(R"("abc")"));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].message, HasSubstr("at most 2 characters"));
}

TEST(SchemaTest, NumbersThatAreNotFiniteAreInvalid) {
  EXPECT_FALSE(
      Compiled("{}").Validate(json::Json(std::numeric_limits<double>::infinity())).empty());
}

}  // namespace
}  // namespace weir::schema
