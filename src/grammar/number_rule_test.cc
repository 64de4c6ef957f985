#include "grammar/number_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "schema/schema.h"

namespace weir::grammar {
namespace {

schema::Schema Compiled(const json::Json& schema) {
  Result<schema::Schema> compiled = schema::Schema::Compile(schema);
  EXPECT_TRUE(compiled.has_value());
  return *std::move(compiled);
}

// Every number of at most three digits in the one spelling, without exponent and minus zero.
std::vector<std::string> AllShortNumbers() {
  std::vector<std::string> magnitudes;
  for (int whole = 0; whole < 1000; ++whole) {
    const std::string text = std::to_string(whole);
    magnitudes.push_back(text);
    const int room = 3 - static_cast<int>(text.size());
    for (int n = 1, count = 10; n <= room; ++n, count *= 10) {
      for (int fraction = 0; fraction < count; ++fraction) {
        std::string digits = std::to_string(fraction);
        digits.insert(0, static_cast<size_t>(n) - digits.size(), '0');
        magnitudes.push_back(text + "." + digits);
      }
    }
  }
  std::vector<std::string> all = magnitudes;
  for (const std::string& text : magnitudes) {
    if (text.find_first_of("123456789") != std::string::npos) all.push_back("-" + text);
  }
  return all;
}

// The language of a rule, by walking it.
void Collect(const NumberRule& rule, const NumberState& state, const std::string& text,
             std::set<std::string>& finished, std::set<std::string>& open) {
  open.insert(text);
  if (rule.CanEnd(state)) finished.insert(text);
  for (const char c : std::string_view("0123456789+-.eE,x")) {
    NumberState next = state;
    if (!rule.Step(next, static_cast<uint8_t>(c))) continue;
    Collect(rule, next, text + c, finished, open);
  }
}

// The rule accepts exactly what validation accepts, and every beginning it allows can be finished.
void ExpectExact(const json::Json& schema_json, const std::vector<std::string>& candidates) {
  const schema::Schema schema = Compiled(schema_json);
  const schema::Node& node = schema.node(schema.root());
  std::set<std::string> expected;
  std::set<std::string> prefixes = {""};
  for (const std::string& text : candidates) {
    const bool whole = text.find('.') == std::string::npos;
    if (!whole && (node.kinds & schema::kFraction) == 0) continue;
    if (!schema.Validate(*json::Parse(text)).empty()) continue;
    expected.insert(text);
    for (size_t n = 1; n <= text.size(); ++n) prefixes.insert(text.substr(0, n));
  }
  const NumberRule rule(node, 3);
  EXPECT_EQ(rule.satisfiable(), !expected.empty()) << json::Dump(schema_json);
  std::set<std::string> finished;
  std::set<std::string> open;
  Collect(rule, {}, "", finished, open);
  EXPECT_TRUE(finished == expected) << json::Dump(schema_json);
  EXPECT_TRUE(open == prefixes) << json::Dump(schema_json);
}

TEST(NumberRuleTest, BoundsAndMultiplesAreExact) {
  const std::vector<std::string> candidates = AllShortNumbers();
  std::mt19937 random(11);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  const auto bound = [&]() -> json::Json {
    const int value = static_cast<int>(random() % 2400) - 1200;
    if (one_in(3)) return value;
    if (one_in(8)) return 0;
    return one_in(2) ? value / 10.0 : value / 1000.0;
  };
  const std::vector<json::Json> steps = {0.01, 0.5,   2,    3,   7,    0.3, 25,
                                         2.5,  0.125, 1e-9, 400, 5000, 1};
  for (int round = 0; round < 40; ++round) {
    json::Json schema = {{"type", one_in(3) ? "integer" : "number"}};
    if (!one_in(3)) schema[one_in(2) ? "minimum" : "exclusiveMinimum"] = bound();
    if (!one_in(3)) schema[one_in(2) ? "maximum" : "exclusiveMaximum"] = bound();
    if (one_in(2)) schema["multipleOf"] = steps[random() % steps.size()];
    if (schema.size() == 1) schema["minimum"] = -2000;  // else exponents
    ExpectExact(schema, candidates);
  }
}

bool Accepts(const json::Json& schema_json, std::string_view text) {
  const schema::Schema schema = Compiled(schema_json);
  const NumberRule rule(schema.node(schema.root()));
  NumberState state;
  for (const char c : text) {
    if (!rule.Step(state, static_cast<uint8_t>(c))) return false;
  }
  return rule.CanEnd(state);
}

TEST(NumberRuleTest, IntegersStayWhereDoublesAreExact) {
  const json::Json schema = {{"type", "integer"}};
  EXPECT_TRUE(Accepts(schema, "9007199254740991"));
  EXPECT_FALSE(Accepts(schema, "9007199254740992"));
  EXPECT_TRUE(Accepts(schema, "-9007199254740991"));
  EXPECT_FALSE(Accepts(schema, "-9007199254740992"));
  EXPECT_FALSE(Accepts(schema, "1.0"));
  EXPECT_FALSE(Accepts(schema, "1e3"));
  EXPECT_FALSE(Accepts(schema, "007"));
  EXPECT_FALSE(Accepts(schema, "-0"));
  EXPECT_TRUE(Accepts(schema, "0"));
}

TEST(NumberRuleTest, FreeNumbersMayHaveAnExponent) {
  const json::Json schema = {{"type", "number"}};
  for (const char* good : {"0", "1.5", "-0.25", "1e5", "1.5E-7", "2e+10", "123456789012345"}) {
    EXPECT_TRUE(Accepts(schema, good)) << good;
  }
  for (const char* bad :
       {"1.", ".5", "1e", "1e+", "1e100", "-", "+1", "1e1e1", "1234567890123456"}) {
    EXPECT_FALSE(Accepts(schema, bad)) << bad;
  }
  EXPECT_FALSE(Accepts({{"type", "number"}, {"minimum", 0}}, "1e5"));
}

TEST(NumberRuleTest, BoundsBeyondTheDigitsAreUnsatisfiable) {
  const auto satisfiable = [](const json::Json& schema_json) {
    const schema::Schema schema = Compiled(schema_json);
    return NumberRule(schema.node(schema.root())).satisfiable();
  };
  EXPECT_FALSE(satisfiable({{"type", "integer"}, {"minimum", 1e17}}));
  EXPECT_FALSE(satisfiable({{"type", "integer"}, {"minimum", 5}, {"maximum", 4}}));
  EXPECT_FALSE(satisfiable({{"type", "integer"}, {"minimum", 1.2}, {"maximum", 1.8}}));
  EXPECT_FALSE(satisfiable({{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1e-20}}));
  EXPECT_FALSE(
      satisfiable({{"type", "integer"}, {"minimum", 1}, {"maximum", 6}, {"multipleOf", 7}}));
  EXPECT_TRUE(satisfiable({{"type", "number"}, {"minimum", -1e300}, {"maximum", 1e300}}));
  EXPECT_TRUE(
      satisfiable({{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1e-10}}));
}

}  // namespace
}  // namespace weir::grammar
