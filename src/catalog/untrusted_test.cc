#include "catalog/untrusted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/definition.h"

namespace weir::catalog {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What hides, reorders or imitates, each in the middle of "a" and "b".
const std::vector<std::string> kHidden = {
    std::string("\0", 1), "\x07",         "\x1B[2K",          "\xC2\x85",     "\xE2\x80\x8B",
    "\xE2\x80\x8D",       "\xE2\x80\xAE", "\xE2\x81\xA6",     "\xEF\xBB\xBF", "\xC2\xAD",
    "\xF3\xA0\x81\x81",   "\xEF\xB8\x8F", "\xF3\xA0\x84\x80", "\xE3\x85\xA4", "\xE2\xA0\x80",
    "\xCD\x8F",           "\xE2\x80\xA8"};

TEST(UntrustedText, ReachesAModelWithoutWhatNobodySees) {
  for (const std::string& hidden : kHidden) {
    const UntrustedText text("evil", TextKind::kResult, "a" + hidden + "b");
    for (const char c : text.ForModel(100)) {
      EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << Visible(hidden);
    }
  }
  EXPECT_EQ(RemoveInvisible("a\r\nb\rc\td\xC2\xA0"
                            "e"),
            "a\nb\nc\td e");
  EXPECT_EQ(RemoveInvisible("a\xFF"
                            "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(RemoveInvisible("na\xC3\xAFve \xE6\x97\xA5\xE6\x9C\xAC"),
            "na\xC3\xAFve \xE6\x97\xA5\xE6\x9C\xAC");
}

TEST(UntrustedText, IsCutWithANoteAndNeverInsideACharacter) {
  const UntrustedText text("s", TextKind::kDescription,
                           "abc\xC3\xA9"
                           "def");
  EXPECT_EQ(text.ForModel(100),
            "abc\xC3\xA9"
            "def");
  EXPECT_EQ(text.ForModel(4), "abc\n[cut after 3 of 8 bytes]");
  EXPECT_EQ(text.server(), "s");
  EXPECT_EQ(TextKindName(text.kind()), "description");
}

TEST(UntrustedText, IsWholeAndEscapedForAPerson) {
  for (const std::string& hidden : kHidden) {
    const std::string shown = UntrustedText("s", TextKind::kError, "a" + hidden + "b").ForPerson();
    EXPECT_TRUE(IsPlainlyVisible(shown)) << shown;
    EXPECT_THAT(shown, HasSubstr("\\"));
  }
  EXPECT_EQ(Visible("a\\u{202e}"), "a\\\\u{202e}");  // an escape can not be imitated
  EXPECT_EQ(Visible("a\xE2\x80\xAE"), "a\\u{202e}");
  EXPECT_EQ(Visible("a\nb", {.keep_newlines = true}), "a\nb");
  EXPECT_EQ(Visible("\xFF"), "\\xff");
}

TEST(Schemas, KeepWhatCountsWhenTheirTextsAreCleaned) {
  const auto schema = *json::Parse(
      "{\"properties\":{\"a\":{\"description\":\"x\xE2\x80\xAEy\",\"enum\":[\"k\"],\"default\":{"
      "\"title\":\"z\xE2\x80\xAE\"}}}}");
  const json::Json clean = CleanSchema(schema);
  EXPECT_EQ(clean["properties"]["a"]["description"], "xy");
  EXPECT_EQ(clean["properties"]["a"]["enum"], schema["properties"]["a"]["enum"]);
  EXPECT_EQ(clean["properties"]["a"]["default"], schema["properties"]["a"]["default"]);
}

// ---- definitions ----

std::string DefinitionRefusal(const std::string& text) {
  const auto json = json::Parse(text);
  EXPECT_TRUE(json.has_value()) << text;
  const auto definition = ReadDefinition(*json);
  return definition ? "accepted" : definition.error().message;
}

TEST(Definitions, ThatAreMalformedAreRefusedWithToolAndMember) {
  const std::string big(70 << 10, 'x');
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "an object is expected"},
           {"{}", "is empty"},
           {R"({"name":1,"inputSchema":{}})", "'name' is a number"},
           {R"({"name":"a b","inputSchema":{}})", "not allowed at byte 2"},
           {R"({"name":"a"})", "tool 'a': 'inputSchema' is missing"},
           {R"({"name":"a","inputSchema":[]})", "'inputSchema' is a array"},
           {R"({"name":"a","inputSchema":{},"title":null})", "'title' is a null"},
           {R"({"name":"a","inputSchema":{},"description":["x"]})", "'description' is a array"},
           {R"({"name":"a","inputSchema":{},"annotations":"none"})", "'annotations' is a string"},
           {R"({"name":"a","inputSchema":{},"outputSchema":1})", "'outputSchema' is a number"},
           {R"({"name":"a","inputSchema":{},"description":")" + big + "\"}", "at most 65536"},
           {R"({"name":"a","inputSchema":{"description":")" + big + "\"}}", "at most 65536"},
           {R"({"name":"a","inputSchema":{"properties":{"p\u202e":{}}}})", "\\u{202e}"},
           {R"({"name":"a","inputSchema":{"properties":{"p":{"enum":["v\u200b"]}}}})", "\\u{200b}"},
           {R"({"name":"a","inputSchema":{"required":["\u00ad"]}})", "\\u{00ad}"},
           {R"({"name":"a","inputSchema":{"maximum":9007199254740993}})", "tool 'a'"}}) {
    EXPECT_THAT(DefinitionRefusal(text), HasSubstr(part)) << text.substr(0, 80);
  }
  EXPECT_EQ(DefinitionRefusal(
                R"({"name":"a","inputSchema":{"properties":{"p":{"description":"v\u200b\n"}}}})"),
            "accepted");
}

TEST(Definitions, ReadDifferentlyForAPersonWhenTheyDiffer) {
  const auto text = [](const char* json) { return DefinitionText(*json::Parse(json)); };
  const std::string plain = text(R"({"name":"a","description":"x\ninputSchema\n  | {}"})");
  EXPECT_THAT(plain, HasSubstr("description\n  | x\n  | inputSchema\n  |   | {}\n"));
  EXPECT_NE(plain, text(R"({"name":"a","description":"x","inputSchema":{}})"));
  // Long lines are broken, at blanks where there are some, and nothing of them is lost.
  const std::string word(100, 'w');
  EXPECT_EQ(text(("{\"description\":\"" + word + "\"}").c_str()),
            "description\n  | " + word.substr(0, 74) + "\n  > " + word.substr(74) + "\n");
  const std::string part(40, 'p');
  EXPECT_EQ(text(("{\"description\":\"" + part + " " + part + "\"}").c_str()),
            "description\n  | " + part + " \n  > " + part + "\n");
  EXPECT_NE(text(R"({"description":"a\tb"})"), text(R"({"description":"a    b"})"));
  EXPECT_EQ(text(R"({"inputSchema":{"a":1,"b":2}})"), text(R"({"inputSchema":{"b":2,"a":1}})"));
  EXPECT_THAT(text(R"({"description":"safe\u202egpj.exe"})"), HasSubstr("safe\\u{202e}gpj.exe"));
  EXPECT_THAT(text(R"({"title":"x\u001b[2J"})"), Not(HasSubstr("\x1B")));
}

}  // namespace
}  // namespace weir::catalog
