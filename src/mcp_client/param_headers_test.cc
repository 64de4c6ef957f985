#include "mcp_client/param_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::mcp_client {
namespace {

json::Json Parsed(const std::string& text) { return json::Parse(text).value(); }

std::string WhyNot(const std::string& schema) {
  const auto params = FindHeaderParams(Parsed(schema));
  return params ? "" : params.error().message;
}

TEST(HeaderParams, DeclarationsThatTheProtocolForbidsAreRefused) {
  for (const char* property : {
           R"({"type":"string","x-mcp-header":""})",
           R"({"type":"string","x-mcp-header":7})",
           R"({"type":"string","x-mcp-header":"My Region"})",
           R"({"type":"string","x-mcp-header":"A:B"})",
           R"({"type":"string","x-mcp-header":"Région"})",
           R"({"type":"string","x-mcp-header":"A\t1"})",
           R"({"type":"string","x-mcp-header":"A\r\nX: y"})",
           R"({"type":"object","x-mcp-header":"Data"})",
           R"({"type":"array","x-mcp-header":"Data"})",
           R"({"type":"null","x-mcp-header":"Data"})",
           R"({"type":"number","x-mcp-header":"Data"})",
           R"({"x-mcp-header":"Data"})",
           R"({"type":["string","null"],"x-mcp-header":"Data"})",
           R"({"type":"array","items":{"type":"string","x-mcp-header":"Data"}})",
           R"({"anyOf":[{"type":"string","x-mcp-header":"Data"}]})",
           R"({"unheard-of":{"type":"string","x-mcp-header":"Data"}})",
       }) {
    EXPECT_NE(WhyNot(std::string(R"({"type":"object","properties":{"p":)") + property + "}}"), "")
        << property;
  }
  EXPECT_NE(WhyNot(R"({"type":"string","x-mcp-header":"Data"})"), "");
  EXPECT_NE(WhyNot(R"({"$defs":{"d":{"type":"string","x-mcp-header":"Data"}}})"), "");
  EXPECT_NE(WhyNot(R"({"items":{"properties":{"p":{"type":"string","x-mcp-header":"D"}}}})"), "");
}

TEST(HeaderParams, ANameIsUsedOnceWhateverItsCase) {
  EXPECT_EQ(WhyNot(R"({"properties":{"a":{"type":"string","x-mcp-header":"MyField"},
                       "b":{"type":"string","x-mcp-header":"myfield"}}})"),
            "x-mcp-header at 'b': 'myfield' is used twice");
}

TEST(HeaderParams, NestedPropertiesAreFoundAndExamplesAreNoSchemas) {
  const auto params = FindHeaderParams(Parsed(
      R"({"properties":{"o":{"type":"object","properties":{
           "n":{"type":"integer","x-mcp-header":"Deep"}}},
          "s":{"type":"string","default":{"x-mcp-header":""}}}})"));
  ASSERT_TRUE(params);
  ASSERT_EQ(params->size(), 1U);
  const net::HttpHeaders headers = HeadersOfArguments(*params, Parsed(R"({"o":{"n":42}})"));
  EXPECT_EQ(headers.Find("Mcp-Param-Deep"), "42");
  EXPECT_TRUE(HeadersOfArguments(*params, Parsed(R"({"o":7})")).fields().empty());
}

TEST(HeaderParams, WhatIsNullAbsentOrNoPrimitiveHasNoHeader) {
  const std::vector<HeaderParam> params = {{.header = "A", .path = {"a"}}};
  for (const char* arguments :
       {"{}", R"({"a":null})", R"({"a":[1]})", R"({"a":{}})", R"({"a":1.5})", "[]",
        R"({"a":9007199254740993})"}) {
    EXPECT_TRUE(HeadersOfArguments(params, Parsed(arguments)).fields().empty()) << arguments;
  }
  EXPECT_EQ(HeadersOfArguments(params, Parsed(R"({"a":false})")).Find("mcp-param-a"), "false");
  EXPECT_EQ(HeadersOfArguments(params, Parsed(R"({"a":-7})")).Find("mcp-param-a"), "-7");
}

TEST(EncodeHeaderValue, WrapsWhatIsNotPlain) {
  EXPECT_EQ(EncodeHeaderValue("us west 1"), "us west 1");
  EXPECT_EQ(EncodeHeaderValue(""), "=?base64??=");
  EXPECT_EQ(EncodeHeaderValue(" padded "), "=?base64?IHBhZGRlZCA=?=");
  EXPECT_EQ(EncodeHeaderValue("a\r\nX: y"), "=?base64?YQ0KWDogeQ==?=");
  EXPECT_EQ(EncodeHeaderValue("\tx"), "=?base64?CXg=?=");
  EXPECT_EQ(EncodeHeaderValue("Hello, 世界"), "=?base64?SGVsbG8sIOS4lueVjA==?=");
  EXPECT_EQ(EncodeHeaderValue("=?base64?YQ==?="), "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
}

}  // namespace
}  // namespace weir::mcp_client
