#include "schema/relax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "schema/schema.h"
#include "schema/testing/random_schema.h"
#include "schema/validator.h"

namespace weir::schema {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::Json FromText(const std::string& text) {
  Result<json::Json> json = json::Parse(text);
  EXPECT_TRUE(json.has_value()) << text << (json ? "" : json.error().message);
  return json ? *json : json::Json();
}

RelaxedSchema Relaxed(const json::Json& document) {
  Result<RelaxedSchema> relaxed = RelaxForGrammar(document);
  EXPECT_TRUE(relaxed.has_value()) << document << (relaxed ? "" : relaxed.error().message);
  if (!relaxed) return {true, {}};
  const Result<Schema> schema = Schema::Compile(relaxed->document);
  EXPECT_TRUE(schema.has_value()) << relaxed->document << (schema ? "" : schema.error().message);
  return *relaxed;
}

// The relaxed form without definitions that nothing refers to any more.
void ExpectRelaxed(const std::string& schema, const std::string& expected,
                   const std::vector<std::string>& dropped = {}) {
  RelaxedSchema relaxed = Relaxed(FromText(schema));
  if (json::Dump(relaxed.document).find("\"$ref\"") == std::string::npos) {
    if (relaxed.document.is_object()) relaxed.document.erase("$defs");
  }
  EXPECT_EQ(json::Dump(relaxed.document), json::Dump(FromText(expected))) << schema;
  EXPECT_EQ(relaxed.dropped, dropped) << schema;
}

TEST(RelaxTest, WhatTheValidatorRefusesIsRefused) {
  EXPECT_EQ(RelaxForGrammar(FromText(R"({"$ref": "http://h/x"})")).error().code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(RelaxForGrammar(FromText(R"({"properties": {"a": {"type": 1}}})")).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(RelaxForGrammar(FromText(R"j({"not": {"pattern": "(?=a)"}})j")).error().code,
            ErrorCode::kUnsupported);
  EXPECT_FALSE(RelaxForGrammar(FromText(R"({"$ref": "#"})")).has_value());
}

TEST(RelaxTest, WhatTheSubsetTakesIsUnchanged) {
  for (const char* text :
       {R"({"type": "object", "title": "t", "properties": {"a": {"format": "date"}}})",
        R"({"$defs": {"t": {"items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"})",
        R"({"oneOf": [{"type": "null"}, {"type": "string"}]})", "false"}) {
    const RelaxedSchema relaxed = Relaxed(FromText(text));
    EXPECT_EQ(relaxed.document, FromText(text));
    EXPECT_THAT(relaxed.dropped, IsEmpty());
  }
}

TEST(RelaxTest, WhatTheSubsetLacksIsDroppedAndNamed) {
  ExpectRelaxed(
      R"({"type": "object", "properties": {"a": {"type": "string", "not": {"const": "x"}}},
                    "propertyNames": {"maxLength": 3}, "x-mark": 1, "unknown": []})",
      R"({"type": "object", "properties": {"a": {"type": "string"}}})",
      {"'propertyNames' at '#'", "'not' at '#/properties/a'"});
  ExpectRelaxed(R"({"if": {}, "then": {}, "dependentRequired": {}, "type": "object"})",
                R"({"type": "object"})", {"'if' at '#'", "'dependentRequired' at '#'"});
}

TEST(RelaxTest, PatternPropertiesWidenTheRest) {
  ExpectRelaxed(
      R"({"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": false})",
      R"({"additionalProperties": {"type": "string"}})", {"'patternProperties' at '#'"});
  ExpectRelaxed(R"({"patternProperties": {"^x": {"type": "string"}},
                    "additionalProperties": {"type": "null"}})",
                R"({"additionalProperties": {"anyOf": [{"type": "null"}, {"type": "string"}]}})",
                {"'patternProperties' at '#'"});
  ExpectRelaxed(R"({"patternProperties": {"^x": false}})", "{}", {"'patternProperties' at '#'"});
}

TEST(RelaxTest, UnevaluatedPropertiesAloneAreTheRest) {
  ExpectRelaxed(R"({"properties": {"a": {}}, "unevaluatedProperties": false})",
                R"({"properties": {"a": {}}, "additionalProperties": false})");
  ExpectRelaxed(
      R"({"anyOf": [{"properties": {"a": {"type": "null"}}}], "unevaluatedProperties": false})",
      R"({"properties": {"a": {"type": "null"}}})", {"'unevaluatedProperties' at '#'"});
}

TEST(RelaxTest, AllOfIsMerged) {
  ExpectRelaxed(
      R"({"$defs": {"base": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}},
          "allOf": [{"$ref": "#/$defs/base"},
                    {"properties": {"a": {"minLength": 1}, "b": {"type": "integer"}}, "required": ["b"]}]})",
      R"({"type": "object", "required": ["a", "b"], "properties":
          {"a": {"type": ["string", "null"], "minLength": 1}, "b": {"type": "integer"}}})");
  ExpectRelaxed(R"({"allOf": [{"type": "number", "minimum": 1, "maximum": 9},
                              {"type": "integer", "minimum": 3, "maximum": 20}]})",
                R"({"type": "integer", "minimum": 3, "maximum": 9})");
  ExpectRelaxed(R"({"allOf": [{"enum": [1, 2, "a"]}, {"enum": [2.0, "a", "b"]}]})",
                R"({"enum": [2, "a"]})");
  ExpectRelaxed(R"({"allOf": [{"pattern": "a"}, {"pattern": "b"}]})", R"({"pattern": "a"})",
                {"'allOf' at '#'"});
  ExpectRelaxed(R"({"allOf": [{"type": "string"}, {"type": "null"}]})", "false");
}

