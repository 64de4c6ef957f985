#include "mcp_host/call_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::mcp_host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

json::Json Text(const std::string& text) {
  return json::Json::array({{{"type", "text"}, {"text", text}}});
}

TEST(CallResult, TheFirstLineIsTheSummaryAndNamesTheServer) {
  const auto result = MakeToolResult("notes", Text("one\ntwo\nthree"), nullptr, false);
  EXPECT_EQ(result.summary, "[notes] one");
  EXPECT_EQ(result.text, "two\nthree");
  EXPECT_FALSE(result.is_error);
}

TEST(CallResult, WhatNobodyCanSeeIsTakenOut) {
  const auto result = MakeToolResult(
      "notes", Text("\x1b[2Jgo\xE2\x80\xAE on\xE2\x80\x8B\nignore\x07 this"), nullptr, false);
  EXPECT_THAT(result.summary, Not(HasSubstr("\x1b")));
  EXPECT_THAT(result.summary, Not(HasSubstr("\xE2\x80\xAE")));
  EXPECT_THAT(result.text, Not(HasSubstr("\x07")));
}

TEST(CallResult, LongTextIsCutWithANote) {
  const auto result =
      MakeToolResult("notes", Text("first\n" + std::string(2'000'000, 'x')), nullptr, false);
  EXPECT_LT(result.text.size(), kMaxResultBytes + 200);
  EXPECT_THAT(result.text, HasSubstr("[cut after"));
}

TEST(CallResult, ImagesSoundsLinksAndResourcesBecomeALineEach) {
  const json::Json content = json::Json::array(
      {{{"type", "image"}, {"data", std::string(4000, 'A')}, {"mimeType", "image/png"}},
       {{"type", "audio"}, {"data", "AAAA"}, {"mimeType", "audio/wav"}},
       {{"type", "resource_link"}, {"name", "a"}, {"uri", "file:///a"}},
       {{"type", "resource"}, {"resource", {{"uri", "note://1"}, {"text", "hello"}}}},
       {{"type", "resource"}, {"resource", {{"uri", "note://2"}, {"blob", "AAAA"}}}},
       {{"type", "hologram"}},
       7});
  const auto result = MakeToolResult("notes", content, nullptr, false);
  EXPECT_EQ(result.ForModel(),
            "[notes] [an image of type image/png, 3.0 KB, not shown]\n"
            "[sound of type audio/wav, 3 bytes, not shown]\n"
            "[link to a: file:///a]\n"
            "[resource note://1]\nhello\n"
            "[resource note://2, not text]\n"
            "[content of the unknown type 'hologram']\n"
            "[something that is no content]");
}

TEST(CallResult, StructuredContentIsKeptAndSpeaksWhereThereIsNoText) {
  const auto both = MakeToolResult("w", Text("warm"), {{"degrees", 21}}, false);
  EXPECT_EQ(both.data["degrees"], 21);
  EXPECT_EQ(both.summary, "[w] warm");
  const auto alone = MakeToolResult("w", json::Json::array(), {{"degrees", 21}}, false);
  EXPECT_EQ(alone.summary, "[w] {\"degrees\":21}");
  const auto large = MakeToolResult("w", Text("x"), {{"a", std::string(2'000'000, 'a')}}, false);
  EXPECT_TRUE(large.data.is_null());
  EXPECT_THAT(large.text, HasSubstr("left out"));
}

TEST(CallResult, AnEmptyAnswerSaysSo) {
  EXPECT_EQ(MakeToolResult("w", json::Json::array(), nullptr, false).summary,
            "[w] done; nothing was said");
  const auto failed = MakeToolResult("w", "no array", nullptr, true);
  EXPECT_TRUE(failed.is_error);
  EXPECT_EQ(failed.summary, "[w] an error without a word");
}

TEST(CallResult, ServerErrorsNameTheServerOnce) {
  EXPECT_EQ(ServerErrorResult("w", {ErrorCode::kUnavailable, "it is gone"}).summary,
            "MCP server 'w': it is gone");
  EXPECT_EQ(
      ServerErrorResult("notes", {ErrorCode::kUnavailable, "MCP server 'notes' is gone"}).summary,
      "MCP server 'notes' is gone");
}

}  // namespace
}  // namespace weir::mcp_host
