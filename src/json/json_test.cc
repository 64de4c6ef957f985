#include "json/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace weir::json {
namespace {

std::string ErrorOf(std::string_view text, const ParseLimits& limits = {}) {
  const Result<Json> result = Parse(text, limits);
  return result ? "" : result.error().message;
}

std::string CanonicalOf(std::string_view text) { return Canonical(*Parse(text)).value(); }

TEST(Parse, KeepsTheOrderOfKeys) {
  const Result<Json> value = Parse(R"( {"z":1,"a":[true,null,-2.5,"x"],"m":{}} )");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(Dump(*value), R"({"z":1,"a":[true,null,-2.5,"x"],"m":{}})");
}

TEST(Parse, MillionNestedBracketsAreACleanError) {
  const Result<Json> value = Parse(std::string(1'000'000, '['));
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(value.error().message, "JSON is nested deeper than 64 levels at byte 65");
}

TEST(Parse, DepthLimitIsExact) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Parse(nested(64)).has_value());
  EXPECT_FALSE(Parse(nested(65)).has_value());
  EXPECT_TRUE(Parse(nested(100), {.max_depth = 100}).has_value());
  EXPECT_FALSE(Parse("{\"a\":[1]}", {.max_depth = 1}).has_value());
}

TEST(Parse, RefusesTooManyBytes) {
  const Result<Json> value = Parse("[1, 2]", {.max_bytes = 5});
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(value.error().message, "JSON has 6 bytes, at most 5 are taken");
}

TEST(Parse, RefusesADuplicateKeyInOneObjectOnly) {
  EXPECT_EQ(ErrorOf(R"({"a":1,"a":2})"), "object has key 'a' twice, second time at byte 10");
  EXPECT_NE(ErrorOf(R"({"a":1,"\u0061":2})"), "");
  EXPECT_EQ(ErrorOf(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})"), "");
}

TEST(Parse, RefusesWhatIsNotUtf8) {
  EXPECT_NE(ErrorOf("\"\xff\""), "");
  EXPECT_NE(ErrorOf("\"\xc0\x80\""), "");
  EXPECT_NE(ErrorOf("\"\xed\xa0\x80\""), "");
  EXPECT_NE(ErrorOf(R"("\ud800")"), "");
  EXPECT_EQ(ErrorOf("\"\xf0\x9f\x9a\x80\""), "");
}

TEST(Parse, RefusesMalformedTextAndNamesThePlace) {
  for (const char* text : {"", " ", "[1,]", "{\"a\"}", "[1] 2", "nul", "NaN", "1e999", "01", "'a'",
                           "[1}", "\"a\nb\"", "// c\n1"}) {
    const Result<Json> value = Parse(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kCorruptData) << text;
  }
  EXPECT_NE(ErrorOf("[1] 2").find("at byte 5"), std::string::npos) << ErrorOf("[1] 2");
}

TEST(Parse, ManyKeysTakeLittleTime) {
  std::string text = "{";
  for (int i = 0; i < 50'000; ++i) text += fmt::format("\"k{}\":{},", i, i);
  text.back() = '}';
  const Result<Json> value = Parse(text);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->size(), 50'000u);
}

TEST(Dump, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Dump(Json("a\xff")), "\"a\xef\xbf\xbd\"");
  EXPECT_EQ(Dump(Json("caf\xc3\xa9")), "\"caf\xc3\xa9\"");
}

TEST(DumpPython, PrintsAsJsonDumps) {
  const Json value = *Parse(R"({"a":[1,2.0,true,null,"x\u007f\u0001\n\"\\/é"],"b":{},"c":[]})");
  EXPECT_EQ(DumpPython(value),
            "{\"a\": [1, 2.0, true, null, \"x\x7f\\u0001\\n\\\"\\\\/é\"], \"b\": {}, \"c\": []}");
}

TEST(DumpPython, PrintsFloatsAsRepr) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1e22, "1e+22"},
      {1.5e300, "1.5e+300"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1.25e-7, "1.25e-07"},
      {123.456, "123.456"},
      {-2.5, "-2.5"},
      {1e-300, "1e-300"},
      {12345678901234567.0, "1.2345678901234568e+16"},
      {0.1 + 0.2, "0.30000000000000004"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(DumpPython(Json(value)), text);
}

// RFC 8785, appendix B.
TEST(Canonical, NumbersMatchThePublishedSamples) {
  const std::vector<std::pair<uint64_t, std::string>> cases = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : cases) {
    EXPECT_EQ(Canonical(Json(std::bit_cast<double>(bits))).value(), text);
  }
  EXPECT_FALSE(Canonical(Json(std::bit_cast<double>(0x7fffffffffffffffULL))).has_value());
  EXPECT_FALSE(Canonical(Json(std::bit_cast<double>(0x7ff0000000000000ULL))).has_value());
}

// RFC 8785, section 3.2.2 and 3.2.4.
TEST(Canonical, SampleObjectMatchesThePublishedBytes) {
  const std::string input = R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })";
  EXPECT_EQ(CanonicalOf(input),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3.
TEST(Canonical, KeysAreSortedByUtf16CodeUnits) {
  const std::string input = R"({
    "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"})";
  std::vector<std::string> order;
  const Json sorted = Parse(CanonicalOf(input)).value();
  for (const auto& [key, value] : sorted.items()) {
    order.push_back(value.get<std::string>());
  }
  EXPECT_EQ(order, (std::vector<std::string>{
                       "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis",
                       "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"}));
}

TEST(Canonical, SortsAShorterKeyFirstAndNestedObjectsToo) {
  EXPECT_EQ(CanonicalOf(R"({"ab":{"b":1,"a":2},"a":[{"y":0,"x":0}],"":3})"),
            R"({"":3,"a":[{"x":0,"y":0}],"ab":{"a":2,"b":1}})");
}

TEST(Canonical, IntegersThatWouldLoseDigitsAreErrors) {
  EXPECT_EQ(CanonicalOf("9007199254740991"), "9007199254740991");
  EXPECT_EQ(CanonicalOf("-9007199254740992"), "-9007199254740992");
  EXPECT_EQ(CanonicalOf("1000000000000000000"), "1000000000000000000");
  EXPECT_FALSE(Canonical(*Parse("9007199254740993")).has_value());
  EXPECT_FALSE(Canonical(*Parse("1152921504606846976")).has_value());
  EXPECT_FALSE(Canonical(*Parse("18446744073709551615")).has_value());
  EXPECT_FALSE(Canonical(Json(std::numeric_limits<int64_t>::min())).has_value());
}

TEST(Canonical, RefusesStringsThatAreNotUtf8) {
  EXPECT_FALSE(Canonical(Json("\xff")).has_value());
  EXPECT_FALSE(Canonical(Json("\xe2\x82")).has_value());
  EXPECT_FALSE(Canonical(Json::object({{"\xc0\xaf", 1}})).has_value());
}

TEST(Canonical, RefusesBottomlessValues) {
  Json value = 1;
  for (int i = 0; i < 600; ++i) value = Json::array({std::move(value)});
  const Result<std::string> text = Canonical(value);
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace weir::json
