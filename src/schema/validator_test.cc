#include "schema/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace weir::schema {
namespace {

using ::testing::HasSubstr;

json::Json Parsed(const std::string& text) {
  Result<json::Json> json = json::Parse(text);
  EXPECT_TRUE(json.has_value()) << text << (json ? "" : json.error().message);
  return json ? *json : json::Json();
}

Validator MakeValidator(const std::string& text, const ValidatorOptions& options = {}) {
  Result<Validator> validator = Validator::Compile(Parsed(text), options);
  EXPECT_TRUE(validator.has_value())
      << text << ": " << (validator ? "" : validator.error().message);
  return validator ? *validator : *Validator::Compile(json::Json(true));
}

std::vector<Violation> Violations(const Validator& validator, const std::string& value) {
  const Result<std::vector<Violation>> violations = validator.Validate(Parsed(value));
  EXPECT_TRUE(violations.has_value()) << value << (violations ? "" : violations.error().message);
  return violations ? *violations : std::vector<Violation>{};
}

void ExpectValues(const std::string& schema, const std::vector<std::string>& good,
                  const std::vector<std::string>& bad, const ValidatorOptions& options = {}) {
  const Validator validator = MakeValidator(schema, options);
  for (const std::string& value : good) {
    const std::vector<Violation> violations = Violations(validator, value);
    EXPECT_TRUE(violations.empty()) << schema << " should take " << value << ": "
                                    << (violations.empty() ? "" : violations[0].message);
  }
  for (const std::string& value : bad) {
    EXPECT_FALSE(Violations(validator, value).empty()) << schema << " should refuse " << value;
  }
}

void ExpectRefused(const std::string& schema, ErrorCode code, const std::string& part,
                   const ValidatorOptions& options = {}) {
  const Result<Validator> validator = Validator::Compile(Parsed(schema), options);
  ASSERT_FALSE(validator.has_value()) << schema;
  EXPECT_EQ(validator.error().code, code) << schema << ": " << validator.error().message;
  EXPECT_THAT(validator.error().message, HasSubstr(part)) << schema;
}

TEST(ValidatorTest, MalformedSchemasAreRefusedAndNamed) {
  constexpr auto kBad = ErrorCode::kInvalidArgument;
  ExpectRefused("3", kBad, "object or a boolean");
  ExpectRefused(R"({"properties": {"a": {"type": "strnig"}}})", kBad, "'#/properties/a'");
  ExpectRefused(R"({"type": []})", kBad, "type");
  ExpectRefused(R"({"enum": 1})", kBad, "enum");
  ExpectRefused(R"({"minLength": -1})", kBad, "minLength");
  ExpectRefused(R"({"multipleOf": 0})", kBad, "multipleOf");
  ExpectRefused(R"({"required": "a"})", kBad, "required");
  ExpectRefused(R"({"required": [1]})", kBad, "required");
  ExpectRefused(R"({"allOf": []})", kBad, "allOf");
  ExpectRefused(R"({"not": 1})", kBad, "'#/not'");
  ExpectRefused(R"({"items": [{}]})", kBad, "'#/items'");
  ExpectRefused(R"({"properties": []})", kBad, "properties");
  ExpectRefused(R"({"uniqueItems": 1})", kBad, "uniqueItems");
  ExpectRefused(R"({"dependentRequired": {"a": "b"}})", kBad, "dependentRequired");
  ExpectRefused(R"({"$ref": 1})", kBad, "$ref");
  ExpectRefused(R"({"$id": "http://a/b#c"})", kBad, "$anchor");
  ExpectRefused(R"({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}})", kBad, "two places");
  ExpectRefused(R"({"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}})", kBad, "two schemas");
}