TEST(RelaxTest, AlternativesTakeTheirSiblingsIn) {
  ExpectRelaxed(
      R"({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
          "anyOf": [{"required": ["a"]}, {"required": ["b"]}]})",
      R"({"anyOf": [
          {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]},
          {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}]})");
  ExpectRelaxed(R"({"type": "string", "anyOf": [{"type": "null"}, {"maxLength": 2}]})",
                R"({"type": "string", "maxLength": 2})");
}

TEST(RelaxTest, OneOfThatMayOverlapBecomesAnyOf) {
  ExpectRelaxed(R"({"oneOf": [{"type": "number"}, {"type": "integer"}]})",
                R"({"anyOf": [{"type": "number"}, {"type": "integer"}]})", {"'oneOf' at '#'"});
  ExpectRelaxed(R"({"not": {"const": 1}, "oneOf": [{"type": "null"}, {"type": "integer"}]})",
                R"({"oneOf": [{"type": "null"}, {"type": "integer"}]})", {"'not' at '#'"});
}

TEST(RelaxTest, ReferencesAreKeptInDefinitions) {
  ExpectRelaxed(
      R"({"$defs": {"n": {"$anchor": "node", "type": "object", "minProperties": 1, "not": {"required": ["x"]},
                          "properties": {"next": {"$ref": "#node"}}}},
          "properties": {"list": {"$ref": "#/$defs/n"}}})",
      R"({"properties": {"list": {"$ref": "#/$defs/n"}},
          "$defs": {"n": {"type": "object", "minProperties": 1, "properties": {"next": {"$ref": "#/$defs/n"}}}}})",
      {"'not' at '#/$defs/n'"});
  ExpectRelaxed(R"({"type": "object", "not": false, "properties": {"a": {"$ref": "#"}}})",
                R"({"type": "object", "properties": {"a": {"$ref": "#"}}})", {"'not' at '#'"});
}

TEST(RelaxTest, DefinitionsKeepApart) {
  ExpectRelaxed(
      R"({"type": "array", "not": {"const": 1}, "$defs": {"x_2": {"type": "null"}, "x": {"type": "string"}, "y": {"x": {"type": "integer"}}},
          "prefixItems": [{"$ref": "#/$defs/x_2"}, {"$ref": "#/$defs/x"}, {"$ref": "#/$defs/y/x"}]})",
      R"({"type": "array", "prefixItems": [{"$ref": "#/$defs/x_2"}, {"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x_3"}],
          "$defs": {"x_2": {"type": "null"}, "x": {"type": "string"}, "x_3": {"type": "integer"}}})",
      {"'not' at '#'"});
}

