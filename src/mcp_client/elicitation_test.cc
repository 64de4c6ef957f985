#include "mcp_client/elicitation.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::mcp_client {
namespace {

Result<ElicitRequest> Form(const std::string& properties, const std::string& required = "[]") {
  return ParseElicitRequest(
      json::Parse(R"({"message":"who?","requestedSchema":{"type":"object","properties":)" +
                  properties + R"(,"required":)" + required + "}}")
          .value());
}

json::Json Parsed(const std::string& text) { return json::Parse(text).value(); }

TEST(Elicitation, WhatIsNoFlatFormIsRefused) {
  for (const char* properties : {
           R"({"a":7})",
           R"({"a":{"type":"object"}})",
           R"({"a":{}})",
           R"({"a":{"type":"array"}})",
           R"({"a":{"type":"array","items":{"type":"string"}}})",
           R"({"a":{"type":"string","enum":[1]}})",
           R"({"a":{"type":"string","oneOf":[{"title":"x"}]}})",
           R"({"a":{"type":"integer","default":"x"}})",
           R"({"a":{"type":"string","enum":["x"],"default":"y"}})",
       }) {
    EXPECT_FALSE(Form(properties)) << properties;
  }
  EXPECT_FALSE(ParseElicitRequest(Parsed(R"({"message":"x"})")));
  EXPECT_FALSE(ParseElicitRequest(Parsed(R"({"message":7})")));
  EXPECT_FALSE(ParseElicitRequest(Parsed(R"({"message":"x","mode":"voice"})")));
  EXPECT_FALSE(ParseElicitRequest(Parsed(R"({"message":"x","mode":7})")));
}

TEST(Elicitation, OnlyPlainWebAddressesAreShown) {
  for (const char* url : {"", "javascript:alert(1)", "file:///etc/passwd", "https://a b",
                          "https://ex\xC3\xA4mple.org", "https://a/\x1B[2J"}) {
    const json::Json params{{"message", "go"}, {"mode", "url"}, {"url", url}};
    EXPECT_FALSE(ParseElicitRequest(params)) << url;
  }
  const auto good = ParseElicitRequest(
      Parsed(R"({"message":"go","mode":"url","url":"https://a.example/x","elicitationId":"7"})"));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->mode, ElicitRequest::Mode::kUrl);
  EXPECT_EQ(good->elicitation_id, "7");
  EXPECT_EQ(json::Dump(ToJson(*good, {.action = ElicitAnswer::Action::kAccept}).value()),
            R"({"action":"accept"})");
}

TEST(Elicitation, AnAcceptedFormGetsTheDefaultsOfWhatItLeavesOut) {
  const auto form = Form(R"({
      "name":{"type":"string","default":"John"}, "age":{"type":"integer","default":30},
      "score":{"type":"number","default":95.5}, "verified":{"type":"boolean","default":true},
      "status":{"type":"string","enum":["on","off"],"default":"on"},
      "colours":{"type":"array","items":{"anyOf":[{"const":"r","title":"Red"}]},"default":["r"]},
      "free":{"type":"string"}})");
  ASSERT_TRUE(form) << form.error().message;
  const auto result = ToJson(*form, {.action = ElicitAnswer::Action::kAccept,
                                     .content = Parsed(R"({"age":31})")});
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)["content"],
            Parsed(R"({"age":31,"name":"John","score":95.5,"verified":true,"status":"on",
                       "colours":["r"]})"));
}

TEST(Elicitation, ContentThatBreaksTheFormIsAnErrorThatNamesTheField) {
  const auto form = Form(R"({"age":{"type":"integer","minimum":0,"maximum":9},
      "name":{"type":"string","minLength":2,"maxLength":3},
      "pick":{"type":"string","oneOf":[{"const":"a","title":"A"}]},
      "picks":{"type":"array","items":{"type":"string","enum":["a","b"]},"maxItems":1},
      "yes":{"type":"boolean"}})",
                         R"(["name"])");
  ASSERT_TRUE(form) << form.error().message;
  EXPECT_TRUE(CheckContent(form->fields, Parsed(R"({"name":"äöü"})")));
  for (const char* content :
       {"{}", "[]", R"({"name":"a"})", R"({"name":"abcd"})", R"({"name":"ab","age":1.5})",
        R"({"name":"ab","age":10})", R"({"name":"ab","age":"1"})", R"({"name":"ab","pick":"b"})",
        R"({"name":"ab","picks":["a","b"]})", R"({"name":"ab","picks":["c"]})",
        R"({"name":"ab","yes":1})", R"({"name":"ab","other":1})"}) {
    EXPECT_FALSE(CheckContent(form->fields, Parsed(content))) << content;
  }
  EXPECT_EQ(CheckContent(form->fields, Parsed("{}")).error().message,
            "elicitation, name: expected a value");
}

TEST(Elicitation, ChoicesAreShownByTheirTitles) {
  const auto form = Form(R"({"a":{"type":"string","enum":["x","y"],"enumNames":["Ex"]},
      "b":{"type":"string","oneOf":[{"const":"z","title":"Zed"}]}})");
  ASSERT_TRUE(form);
  using Option = std::pair<std::string, std::string>;
  EXPECT_EQ(form->fields[0].options, (std::vector<Option>{{"x", "Ex"}, {"y", "y"}}));
  EXPECT_EQ(form->fields[1].options, (std::vector<Option>{{"z", "Zed"}}));
}

TEST(Elicitation, DecliningSendsNothingThatWasEntered) {
  const auto form = Form(R"({"a":{"type":"string","default":"x"}})");
  ASSERT_TRUE(form);
  const ElicitAnswer answer{.action = ElicitAnswer::Action::kDecline,
                            .content = Parsed(R"({"a":"secret"})")};
  EXPECT_EQ(json::Dump(ToJson(*form, answer).value()), R"({"action":"decline"})");
}

}  // namespace
}  // namespace weir::mcp_client
