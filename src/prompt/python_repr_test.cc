#include "prompt/python_repr.h"

#include <gtest/gtest.h>

#include <limits>

#include "prompt/conversation_json.h"

namespace weir::prompt {
namespace {

std::string ReprOf(std::string_view text) { return PythonRepr(*ParseKeepingIntegers(text)); }
std::string JsonOf(std::string_view text) { return PythonJson(*ParseKeepingIntegers(text)); }

TEST(PythonRepr, WritesFloatsAsPythonDoes) {
  EXPECT_EQ(PythonRepr(0.0), "0.0");
  EXPECT_EQ(PythonRepr(-0.0), "-0.0");
  EXPECT_EQ(PythonRepr(3.0), "3.0");
  EXPECT_EQ(PythonRepr(0.1), "0.1");
  EXPECT_EQ(PythonRepr(1e15), "1000000000000000.0");
  EXPECT_EQ(PythonRepr(1e16), "1e+16");
  EXPECT_EQ(PythonRepr(1.5e300), "1.5e+300");
  EXPECT_EQ(PythonRepr(0.0001), "0.0001");
  EXPECT_EQ(PythonRepr(0.00001), "1e-05");
  EXPECT_EQ(PythonRepr(5e-324), "5e-324");
  EXPECT_EQ(PythonRepr(123456789.123), "123456789.123");
  EXPECT_EQ(PythonRepr(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(PythonRepr(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(PythonRepr(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(PythonRepr, ChoosesQuotesAndEscapesAsPythonDoes) {
  EXPECT_EQ(PythonRepr(std::string_view("plain")), "'plain'");
  EXPECT_EQ(PythonRepr(std::string_view("it's")), "\"it's\"");
  EXPECT_EQ(PythonRepr(std::string_view("say \"hi\"")), "'say \"hi\"'");
  EXPECT_EQ(PythonRepr(std::string_view("both ' and \"")), "'both \\' and \"'");
  EXPECT_EQ(PythonRepr(std::string_view("back\\slash")), "'back\\\\slash'");
  EXPECT_EQ(PythonRepr(std::string_view("\t\n\r")), "'\\t\\n\\r'");
  EXPECT_EQ(PythonRepr(std::string_view("\0\x1f\x7f", 3)), "'\\x00\\x1f\\x7f'");
  EXPECT_EQ(PythonRepr(std::string_view("\u00a0\u00ad\u200b\u2028\ufeff")),
            "'\\xa0\\xad\\u200b\\u2028\\ufeff'");
  EXPECT_EQ(PythonRepr(std::string_view("\U000E0001\U0010FFFF")), "'\\U000e0001\\U0010ffff'");
  EXPECT_EQ(PythonRepr(std::string_view("ünï 日本 🚀")), "'ünï 日本 🚀'");
}

TEST(PythonRepr, WritesContainersInBothForms) {
  constexpr std::string_view kValue = R"([1, "two", null, {"a": "b'c", "t": true}, [], {}, -2.5])";
  EXPECT_EQ(ReprOf(kValue), R"([1, 'two', None, {'a': "b'c", 't': True}, [], {}, -2.5])");
  EXPECT_EQ(JsonOf(kValue), R"([1, "two", null, {"a": "b'c", "t": true}, [], {}, -2.5])");
}

TEST(PythonRepr, KeepsTheDigitsOfIntegersBeyond64Bits) {
  EXPECT_EQ(ReprOf("[100000000000000000000, -99999999999999999999, 1e20]"),
            "[100000000000000000000, -99999999999999999999, 1e+20]");
  EXPECT_EQ(JsonOf("{\"a\": 100000000000000000000}"), "{\"a\": 100000000000000000000}");
  EXPECT_EQ(ReprOf("[18446744073709551615, -9223372036854775808, -0]"),
            "[18446744073709551615, -9223372036854775808, 0]");
}

TEST(PythonRepr, StripsWhatPythonCallsSpace) {
  EXPECT_EQ(PythonStrip(" \n\u3000\x1c a b \u2029\t"), "a b");
  EXPECT_EQ(PythonStrip(" \n"), "");
  EXPECT_EQ(PythonStrip(""), "");
  EXPECT_EQ(PythonStrip("\u200b"), "\u200b");
}

}  // namespace
}  // namespace weir::prompt