TEST(RelaxTest, Draft7IsReadAsDraft7) {
  const std::string plain =
      R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}})";
  ExpectRelaxed(plain, plain);
  ExpectRelaxed(
      R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array",
          "items": [{"type": "string"}], "additionalItems": false, "prefixItems": [false]})",
      R"({"type": "array", "prefixItems": [{"type": "string"}], "items": false})");
}

TEST(RelaxTest, RecursiveConjunctionsEnd) {
  const RelaxedSchema relaxed = Relaxed(FromText(
      R"({"$defs": {"a": {"properties": {"p": {"$ref": "#/$defs/a"}}, "minProperties": 1},
                    "b": {"properties": {"p": {"$ref": "#/$defs/b"}}, "maxProperties": 3}},
          "allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]})"));
  EXPECT_THAT(relaxed.dropped, ElementsAre("'allOf' at '#'"));
  const RelaxedSchema inside = Relaxed(FromText(
      R"({"$defs": {"a": {"properties": {"p": {"$ref": "#/$defs/a", "minProperties": 1}}}}, "$ref": "#/$defs/a"})"));
  EXPECT_THAT(inside.dropped, Contains(HasSubstr("$ref")));
}

TEST(RelaxTest, HostileSchemasEndAndStayWide) {
  json::Json chain = json::Json::object();
  for (int i = 0; i < 3000; ++i) {
    const json::Json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    chain["d" + std::to_string(i)] = {{"allOf", json::Json::array({next, {{"maxProperties", i}}})}};
  }
  chain["d3000"] = {{"type", "object"}};
  Relaxed({{"$defs", chain}, {"$ref", "#/$defs/d0"}});

  json::Json tower = {{"type", "object"}};
  for (int i = 0; i < 20; ++i) {
    tower = {{"properties", {{"p" + std::to_string(i), {{"minLength", i}}}}},
             {"anyOf", json::Json::array({tower, tower})}};
    if (json::Dump(tower).size() > 100'000) break;
  }
  Relaxed(tower);

  json::Json deep = {{"not", {{"const", 1}}}};
  for (int i = 0; i < 60; ++i) deep = json::Json{{"items", deep}};
  EXPECT_THAT(Relaxed(deep).dropped, Contains(HasSubstr("everything")));

  json::Json large = json::Json::object();
  for (int i = 0; i < 9000; ++i) large["p" + std::to_string(i)] = {{"not", {{"const", i}}}};
  const RelaxedSchema relaxed = Relaxed({{"type", "object"}, {"properties", large}});
  EXPECT_EQ(json::Dump(relaxed.document), R"({"type":"object"})");
  EXPECT_THAT(relaxed.dropped, ElementsAre(HasSubstr("everything")));
}

struct ToolCase {
  const char* name;
  const char* schema;
  std::vector<std::string> dropped;
};

// The forms that tools of MCP servers come in, by the libraries that make them.
TEST(RelaxTest, SchemasOfToolsCompile) {
  const std::vector<ToolCase> cases = {
      {"zod for draft 7",
       R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
           "properties": {"path": {"type": "string"},
                          "changes": {"type": "array", "items": {"type": "object",
                            "properties": {"before": {"type": "string", "description": "to find"},
                                           "after": {"type": "string"}},
                            "required": ["before", "after"], "additionalProperties": false}},
                          "preview": {"type": "boolean", "default": false}},
           "required": ["path", "changes"], "additionalProperties": false})",
       {}},
      {"pydantic, optional and nested models",
       R"({"$defs": {"Box": {"title": "Box", "type": "object", "properties": {
                       "width": {"type": "number", "exclusiveMinimum": 0}}, "required": ["width"]}},
           "type": "object", "properties": {"box": {"$ref": "#/$defs/Box"},
             "unit": {"anyOf": [{"enum": ["mm", "cm"], "type": "string"}, {"type": "null"}], "default": null}},
           "required": ["box"], "title": "measureArguments"})",
       {}},
      {"pydantic 1, a default beside a reference",
       R"({"definitions": {"Unit": {"enum": ["mm", "cm"], "type": "string"}}, "type": "object",
           "properties": {"unit": {"default": "mm", "allOf": [{"$ref": "#/definitions/Unit"}]}}})",
       {}},
      {"one of two ways to name a thing",
       R"({"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
           "oneOf": [{"required": ["id"]}, {"required": ["name"]}]})",
       {"'oneOf' at '#'"}},
      {"a choice with consequences",
       R"({"type": "object", "properties": {"mode": {"enum": ["all", "some"]}, "ids": {"type": "array"}},
           "required": ["mode"], "if": {"properties": {"mode": {"const": "some"}}},
           "then": {"required": ["ids"]}, "dependentRequired": {"ids": ["mode"]}})",
       {"'if' at '#'", "'dependentRequired' at '#'"}},
      {"TypeScript index signatures",
       R"({"type": "object", "properties": {"headers": {"type": "object",
             "patternProperties": {"^[A-Za-z-]+$": {"type": "string"}}, "additionalProperties": false}}})",
       {"'patternProperties' at '#/properties/headers'"}},
      {"a filter that holds filters",
       R"({"type": "object", "properties": {"filter": {"$ref": "#/$defs/filter"}}, "$defs": {"filter": {
             "oneOf": [{"type": "object", "properties": {"and": {"type": "array", "items": {"$ref": "#/$defs/filter"}}},
                        "required": ["and"], "additionalProperties": false},
                       {"type": "object", "properties": {"field": {"type": "string"}, "equals": true},
                        "required": ["field", "equals"], "additionalProperties": false}]}}})",
       {}},
  };
  for (const ToolCase& tool : cases) {
    const RelaxedSchema relaxed = Relaxed(FromText(tool.schema));
    EXPECT_EQ(relaxed.dropped, tool.dropped) << tool.name;
    EXPECT_EQ(relaxed.document == FromText(tool.schema), tool.dropped.empty()) << tool.name;
  }
}

