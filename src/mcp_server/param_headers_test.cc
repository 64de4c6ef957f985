#include "mcp_server/param_headers.h"

#include <gtest/gtest.h>

namespace weir::mcp_server {
namespace {

const json::Json& ToolList() {
  static const json::Json list = json::Parse(R"([{"name": "t", "inputSchema": {"properties": {
      "region": {"type": "string", "x-mcp-header": "Region"},
      "count": {"type": "integer", "x-mcp-header": "Count"},
      "deep": {"properties": {"flag": {"type": "boolean", "x-mcp-header": "Flag"}}},
      "plain": {"type": "string"}}}}])")
                                     .value();
  return list;
}

// The complaint, or nothing.
std::string Check(const net::HttpHeaders& headers, const json::Json& arguments,
                  const std::string& method = "tools/call") {
  const auto error = CheckMirroredHeaders(
      headers, {.id = 1, .method = method, .params = {{"name", "t"}, {"arguments", arguments}}},
      ToolList());
  EXPECT_EQ(error ? error->code : mcp::error_code::kHeaderMismatch,
            mcp::error_code::kHeaderMismatch);
  return error ? error->message : "";
}

net::HttpHeaders With(net::HttpHeaders::Field field = {"X", "y"}) {
  return {{"Mcp-Method", "tools/call"}, {"Mcp-Name", "t"}, std::move(field)};
}

TEST(MirroredHeaders, MissingDifferingAndDoubledOnesAreRefused) {
  EXPECT_NE(Check({}, {}), "");
  EXPECT_NE(Check({{"Mcp-Method", "tools/call"}}, {}), "");
  EXPECT_NE(Check({{"Mcp-Method", "TOOLS/CALL"}, {"Mcp-Name", "t"}}, {}), "");
  EXPECT_NE(Check({{"Mcp-Method", "tools/call"}, {"Mcp-Name", "u"}}, {}), "");
  EXPECT_NE(Check(With({"Mcp-Name", "t"}), {}), "");
  EXPECT_NE(Check(With(), {{"region", "eu"}}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Region", "us"}), {{"region", "eu"}}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Region", "eu"}), {}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Region", "null"}), {{"region", nullptr}}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Count", "4x"}), {{"count", 4}}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Flag", "True"}), {{"deep", {{"flag", true}}}}), "");
  EXPECT_NE(Check(With({"Mcp-Param-Region", "=?base64?SGVsbG8?="}), {{"region", "Hello"}}), "");
}

TEST(MirroredHeaders, WhatSaysTheSameIsServed) {
  EXPECT_EQ(Check(With(), {{"plain", "x"}}), "");
  EXPECT_EQ(Check(With({"mcp-param-region", "eu"}), {{"region", "eu"}}), "");
  EXPECT_EQ(Check(With({"Mcp-Param-Region", "=?base64?SGVsbG8=?="}), {{"region", "Hello"}}), "");
  EXPECT_EQ(Check(With({"Mcp-Param-Region", "=?base64?SGVs"}), {{"region", "=?base64?SGVs"}}), "");
  EXPECT_EQ(Check(With({"Mcp-Param-Count", "42"}), {{"count", 42}}), "");
  EXPECT_EQ(Check(With({"Mcp-Param-Flag", "true"}), {{"deep", {{"flag", true}}}}), "");
  EXPECT_EQ(Check({{"Mcp-Method", "tools/list"}}, {}, "tools/list"), "");
}

}  // namespace
}  // namespace weir::mcp_server
