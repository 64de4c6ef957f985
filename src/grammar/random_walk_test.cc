// Whatever a model prefers, what it writes under the mask parses and validates: random masked
// generations over random schemas, read back by the call parser and judged by schema/.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "chat/call_parser.h"
#include "grammar/json_grammar.h"
#include "grammar/testing/vocabs.h"
#include "grammar/testing/walks.h"
#include "grammar/tool_grammar.h"
#include "schema/schema.h"

namespace weir::grammar {
namespace {

using json::Json;

class SchemaMaker {
 public:
  explicit SchemaMaker(std::mt19937& random) : random_(random) {}

  Json Any(int depth) {
    switch (random_() % (depth > 0 ? 11 : 7)) {
      case 0:
        return {{"type", "boolean"}};
      case 1:
        return Integer();
      case 2:
        return Number();
      case 3:
      case 4:
        return String();
      case 5:
        return Enum();
      case 6:
        return {{"type", Json::array({"string", "null", "integer"})}};
      case 7:
        return Array(depth);
      case 8:
        return Object(depth);
      case 9:
        return {{"anyOf", Json::array({Any(depth - 1), Any(depth - 1), Object(depth)})}};
      default:
        return OneIn(3) ? Json(true) : Map(depth);
    }
  }

  Json Object(int depth) {
    static const std::vector<std::string> kNames = {"a",    "ab",    "name", "x-y",
                                                    "from", "naïve", "b2",   "path.to"};
    Json properties = Json::object();
    Json required = Json::array();
    for (const std::string& name : kNames) {
      if (!OneIn(3)) continue;
      properties[name] = Any(depth - 1);
      if (OneIn(2)) required.push_back(name);
    }
    Json schema = {{"type", "object"}, {"properties", properties}, {"required", required}};
    if (OneIn(2)) schema["additionalProperties"] = OneIn(2) ? Json(false) : Any(depth - 1);
    return schema;
  }

 private:
  bool OneIn(unsigned n) { return random_() % n == 0; }
  int Int(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }

  Json Integer() {
    Json schema = {{"type", "integer"}};
    if (OneIn(2)) schema["minimum"] = Int(-500, 500);
    if (OneIn(2)) schema["maximum"] = Int(500, 5000);
    if (OneIn(4)) schema["multipleOf"] = Int(1, 30);
    return schema;
  }
  Json Number() {
    Json schema = {{"type", "number"}};
    if (OneIn(2)) schema[OneIn(2) ? "minimum" : "exclusiveMinimum"] = Int(-500, 500) / 100.0;
    if (OneIn(2)) schema[OneIn(2) ? "maximum" : "exclusiveMaximum"] = Int(501, 900) / 100.0;
    if (OneIn(4)) schema["multipleOf"] = 0.01;
    return schema;
  }
  Json String() {
    Json schema = {{"type", "string"}};
    if (OneIn(3)) schema["minLength"] = Int(0, 4);
    if (OneIn(3)) schema["maxLength"] = Int(4, 12);
    return schema;
  }
  Json Enum() {
    const Json all = {"metre",
                      "kilometre",
                      "it's",
                      1,
                      10,
                      -2.5,
                      nullptr,
                      true,
                      "ä\n",
                      Json::array({1, "x"}),
                      {{"k", Json::array()}}};
    Json values = Json::array();
    for (const Json& value : all) {
      if (OneIn(3)) values.push_back(value);
    }
    if (values.empty()) values.push_back("only");
    if (values.size() == 1) return {{"const", values[0]}};
    return {{"enum", values}};
  }
  Json Array(int depth) {
    Json schema = {{"type", "array"}, {"items", Any(depth - 1)}};
    if (OneIn(2)) schema["minItems"] = Int(0, 2);
    if (OneIn(2)) schema["maxItems"] = Int(2, 4);
    if (OneIn(4)) schema["prefixItems"] = Json::array({Any(depth - 1)});
    return schema;
  }
  Json Map(int depth) { return {{"type", "object"}, {"additionalProperties", Any(depth - 1)}}; }