TEST(ValidatorTest, ReferencesThatLeadNowhereAreRefused) {
  ExpectRefused(R"({"$ref": "#/nowhere"})", ErrorCode::kInvalidArgument, "nothing");
  ExpectRefused(R"({"$ref": "#nowhere"})", ErrorCode::kInvalidArgument, "anchor 'nowhere'");
  ExpectRefused(R"({"$dynamicRef": "#nowhere"})", ErrorCode::kInvalidArgument, "nowhere");
}

TEST(ValidatorTest, NothingIsFetched) {
  for (const char* uri : {"https://example.org/s.json", "http://127.0.0.1:1/", "file:///etc/passwd",
                          "other.json", "//host/x"}) {
    ExpectRefused(R"({"items": {"$ref": ")" + std::string(uri) + R"("}})", ErrorCode::kUnsupported,
                  uri);
  }
  ExpectRefused(R"({"$schema": "https://example.org/meta"})", ErrorCode::kUnsupported,
                "https://example.org/meta");
}

TEST(ValidatorTest, GivenDocumentsAreFollowed) {
  const SchemaDocuments documents = {
      {"https://example.org/dir/a", Parsed(R"({"properties": {"b": {"$ref": "b#/$defs/t"}}})")},
      {"https://example.org/dir/b", Parsed(R"({"$defs": {"t": {"type": "integer"}}})")}};
  ExpectValues(R"({"$ref": "https://example.org/dir/a"})", {R"({"b": 1})"}, {R"({"b": "x"})"},
               {.documents = &documents});
}

TEST(ValidatorTest, EndlessReferencesAreRefused) {
  constexpr auto kBad = ErrorCode::kInvalidArgument;
  ExpectRefused(R"({"$ref": "#"})", kBad, "without end");
  ExpectRefused(R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
                    "properties": {"x": {"$ref": "#/$defs/a"}}})",
                kBad, "without end");
  ExpectRefused(R"({"anyOf": [{"type": "null"}, {"not": {"$ref": "#"}}]})", kBad, "without end");
  ExpectRefused(R"({"dependentSchemas": {"a": {"$ref": "#"}}})", kBad, "without end");
  ExpectRefused(R"({"$dynamicAnchor": "n", "$dynamicRef": "#n"})", kBad, "without end");
}

TEST(ValidatorTest, RecursiveSchemasEndWithTheValue) {
  ExpectValues(R"({"type": "object", "properties": {"next": {"$ref": "#"}},
                   "unevaluatedProperties": false})",
               {"{}", R"({"next": {"next": {}}})"}, {R"({"next": {"next": 1}})", R"({"x": 1})"});
}

TEST(ValidatorTest, PatternsThatTakeMoreThanLinearTimeAreRefused) {
  constexpr auto kBad = ErrorCode::kUnsupported;
  ExpectRefused(R"j({"properties": {"a": {"pattern": "^(?!x)"}}})j", kBad, "(?!x)");
  ExpectRefused(R"j({"pattern": "(a)\\1"})j", kBad, "back reference");
  ExpectRefused(R"j({"patternProperties": {"(?<=a)b": true}})j", kBad, "look-around");
}

TEST(ValidatorTest, CatastrophicPatternsMatchInLinearTime) {
  const std::string text = "\"" + std::string(50'000, 'a') + "!\"";
  ExpectValues(R"j({"pattern": "^(a+)+$"})j", {}, {text});
}

TEST(ValidatorTest, ManyOrLargePatternsAreRefused) {
  json::Json many = json::Json::object();
  for (int i = 0; i < 200; ++i) many["p" + std::to_string(i)] = {{"pattern", std::to_string(i)}};
  EXPECT_EQ(Validator::Compile({{"properties", many}}).error().code, ErrorCode::kResourceExhausted);
  json::Json large = json::Json::object();
  for (int i = 0; i < 60; ++i) {
    const std::string pattern = "[\\u0100-\\uffff]{900}" + std::to_string(i);
    large["p" + std::to_string(i)] = {{"pattern", pattern}};
  }
  EXPECT_EQ(Validator::Compile({{"properties", large}}).error().code,
            ErrorCode::kResourceExhausted);
}

// Every level applies the next one twice: 2^60 subschemas.
TEST(ValidatorTest, ExponentialSchemasRunOutOfSteps) {
  for (const char* keyword : {"allOf", "anyOf", "oneOf"}) {
    json::Json defs = json::Json::object();
    for (int i = 0; i < 60; ++i) {
      const json::Json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
      defs["d" + std::to_string(i)] = {{keyword, {next, next}}};
    }
    defs["d60"] = {{"type", keyword == std::string("allOf") ? "string" : "integer"}};
    const Result<Validator> validator =
        Validator::Compile({{"$defs", defs}, {"$ref", "#/$defs/d0"}}, {.max_steps = 100'000});
    ASSERT_TRUE(validator.has_value()) << validator.error().message;
    const Result<std::vector<Violation>> violations = validator->Validate("x");
    ASSERT_FALSE(violations.has_value()) << keyword;
    EXPECT_EQ(violations.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(violations.error().message, HasSubstr("100000 steps"));
  }
}

TEST(ValidatorTest, LimitsAreNoWayAroundNot) {
  json::Json inner = {{"type", "string"}};
  for (int i = 0; i < 80; ++i) inner = {{"allOf", json::Json::array({inner})}};
  const Result<Validator> validator = Validator::Compile({{"not", inner}}, {.max_depth = 50});
  ASSERT_TRUE(validator.has_value());
  EXPECT_EQ(validator->Validate("x").error().code, ErrorCode::kResourceExhausted);
}

TEST(ValidatorTest, DeepValuesAreRefused) {
  json::Json deep = 1;
  for (int i = 0; i < 1000; ++i) deep = json::Json::array({std::move(deep)});
  EXPECT_EQ(MakeValidator("true").Validate(deep).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(Validator::Compile({{"const", deep}}).error().code, ErrorCode::kResourceExhausted);
  json::Json nested = 1;
  for (int i = 0; i < 190; ++i) nested = json::Json::array({std::move(nested)});
  EXPECT_EQ(MakeValidator(R"({"items": {"allOf": [{"$ref": "#"}]}})").Validate(nested).error().code,
            ErrorCode::kResourceExhausted);
}

TEST(ValidatorTest, LargeSchemasAreRefused) {
  json::Json list = json::Json::array();
  for (int i = 0; i < 30'000; ++i) list.push_back(true);
  EXPECT_EQ(Validator::Compile({{"anyOf", list}}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(
      Validator::Compile(Parsed(R"({"not": {"not": {}}})"), {.max_subschemas = 2}).error().code,
      ErrorCode::kResourceExhausted);
}

TEST(ValidatorTest, LongKeysDoNotMultiply) {
  json::Json many = json::Json::array();
  for (int i = 0; i < 5000; ++i) many.push_back({{"type", "integer"}, {"const", i}});
  const json::Json schema = {{"properties", {{std::string(1 << 20, 'k'), {{"anyOf", many}}}}}};
  EXPECT_TRUE(Validator::Compile(schema).has_value());
  json::Json named = json::Json::array();
  for (int i = 0; i < 5000; ++i) named.push_back({{"$id", "i" + std::to_string(i)}});
  EXPECT_EQ(Validator::Compile({{"$id", "http://h/" + std::string(1 << 20, 'k') + "/"},
                                {"$defs", {{"a", {{"anyOf", named}}}}}})
                .error()
                .code,
            ErrorCode::kResourceExhausted);
}

TEST(ValidatorTest, LargeValuesAreCheckedInTime) {
  json::Json list = json::Json::array();
  for (int i = 0; i < 20'000; ++i) list.push_back({{"id", i}, {"name", "x"}});
  const Validator validator = MakeValidator(
      R"({"uniqueItems": true, "items": {"type": "object", "required": ["id"],
          "properties": {"id": {"type": "integer"}}, "unevaluatedProperties": {"type": "string"}}})");
  EXPECT_TRUE(validator.Validate(list)->empty());
  list.push_back({{"name", "x"}, {"id", 7.0}});
  const std::vector<Violation> violations = *validator.Validate(list);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].instance, "/20000");
  EXPECT_EQ(violations[0].schema, "#/uniqueItems");
}

TEST(ValidatorTest, NumbersThatAreNotFiniteAreRefused) {
  const json::Json infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(MakeValidator("true").Validate(infinite).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Validator::Compile({{"minimum", infinite}}).error().code, ErrorCode::kInvalidArgument);
}

TEST(ValidatorTest, ViolationsNamePlaceSchemaAndRule) {
  const Validator validator = MakeValidator(
      R"({"$defs": {"name": {"type": "string", "maxLength": 3}},
          "properties": {"a/b": {"items": {"$ref": "#/$defs/name"}}, "n": {"minimum": 2}},
          "required": ["z"], "additionalProperties": false})");
  const std::vector<Violation> violations =
      Violations(validator, R"({"a/b": ["ok", "long"], "n": 1, "y": 0})");
  ASSERT_EQ(violations.size(), 4U);
  EXPECT_EQ(violations[0].instance, "");
  EXPECT_EQ(violations[0].schema, "#/required");
  EXPECT_EQ(violations[0].message, "'z' is missing");
  EXPECT_EQ(violations[1].instance, "/a~1b/1");
  EXPECT_EQ(violations[1].schema, "#/$defs/name/maxLength");
  EXPECT_EQ(violations[1].message, "expected at most 3 characters, found 4");
  EXPECT_EQ(violations[2].instance, "/n");
  EXPECT_EQ(violations[2].schema, "#/properties/n/minimum");
  EXPECT_EQ(violations[3].message, "'y' is not a known property");
}

TEST(ValidatorTest, ViolationsNameTheResource) {
  const Validator validator = MakeValidator(
      R"({"$id": "https://example.org/root", "properties": {"a": {"$id": "part", "type": "null"}}})");
  EXPECT_EQ(Violations(validator, R"({"a": 1})")[0].schema, "https://example.org/part#/type");
}

TEST(ValidatorTest, OnlyAFewViolationsAreCollected) {
  const Validator validator = MakeValidator(R"({"items": {"type": "string"}})");
  EXPECT_EQ(validator.Validate(json::Json(std::vector<int>(1000, 1)))->size(), 8U);
}

TEST(ValidatorTest, TheLikelyAlternativeExplainsItself) {
  const Validator validator = MakeValidator(
      R"({"anyOf": [{"$ref": "#/$defs/s"}, {"type": "null"}], "$defs": {"s": {"type": "string", "maxLength": 2}}})");
  const std::vector<Violation> violations = Violations(validator, R"("abc")");
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].schema, "#/$defs/s/maxLength");
  EXPECT_THAT(Violations(validator, "1")[0].message, HasSubstr("none of the 2 alternatives"));
}

TEST(ValidatorTest, FormatsAreAnnotationsUnlessAskedFor) {
  ExpectValues(R"({"format": "date"})", {R"("2024-02-29")", R"("x")"}, {});
  ExpectValues(R"({"format": "date"})", {R"("2024-02-29")", "1"}, {R"("x")"},
               {.assert_formats = true});
  ExpectValues(R"({"format": "no-such-format"})", {R"("x")"}, {}, {.assert_formats = true});
}

TEST(ValidatorTest, NumbersAreComparedExactly) {
  ExpectValues(R"({"multipleOf": 0.01})", {"19.99", "0.07", "1e308"}, {"0.001"});
  ExpectValues(R"({"maximum": 9007199254740992})", {"9007199254740992"}, {"9007199254740993"});
  ExpectValues(R"({"enum": [1, [2.0], {"a": 1, "b": 2}]})",
               {"1.0", "[2]", R"({"b": 2.0, "a": 1e0})"}, {"2", "[2, 2]", R"({"a": 1})"});
}

TEST(ValidatorTest, Draft7KeepsItsMeaning) {
  const std::string draft7 = R"("$schema": "http://json-schema.org/draft-07/schema#")";
  ExpectValues("{" + draft7 + R"(, "items": [{"type": "string"}], "additionalItems": false})",
               {R"(["a"])", "[]"}, {"[1]", R"(["a", 1])"});
  ExpectValues("{" + draft7 + R"(, "dependencies": {"a": ["b"], "c": {"minProperties": 2}}})",
               {R"({"a": 1, "b": 1})", R"({"c": 1, "x": 1})"}, {R"({"a": 1})", R"({"c": 1})"});
  ExpectValues("{" + draft7 + R"(, "properties": {"a": {"$ref": "#/definitions/t", "maximum": 3}},
                                  "definitions": {"t": {"type": "integer"}}})",
               {R"({"a": 9})"}, {R"({"a": "x"})"});
  ExpectValues(
      "{" + draft7 + R"(, "prefixItems": [{"type": "string"}], "unevaluatedItems": false})",
      {"[1]"}, {});
  ExpectValues(
      "{" + draft7 + R"(, "$ref": "#t", "definitions": {"t": {"$id": "#t", "type": "null"}}})",
      {"null"}, {"1"});
  // Old, but still often written, and harmless beside what replaced it.
  ExpectValues(R"({"dependencies": {"a": ["b"]}})", {R"({"a": 1, "b": 1})"}, {R"({"a": 1})"});
  ExpectRefused(R"({"$schema": "http://json-schema.org/draft-04/schema#"})",
                ErrorCode::kUnsupported, "draft-04");
}

TEST(ValidatorTest, MetaschemasAreBuiltIn) {
  for (const char* uri : {"https://json-schema.org/draft/2020-12/schema",
                          "https://json-schema.org/draft/2020-12/meta/validation",
                          "http://json-schema.org/draft-07/schema#"}) {
    ExpectValues(R"({"$ref": ")" + std::string(uri) + R"("})",
                 {"true", R"({"minLength": 1})", R"({"type": ["null", "string"]})"},
                 {"1", R"({"minLength": -1})", R"({"type": "nil"})"});
  }
  ExpectValues(R"({"$ref": "https://json-schema.org/draft/2020-12/schema"})",
               {R"({"properties": {"a": {"items": {"not": {}}}}})"},
               {R"({"properties": {"a": {"items": {"not": 1}}}})"});
}

TEST(ValidatorTest, UnknownKeywordsAreAnnotations) {
  ExpectValues(R"({"x-weir": 1, "unknown": {"$ref": "nowhere"}, "type": "string"})", {R"("a")"},
               {"1"});
}

TEST(ValidatorTest, OneValidatorServesManyThreads) {
  const Validator validator = MakeValidator(
      R"({"patternProperties": {"^a+$": {"type": "integer"}}, "unevaluatedProperties": false})");
  const json::Json good = Parsed(R"({"aaa": 1})");
  const json::Json bad = Parsed(R"({"aaa": 1, "b": 1})");
  std::vector<std::jthread> threads;
  std::atomic<int> n_wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        if (!validator.Validate(good)->empty() || validator.Validate(bad)->empty()) ++n_wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(n_wrong, 0);
}

}  // namespace
}  // namespace weir::schema
