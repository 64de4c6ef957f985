#include "schema/decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::schema {
namespace {

Decimal Of(const std::string& text) { return ToDecimal(*json::Parse(text)); }

TEST(DecimalTest, TheSameNumberHasOneForm) {
  EXPECT_EQ(Of("1"), Of("1.0"));
  EXPECT_EQ(Of("1000"), Of("1e3"));
  EXPECT_EQ(Of("0.5"), Of("5e-1"));
  EXPECT_EQ(Of("-0.0"), Of("0"));
  EXPECT_EQ(Of("1e22"), Of("10000000000000000000000"));
  EXPECT_EQ(Of("-9223372036854775808").digits, 9223372036854775808U);
  EXPECT_EQ(Of("18446744073709551615").digits, 18446744073709551615U);
}

TEST(DecimalTest, LargeIntegersDoNotLoseDigits) {
  EXPECT_NE(Of("9007199254740993"), Of("9007199254740992.0"));
  EXPECT_GT(Compare(Of("9007199254740993"), Of("9007199254740992.0")), 0);
  EXPECT_EQ(Of("9007199254740992"), Of("9007199254740992.0"));
}

TEST(DecimalTest, OrderIsThatOfTheNumbers) {
  const std::vector<std::string> ascending = {"-1e300",
                                              "-18446744073709551",
                                              "-2.5",
                                              "-2.4999",
                                              "-1e-300",
                                              "0",
                                              "5e-324",
                                              "0.1",
                                              "0.10000000000000002",
                                              "1",
                                              "1.5",
                                              "99",
                                              "100",
                                              "18446744073709551615",
                                              "1.9e19",
                                              "1e308"};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      const int order = Compare(Of(ascending[i]), Of(ascending[j]));
      EXPECT_EQ(order < 0, i < j) << ascending[i] << " " << ascending[j];
      EXPECT_EQ(order == 0, i == j) << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(DecimalTest, MultiplesAreDecimalNotBinary) {
  EXPECT_TRUE(IsMultiple(Of("19.99"), Of("0.01")));
  EXPECT_TRUE(IsMultiple(Of("0.3"), Of("0.1")));
  EXPECT_TRUE(IsMultiple(Of("1e300"), Of("3e299")) == false);
  EXPECT_TRUE(IsMultiple(Of("1e300"), Of("2e299")));
  EXPECT_TRUE(IsMultiple(Of("0"), Of("7")));
  EXPECT_TRUE(IsMultiple(Of("-21"), Of("7")));
  EXPECT_FALSE(IsMultiple(Of("0.5"), Of("1")));
  EXPECT_FALSE(IsMultiple(Of("7.5"), Of("5")));
  EXPECT_FALSE(IsMultiple(Of("1"), Of("10")));
}

TEST(DecimalTest, MultiplesOfIntegersAgreeWithTheMachine) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const int64_t value = static_cast<int64_t>(random() % 20000) - 10000;
    const int64_t step = static_cast<int64_t>(random() % 300) + 1;
    EXPECT_EQ(IsMultiple(ToDecimal(json::Json(value)), ToDecimal(json::Json(step))),
              value % step == 0)
        << value << " " << step;
  }
}

TEST(DecimalTest, TextIsPlainWhereItIsShort) {
  EXPECT_EQ(ToString(Of("-0.05")), "-0.05");
  EXPECT_EQ(ToString(Of("1500")), "1500");
  EXPECT_EQ(ToString(Of("12.5")), "12.5");
  EXPECT_EQ(ToString(Of("1e300")), "1e300");
  EXPECT_EQ(ToString(Of("0")), "0");
}

}  // namespace
}  // namespace weir::schema
