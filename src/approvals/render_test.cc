#include "approvals/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "policy/policy.h"
#include "policy/testing/known_tools.h"

namespace weir::approvals {
namespace {

using policy::TestCall;
using testing::HasSubstr;
using testing::Not;

std::string EscapeForTest(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : std::string(1, c);
  return out;
}
int ColumnEachByte(std::string_view text) { return static_cast<int>(text.size()); }

RenderOptions Options(int columns = 80) {
  return {.columns = columns, .escape = EscapeForTest, .width = ColumnEachByte};
}

ApprovalRequest RequestAbout(const policy::ProposedCall& call) {
  ApprovalRequest request{.call = call,
                          .decision = policy::Policy::Default(policy::TestTools()).Decide(call)};
  request.run_id = "run-1";
  request.call_id = "call-1";
  request.action = "write a file";
  request.reversible = true;
  return request;
}

ApprovalRequest WriteRequest(const std::string& text = "hi") {
  return RequestAbout(TestCall("write_file", {{"text", text}, {"path", "notes/a.txt"}}));
}

std::string Text(const ApprovalRequest& request, RenderOptions options = Options()) {
  return RenderText(MakeView(request).value(), options).text;
}

TEST(MakeView, ADecisionOfAnotherCallHasNoView) {
  ApprovalRequest request = WriteRequest();
  request.call.arguments["path"] = "b";
  EXPECT_FALSE(MakeView(request));
}

TEST(MakeView, MoreThanOnceIsOfferedOnlyWhereItCanBeKept) {
  ApprovalRequest request = WriteRequest();
  EXPECT_EQ(AllowedScopes(request).size(), 1u);
  request.can_stand = true;
  EXPECT_EQ(AllowedScopes(request).size(), 2u);  // no rule
  request.rule = SuggestRule(request.call, policy::TestTools()).value();
  EXPECT_EQ(AllowedScopes(request).size(), 3u);
  EXPECT_TRUE(MakeView(request)->rule.has_value());
  request.bound.typed_word = "a.txt";
  EXPECT_EQ(AllowedScopes(request).size(), 1u);
  EXPECT_FALSE(MakeView(request)->rule.has_value());
  request.bound.typed_word = "";
  request.decision.verdict = policy::Verdict::kDeny;
  EXPECT_EQ(AllowedScopes(request).size(), 1u);
}

TEST(ToJson, HasEverythingThatAPageShows) {
  ApprovalRequest request = WriteRequest();
  request.can_stand = true;
  request.rule = SuggestRule(request.call, policy::TestTools()).value();
  request.bound = {.sandbox_profile = "p1", .preconditions = {{"notes/a.txt", "11"}}};
  request.origins = {{"path", "mail 3 (untrusted)"}};
  request.asked_again = "asked again because";
  const json::Json view = ToJson(MakeView(request).value());
  EXPECT_EQ(view["canonical_arguments"], R"({"path":"notes/a.txt","text":"hi"})");
  EXPECT_EQ(view["arguments"]["text"], "hi");
  EXPECT_EQ(view["scopes"], (json::Json{"once", "exact", "rule"}));
  EXPECT_EQ(view["preconditions"][0]["target"], "notes/a.txt");
  EXPECT_EQ(view["origins"][0]["origin"], "mail 3 (untrusted)");
  EXPECT_EQ(view["standing_rule"]["match"]["path"], "notes/a.txt");
  EXPECT_EQ(view["rule"], "default:write");
  EXPECT_EQ(view["request"].get<std::string>().size(), 64u);
  for (const char* member : {"server", "server_identity", "tool", "effect", "definition", "verdict",
                             "reason", "policy", "asked_again", "sandbox_profile", "reversible",
                             "typed_word", "remaining_us", "paused", "action", "preview"}) {
    EXPECT_TRUE(view.contains(member)) << member;
  }
}

TEST(RenderText, ShowsToolArgumentsChangesAndWhy) {
  ApprovalRequest request = WriteRequest();
  request.preview = "--- a\n+++ b";
  request.asked_again = "asked again because argument 'path' differs from grant g-1";
  EXPECT_EQ(Text(request),
            "          tool      write_file (write)\n"
            "          path      'notes/a.txt'\n"
            "          text      'hi'\n"
            "          what would change:\n"
            "          --- a\n"
            "          +++ b\n"
            "          why asked writing is asked before it happens\n"
            "          again     asked again because argument 'path' differs from grant g-1\n");
}

TEST(RenderText, SaysWhatCanNotBeShownOrTakenBack) {
  ApprovalRequest request = WriteRequest();
  request.reversible = false;
  EXPECT_THAT(Text(request), HasSubstr("can not be shown before it runs"));
  EXPECT_THAT(Text(request), HasSubstr("can not be taken back"));
}

TEST(RenderText, NamesAStrangersServerAndItsTargetsAndOrigins) {
  ApprovalRequest request = RequestAbout(TestCall("read_mail", {{"folder", "inbox"}}, "mail"));
  request.server_identity = "/usr/bin/mailer, sha256 77";
  request.origins = {{"folder", "file todo.txt"}};
  request.bound.preconditions = {{"inbox", "11"}};
  const std::string text = Text(request);
  EXPECT_THAT(text, HasSubstr("read_mail (read) of MCP server mail: /usr/bin/mailer"));
  EXPECT_THAT(text, HasSubstr("'inbox'  (from file todo.txt)"));
  EXPECT_THAT(text, HasSubstr("bound to  the present state of inbox"));
}

TEST(RenderText, NoLineIsWiderThanTheColumnsAndNothingIsLost) {
  const std::string words(300, 'x');
  for (const int columns : {30, 80, 200}) {
    const std::string text = Text(WriteRequest(words), Options(columns));
    std::istringstream lines(text);
    std::string line;
    size_t n_x = 0;
    while (std::getline(lines, line)) {
      EXPECT_LE(line.size(), static_cast<size_t>(columns));
      EXPECT_TRUE(line.starts_with("          ")) << line;
      n_x += static_cast<size_t>(std::count(line.begin(), line.end(), 'x'));
    }
    EXPECT_EQ(n_x, 300u + 2u) << columns;  // and those of a.txt and text
  }
}

// A value can not begin a line of its own that looks like one of Weir's.
TEST(RenderText, ALineBreakInAValueIsNoLineBreak) {
  const std::string text = Text(WriteRequest("x\n          why asked because it is harmless"));
  EXPECT_THAT(text, HasSubstr("'x\\n"));
  EXPECT_THAT(text, Not(HasSubstr("\n          why asked because")));
}

TEST(RenderText, LinesBreakAtBlanksWhereThereAreSome) {
  ApprovalRequest request = WriteRequest();
  request.asked_again = "asked again because argument 'destination' differs from grant g-0123";
  EXPECT_THAT(Text(request), HasSubstr("differs from \n                    grant g-0123\n"));
}

TEST(RenderText, WhatIsTooLongIsCountedAndShownInFull) {
  ApprovalRequest request = WriteRequest();
  for (int i = 0; i < 100; ++i) request.preview += "line " + std::to_string(i) + "\n";
  const ApprovalView view = MakeView(request).value();
  const Rendered brief = RenderText(view, Options());
  EXPECT_EQ(brief.n_hidden, 60u);
  EXPECT_THAT(brief.text, HasSubstr("... 60 more lines"));
  RenderOptions full = Options();
  full.full = true;
  const Rendered whole = RenderText(view, full);
  EXPECT_EQ(whole.n_hidden, 0u);
  EXPECT_THAT(whole.text, HasSubstr("line 99"));
  EXPECT_THAT(whole.text, HasSubstr("decided   ask by default:write"));
  EXPECT_THAT(whole.text, HasSubstr("definition sha256 d1"));
}

TEST(RenderRule, ShowsTheTextBothExamplesAndTheEnd) {
  const StandingRule rule = SuggestRule(WriteRequest().call, policy::TestTools()).value();
  const std::string text = RenderRule(rule, 1'700'000'000'000'000, Options());
  EXPECT_THAT(text, HasSubstr("argument.path = { inside = \"notes\" }"));
  EXPECT_THAT(text, HasSubstr("allows    {\"path\":\"notes/a.txt\"}"));
  EXPECT_THAT(text, HasSubstr("still asks {\"path\":\"other-notes/a.txt\"}"));
  EXPECT_THAT(text, HasSubstr("until     2023-11-14 22:13 UTC"));
}

}  // namespace
}  // namespace weir::approvals
