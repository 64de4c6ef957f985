#include "tools/calculate.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace weir::tools {
namespace {

std::string Value(std::string_view expression) {
  const auto result = Calculate(expression);
  return result ? result->value : "ERROR: " + result.error().message;
}

TEST(Calculate, FollowsTheRulesOfArithmetic) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1+2*3", "7"},     {"(1+2)*3", "9"},
      {"2^3^2", "512"},   {"-2^2", "-4"},
      {"2^-1", "0.5"},    {"7/2", "3.5"},
      {"10-4-3", "3"},    {"100/10/2", "5"},
      {"--3", "3"},       {"2*-3", "-6"},
      {"17 % 5", "2"},    {"17 mod 5", "2"},
      {"0.1+0.2", "0.3"}, {"1/3", "0.333333333333333"},
      {"3.50*2", "7"},    {"sqrt(16)", "4"},
      {"2**10", "1024"},  {"12 x 12", "144"},
      {"3×4", "12"},      {"9÷3", "3"},
      {"5−2", "3"},       {"1e3+1", "1001"},
      {".5+.5", "1"},
  };
  for (const auto& [expression, value] : cases) EXPECT_EQ(Value(expression), value) << expression;
}

TEST(Calculate, ReadsPercentagesAsPeopleSayThem) {
  EXPECT_EQ(Value("15% of 80"), "12");
  EXPECT_EQ(Value("15 % of 80"), "12");
  EXPECT_EQ(Value("15 percent of 80"), "12");
  EXPECT_EQ(Value("50%"), "0.5");
  EXPECT_EQ(Value("200 + 10%"), "220");
  EXPECT_EQ(Value("200 - 10%"), "180");
  EXPECT_EQ(Value("200 * 10%"), "20");
  EXPECT_FALSE(Calculate("200 + 10%")->note.empty());
}

TEST(Calculate, ReadsWordsAndThousands) {
  EXPECT_EQ(Value("12 times 3 plus 4"), "40");
  EXPECT_EQ(Value("100 divided by 8"), "12.5");
  EXPECT_EQ(Value("1,234.5 + 1"), "1235.5");
  EXPECT_EQ(Value("1,000,000/4"), "250000");
  EXPECT_EQ(Value("$20 * 3"), "60");
  EXPECT_EQ(Value("2+2=?"), "4");
}

TEST(Calculate, LargeWholeNumbersStayExact) {
  EXPECT_EQ(Value("123456789*987654321"), "121932631112635269");
  EXPECT_EQ(Value("2^62"), "4611686018427387904");
  EXPECT_EQ(Value("3^39"), "4052555153018976267");
  EXPECT_EQ(Value("2^64"), "1.84467440737096e+19");
  EXPECT_EQ(Value("0*-1"), "0");
}

TEST(Calculate, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1/0", "divides by zero"},
      {"5 mod 0", "divides by zero"},
      {"0^-1", "divides by zero"},
      {"", "empty"},
      {"2+", "ends where a number"},
      {"(1+2", "closing parenthesis"},
      {"1 2", "operator"},
      {"abc", "not a number"},
      {"1,5", "unclear"},
      {"1.2.3", "unclear"},
      {"1,23,456", "unclear"},
      {"9^9^9^9", "too large"},
      {"sqrt(-1)", "no real value"},
      {"system(1)", "not a number"},
      {"2)", "operator"},
      {"1;2", "operator"},
  };
  for (const auto& [expression, part] : cases) {
    const std::string value = Value(expression);
    EXPECT_TRUE(value.starts_with("ERROR") && value.find(part) != std::string::npos)
        << expression << " -> " << value;
  }
}

TEST(Calculate, IsBoundedInLengthAndDepth) {
  EXPECT_TRUE(Value(std::string(5000, '1')).starts_with("ERROR"));
  EXPECT_TRUE(Value(std::string(2000, '(') + "1").starts_with("ERROR"));
  EXPECT_TRUE(Value(std::string(3000, '-') + "1").starts_with("ERROR"));
  std::string powers = "1";
  for (int i = 0; i < 1500; ++i) powers += "^1";
  EXPECT_TRUE(Value(powers).starts_with("ERROR"));
  std::string roots;
  for (int i = 0; i < 900; ++i) roots += "sqrt ";
  EXPECT_TRUE(Value(roots + "1").starts_with("ERROR"));
}

}  // namespace
}  // namespace weir::tools