TEST(RelaxTest, BuiltInToolsAreWithinTheSubset) {
  std::ifstream file(WEIR_SOURCE_DIR "/src/tools/builtin_tools.json");
  const json::Json tools = FromText(std::string{std::istreambuf_iterator<char>(file), {}});
  ASSERT_FALSE(tools.empty());
  for (const json::Json& tool : tools) {
    EXPECT_EQ(Relaxed(tool.at("parameters")).document, tool.at("parameters")) << tool.at("name");
  }
}

// The property that makes the relaxed form safe to generate under: nothing the original accepts is
// out of reach. And where nothing was dropped, the two are the same.
TEST(RelaxTest, RandomSchemasAreWidenedNeverNarrowed) {
  int n_rewritten = 0;
  int n_valid = 0;
  int n_exact = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    testing::RandomSchema random(seed);
    const json::Json document = random.Document();
    const Result<Validator> original = Validator::Compile(document, {.assert_formats = true});
    if (!original) continue;  // refers to itself without end
    const RelaxedSchema relaxed = Relaxed(document);
    const Result<Schema> schema = Schema::Compile(relaxed.document);
    ASSERT_TRUE(schema.has_value()) << document;
    if (relaxed.document != document) ++n_rewritten;
    for (int i = 0; i < 30; ++i) {
      const json::Json value = random.Value(3);
      const bool valid = original->Validate(value)->empty();
      const bool relaxed_valid = schema->Validate(value).empty();
      if (valid && relaxed.document != document) ++n_valid;
      if (relaxed.dropped.empty()) ++n_exact;
      ASSERT_TRUE(relaxed_valid || !valid)
          << document << "\nbecame " << relaxed.document << "\nand refuses " << value;
      ASSERT_TRUE(valid || !relaxed_valid || !relaxed.dropped.empty())
          << document << "\nbecame " << relaxed.document << "\nand takes " << value;
    }
  }
  EXPECT_GT(n_rewritten, 500);
  EXPECT_GT(n_valid, 2500);
  EXPECT_GT(n_exact, 1500);
}

}  // namespace
}  // namespace weir::schema