  std::mt19937& random_;
};

void ExpectValidCall(const std::string& text, const std::vector<chat::ToolDefinition>& tools,
                     int max_calls) {
  const Result<std::vector<chat::ToolCall>> calls = chat::ParseCalls(text);
  ASSERT_TRUE(calls.has_value()) << text << ": " << calls.error().message;
  ASSERT_GE(calls->size(), 1U) << text;
  ASSERT_LE(calls->size(), static_cast<size_t>(max_calls)) << text;
  for (const chat::ToolCall& call : *calls) {
    const auto tool = std::find_if(tools.begin(), tools.end(),
                                   [&](const auto& t) { return t.name == call.name; });
    ASSERT_NE(tool, tools.end()) << text;
    const Result<schema::Schema> schema = schema::Schema::Compile(tool->parameters);
    const std::vector<schema::ValidationError> errors = schema->Validate(call.arguments);
    ASSERT_TRUE(errors.empty()) << text << "\n"
                                << json::Dump(tool->parameters) << "\n"
                                << errors[0].pointer << ": " << errors[0].message;
  }
}

TEST(RandomWalkTest, EveryCallParsesAndValidates) {
  std::mt19937 random(2026);
  SchemaMaker maker(random);
  const auto bytes = testing::MakeIndex({});
  std::vector<std::string> pieces = testing::CallPieces();
  std::erase_if(pieces, [](const std::string& piece) { return piece.size() < 2; });
  const auto merged = testing::MakeIndex(pieces);
  int n_walks = 0;
  int n_done = 0;
  int n_refused = 0;
  while (n_walks < 2000) {
    const std::vector<chat::ToolDefinition> tools = {{"read", "", maker.Object(2), nullptr},
                                                     {"read_all", "", maker.Object(3), nullptr}};
    ToolGrammarOptions options{.require_call = true,
                               .max_calls = 1 + static_cast<int>(random() % 2)};
    options.max_string_bytes = 30;
    options.max_depth = 5;
    options.schema_order = random() % 2 == 0;
    if (random() % 4 == 0) options.span_source = "don't (re)move 'my notes.txt', \\ or\n„naïve“ 12";
    const auto& vocab = random() % 4 == 0 ? bytes : merged;
    const auto grammar = ToolGrammar::Compile(vocab, tools, options);
    if (!grammar) {  // bounds may contradict each other
      ASSERT_EQ(grammar.error().code, ErrorCode::kInvalidArgument) << grammar.error().message;
      ASSERT_LT(++n_refused, 100) << grammar.error().message;
      continue;
    }
    for (int i = 0; i < 5; ++i) {
      GrammarState state(*grammar);
      const testing::Walked walked = testing::RandomWalk(state, *vocab, random, 600);
      ++n_walks;
      if (!walked.done) continue;
      ++n_done;
      ExpectValidCall(walked.text, tools, options.max_calls);
      if (HasFatalFailure()) return;
    }
  }
  // The others were still writing when the walk was cut.
  EXPECT_GT(n_done, 1800);
}

TEST(RandomWalkTest, EveryJsonTextParsesAndValidates) {
  std::mt19937 random(2027);
  SchemaMaker maker(random);
  std::vector<std::string> pieces = testing::CallPieces();
  std::erase_if(pieces, [](const std::string& piece) { return piece.size() < 2; });
  const auto vocab = testing::MakeIndex(pieces);
  int n_done = 0;
  for (int round = 0; round < 500; ++round) {
    const Json schema = maker.Any(3);
    const auto grammar = JsonGrammar::Compile(
        vocab, schema, {.schema_order = round % 2 == 0, .max_string_bytes = 30, .max_depth = 5});
    if (!grammar) continue;
    JsonState state(*grammar);
    const testing::Walked walked = testing::RandomWalk(state, *vocab, random, 600);
    if (!walked.done) continue;
    ++n_done;
    const Result<Json> value = json::Parse(walked.text);
    ASSERT_TRUE(value.has_value()) << walked.text << ": " << value.error().message;
    const std::vector<schema::ValidationError> errors =
        schema::Schema::Compile(schema)->Validate(*value);
    ASSERT_TRUE(errors.empty()) << walked.text << "\n"
                                << json::Dump(schema) << "\n"
                                << errors[0].message;
  }
  EXPECT_GT(n_done, 400);
}

}  // namespace
}  // namespace weir::grammar
