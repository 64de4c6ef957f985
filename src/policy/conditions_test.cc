// Conditions of a policy file against calls: what is met, unmet and in doubt.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "policy/policy.h"
#include "policy/testing/schema_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

Policy LoadSchema(const std::string& toml) {
  Result<Policy> policy = Policy::Parse(toml, "p.toml", SchemaTools());
  EXPECT_TRUE(policy.has_value()) << policy.error().message;
  return policy ? *policy : Policy::Default();
}

// One rule under `[rule.when]`, beside an allow rule for the same tool when it is stricter.
std::string RuleOn(const std::string& tool, const std::string& decision, const std::string& when) {
  return "[[rule]]\nid='r'\ndecision='" + decision + "'\ntool='" + tool + "'\n[rule.when]\n" +
         when + "\n";
}
std::string AllowAll(const std::string& tool) {
  return "[[rule]]\nid='all'\ndecision='allow'\ntool='" + tool + "'\n";
}

// What an allow rule with the condition makes of the call, and a deny rule beside one that allows
// everything: "met" (allow, deny), "unmet" (deny, allow) or "doubt" (deny, deny).
std::string TruthOfCall(const std::string& when, const ProposedCall& call) {
  const Verdict allows = LoadSchema(RuleOn(call.tool, "allow", when)).Try(call).verdict;
  const Verdict denies =
      LoadSchema(AllowAll(call.tool) + RuleOn(call.tool, "deny", when)).Try(call).verdict;
  if (allows == Verdict::kAllow) return denies == Verdict::kDeny ? "met" : "broken";
  return denies == Verdict::kDeny ? "doubt" : "unmet";
}

json::Json J(std::string_view text) { return json::Parse(text).value(); }
ProposedCall Fetch(json::Json url) { return SchemaCall("fetch", {{"url", std::move(url)}}); }
ProposedCall Mail(json::Json to) { return SchemaCall("send_mail", {{"to", std::move(to)}}); }

TEST(Conditions, AUrlInDoubtDoesNotAllowAndDoesDeny) {
  const std::string when = "argument.url = { host-in = ['example.org', '*.example.net'] }";
  EXPECT_EQ(TruthOfCall(when, Fetch("https://Example.org:443/x")), "met");
  EXPECT_EQ(TruthOfCall(when, Fetch("https://a.example.net")), "met");
  EXPECT_EQ(TruthOfCall(when, Fetch("https://example.net")), "unmet");
  EXPECT_EQ(TruthOfCall(when, Fetch("https://evil.org/example.org")), "unmet");
  EXPECT_EQ(TruthOfCall(when, Fetch("https://example.org@evil.org/")), "doubt");
  EXPECT_EQ(TruthOfCall(when, Fetch("example.org")), "doubt");
  EXPECT_EQ(TruthOfCall(when, Fetch(7)), "doubt");
  EXPECT_EQ(TruthOfCall(when, SchemaCall("fetch", json::Json::object())), "unmet");
}

TEST(Conditions, AStarMeansAllForAllowAndOneForDeny) {
  const std::string when = "argument.\"/to/*/address\" = { recipient-in = ['@example.org'] }";
  const json::Json friendly = {{"address", "bob@example.org"}};
  const json::Json stranger = {{"address", "eve@evil.org"}};
  EXPECT_EQ(TruthOfCall(when, Mail(json::Json::array({friendly, friendly}))), "met");
  EXPECT_EQ(TruthOfCall(when, Mail(json::Json::array({stranger}))), "unmet");
  EXPECT_EQ(TruthOfCall(when, Mail(json::Json::array({friendly, stranger}))), "doubt");
  EXPECT_EQ(TruthOfCall(when, Mail(json::Json::array())), "unmet");
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"([{"address":"bob@example.org"},{}])"))), "doubt");
  EXPECT_EQ(TruthOfCall(when, Mail(J("[{}]"))), "unmet");
  EXPECT_EQ(TruthOfCall(when, Mail("bob@example.org")), "doubt");
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"([{"address":["bob@example.org"]}])"))), "doubt");
}

TEST(Conditions, AnAskRuleThatHoldsForSomeElementsDoesNotLoosenTheDefault) {
  const Policy policy = LoadSchema(
      RuleOn("send_mail", "ask", "argument.\"/to/*/address\" = { recipient-in = ['@a.org'] }"));
  EXPECT_EQ(policy.Try(Mail(J(R"([{"address":"x@a.org"}])"))).verdict, Verdict::kAsk);
  EXPECT_EQ(policy.Try(Mail(J(R"([{"address":"x@a.org"},{"address":"x@b.org"}])"))).verdict,
            Verdict::kDeny);
}

TEST(Conditions, APointerFindsItsPlaceOrNone) {
  const std::string when = "argument.\"/to/1/address\" = { equals = 'a@b.org' }";
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"([{},{"address":"a@b.org"}])"))), "met");
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"([{"address":"a@b.org"}])"))), "unmet");
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"({"1":{"address":"a@b.org"}})"))),
            "met");  // an object with the key "1"
  EXPECT_EQ(TruthOfCall(when, Mail(5)), "doubt");
  EXPECT_EQ(TruthOfCall(when, Mail(J(R"([{"address":"a@b.org"},"a@b.org"])"))), "doubt");
}

TEST(Conditions, LengthsCountCharactersAndElements) {
  const std::string text = "argument.text = { min-length = 2, max-length = 3 }";
  const auto write = [](json::Json value) {
    return SchemaCall("write_file", {{"path", "a"}, {"text", std::move(value)}});
  };
  EXPECT_EQ(TruthOfCall(text, write("a")), "unmet");
  EXPECT_EQ(TruthOfCall(text, write("\xc3\xa4\xe2\x82\xac")), "met");  // two characters
  EXPECT_EQ(TruthOfCall(text, write("abcd")), "unmet");
  EXPECT_EQ(TruthOfCall(text, write(22)), "doubt");
  const std::string list = "argument.tags = { max-length = 1 }";
  EXPECT_EQ(TruthOfCall(list, SchemaCall("fetch", J(R"({"tags":["a"]})"))), "met");
  EXPECT_EQ(TruthOfCall(list, SchemaCall("fetch", J(R"({"tags":["a","b"]})"))), "unmet");
}

TEST(Conditions, ARegexCoversTheNormalFormOfAPath) {
  const std::string when = "argument.path = { regex = 'notes/[a-z]+\\.md' }";
  EXPECT_EQ(TruthOfCall(when, SchemaCall("read_file", {{"path", "./notes//a.md"}})), "met");
  EXPECT_EQ(TruthOfCall(when, SchemaCall("read_file", {{"path", "notes/a.md.txt"}})), "unmet");
}

TEST(Conditions, OriginsThatAreMixedOrUnknownAreInDoubt) {
  const std::string when = "argument.text = { origin = 'person' }";
  ProposedCall call = SchemaCall("write_file", {{"path", "a"}, {"text", "x"}});
  EXPECT_EQ(TruthOfCall(when, call), "doubt");  // nothing is known
  call.origins["text"] = {};
  EXPECT_EQ(TruthOfCall(when, call), "doubt");
  call.origins["text"] = {Origin::kPerson};
  EXPECT_EQ(TruthOfCall(when, call), "met");
  call.origins["text"] = {Origin::kToolResult};
  EXPECT_EQ(TruthOfCall(when, call), "unmet");
  call.origins["text"] = {Origin::kPerson, Origin::kToolResult};
  EXPECT_EQ(TruthOfCall(when, call), "doubt");
  call.origins["text"] = {Origin::kPerson, Origin::kUnknown};
  EXPECT_EQ(TruthOfCall(when, call), "doubt");
  call.origins.clear();
  call.origins["/~"] = {Origin::kPerson};  // no pointer
  EXPECT_EQ(TruthOfCall(when, call), "doubt");
}

TEST(Conditions, OriginsOfPartsAndOfAllArguments) {
  const std::string all = "origin = ['person', 'model']";
  ProposedCall call = SchemaCall("write_file", {{"path", "a"}, {"text", "x"}});
  call.origins = {{"path", {Origin::kPerson}}, {"/text", {Origin::kModel}}};
  EXPECT_EQ(TruthOfCall(all, call), "met");
  call.origins["/text"] = {Origin::kFile};
  EXPECT_EQ(TruthOfCall(all, call), "doubt");
  call.origins.erase("/text");
  EXPECT_EQ(TruthOfCall(all, call), "doubt");

  const std::string each = "argument.\"/to/*/address\" = { origin = 'person' }";
  ProposedCall mail = Mail(J(R"([{"address":"a@b.org"},{"address":"c@d.org"}])"));
  mail.origins = {{"/to/0/address", {Origin::kPerson}}};
  EXPECT_EQ(TruthOfCall(each, mail), "doubt");
  mail.origins["/to/1"] = {Origin::kPerson};
  EXPECT_EQ(TruthOfCall(each, mail), "met");
  mail.origins["to"] = {Origin::kFile};
  EXPECT_EQ(TruthOfCall(each, mail), "doubt");
  // A part that was copied from a file taints the whole.
  const std::string whole = "argument.to = { origin = 'person' }";
  mail.origins = {{"to", {Origin::kPerson}}, {"/to/0/address", {Origin::kFile}}};
  EXPECT_EQ(TruthOfCall(whole, mail), "doubt");
}

TEST(Conditions, FactsOfTheMomentThatAreUnknownAreInDoubt) {
  ProposedCall call = SchemaCall("read_file", {{"path", "a"}});
  EXPECT_EQ(TruthOfCall("calls = { max = 2 }", call), "doubt");
  EXPECT_EQ(TruthOfCall("confidence = { min = 0.5 }", call), "doubt");
  EXPECT_EQ(TruthOfCall("time = { from = '09:00', to = '17:00' }", call), "doubt");
  call.calls_so_far = 2;
  EXPECT_EQ(TruthOfCall("calls = { max = 2 }", call), "met");
  EXPECT_EQ(TruthOfCall("calls = { min = 3 }", call), "unmet");
  call.calls_so_far = -1;
  EXPECT_EQ(TruthOfCall("calls = { max = 2 }", call), "doubt");
  call.confidence = 0.5;
  EXPECT_EQ(TruthOfCall("confidence = { min = 0.5 }", call), "met");
  EXPECT_EQ(TruthOfCall("confidence = { max = 0.4 }", call), "unmet");
  for (const double nonsense : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    call.confidence = nonsense;
    EXPECT_EQ(TruthOfCall("confidence = { min = 0.5 }", call), "doubt") << nonsense;
  }
  call.minute_of_day = 1440;
  EXPECT_EQ(TruthOfCall("time = { from = '09:00', to = '17:00' }", call), "doubt");
}

TEST(Conditions, TimesMayPassMidnight) {
  ProposedCall call = SchemaCall("read_file", {{"path", "a"}});
  const auto at = [&](int hour, int minute, const char* when) {
    call.minute_of_day = hour * 60 + minute;
    return TruthOfCall(when, call);
  };
  const char* day = "time = { from = '09:00', to = '17:00' }";
  EXPECT_EQ(at(8, 59, day), "unmet");
  EXPECT_EQ(at(9, 0, day), "met");
  EXPECT_EQ(at(16, 59, day), "met");
  EXPECT_EQ(at(17, 0, day), "unmet");
  const char* night = "time = { from = '22:30', to = '06:00' }";
  EXPECT_EQ(at(22, 29, night), "unmet");
  EXPECT_EQ(at(23, 59, night), "met");
  EXPECT_EQ(at(0, 0, night), "met");
  EXPECT_EQ(at(6, 0, night), "unmet");
  EXPECT_EQ(at(23, 59, "time = { from = '12:00', to = '24:00' }"), "met");
}

TEST(Conditions, ConfidenceOnlyTightens) {
  const Policy policy =
      LoadSchema(AllowAll("read_file") + RuleOn("read_file", "ask", "confidence = { max = 0.6 }"));
  ProposedCall call = SchemaCall("read_file", {{"path", "a"}});
  EXPECT_EQ(policy.Try(call).verdict, Verdict::kAsk);  // unknown
  call.confidence = 0.9;
  EXPECT_EQ(policy.Try(call).verdict, Verdict::kAllow);
  call.confidence = 0.3;
  EXPECT_EQ(policy.Try(call).verdict, Verdict::kAsk);
}

TEST(Conditions, EveryDecisionIsStricterThanTheOneBefore) {
  const std::vector<std::string> decisions = {"allow", "ask", "preview", "ask-typed", "deny"};
  for (size_t i = 0; i < decisions.size(); ++i) {
    EXPECT_EQ(VerdictFromName(decisions[i]), static_cast<Verdict>(i));
    EXPECT_EQ(NeedsPerson(static_cast<Verdict>(i)), i > 0 && i < 4);
    for (size_t j = 0; j < decisions.size(); ++j) {
      const std::string two =
          "[[rule]]\nid='a'\ndecision='" + decisions[i] + "'\ntool='read_file'\n[rule.when]\n" +
          "argument.path = { glob = 'a*' }\n[[rule]]\nid='b'\ndecision='" + decisions[j] +
          "'\ntool='read_file'\n[rule.when]\nargument.path = { glob = '*b' }\n";
      EXPECT_EQ(LoadSchema(two).Try(SchemaCall("read_file", {{"path", "ab"}})).verdict,
                static_cast<Verdict>(std::max(i, j)));
    }
  }
  EXPECT_FALSE(VerdictFromName("Allow").has_value());
}

TEST(Conditions, ExplainFitsEightyColumnsAndSaysWhatIsInDoubt) {
  const Policy policy =
      LoadSchema("mode = 'ask'\n" + AllowAll("fetch") +
                 RuleOn("fetch", "deny",
                        "argument.url = { host-in = ['example.org', 'a.example.org', "
                        "'b.example.org', 'c.example.org'] }"));
  const Explanation told = policy.Explain(Fetch("https://x@example.org"));
  EXPECT_THAT(told.text, HasSubstr("argument 'url' is in doubt"));
  EXPECT_THAT(told.text, HasSubstr("mode ask: no change"));
  for (std::string_view rest = told.text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    EXPECT_TRUE(line.size() <= 80 || line.find(' ', 6) == std::string_view::npos) << line;
  }
}

// ---- modes ----

TEST(Modes, ATableOfEffects) {
  const std::string all = "[[rule]]\nid='a'\ndecision='allow'\ntool='*'\n";
  const auto verdict = [&](const std::string& mode, const ProposedCall& call) {
    return LoadSchema("mode='" + mode + "'\n" + all).Try(call).verdict;
  };
  const ProposedCall read = SchemaCall("read_file", {{"path", "a"}});
  const ProposedCall write = SchemaCall("write_file", {{"path", "a"}, {"text", ""}});
  const ProposedCall remove = SchemaCall("delete_file", {{"path", "a"}});
  const ProposedCall strange = SchemaCall("read_mail", {{"folder", "in"}});
  struct Row {
    const char* mode;
    Verdict read, write, remove, network, strange;
  };
  const Verdict yes = Verdict::kAllow;
  const Verdict no = Verdict::kDeny;
  const Verdict ask = Verdict::kAsk;
  const Verdict typed = Verdict::kAskTyped;
  for (const Row& row :
       {Row{"sandboxed-auto", yes, yes, typed, typed, typed}, Row{"ask", yes, ask, ask, ask, ask},
        Row{"plan", yes, no, no, no, no}, Row{"locked", yes, yes, yes, yes, yes}}) {
    EXPECT_EQ(verdict(row.mode, read), row.read) << row.mode;
    EXPECT_EQ(verdict(row.mode, write), row.write) << row.mode;
    EXPECT_EQ(verdict(row.mode, remove), row.remove) << row.mode;
    EXPECT_EQ(verdict(row.mode, Fetch("https://a.org")), row.network) << row.mode;
    EXPECT_EQ(verdict(row.mode, strange), row.strange) << row.mode;
  }
}

TEST(Modes, LockedAsksNothingAndTheBuiltInRulesAllowNothing) {
  const Policy policy = LoadSchema(
      "mode='locked'\ndefault='standard'\n[[rule]]\nid='a'\n"
      "decision='ask'\ntool='write_file'\n");
  for (const ProposedCall& call : {SchemaCall("read_file", {{"path", "a"}}),
                                   SchemaCall("write_file", {{"path", "a"}, {"text", ""}})}) {
    const Trial trial = policy.Try(call);
    EXPECT_EQ(trial.verdict, Verdict::kDeny);
    EXPECT_EQ(trial.rule_id, "mode:locked");
    EXPECT_THAT(trial.reason, HasSubstr("locked"));
  }
}

TEST(Modes, AFlagTightensTheFileAndIsPartOfTheHash) {
  const std::string toml = "mode='ask'\n" + AllowAll("write_file");
  const Policy file = Policy::Parse(toml, "p", SchemaTools()).value();
  const Policy looser = Policy::Parse(toml, "p", SchemaTools(), Mode::kSandboxedAuto).value();
  const Policy stricter = Policy::Parse(toml, "p", SchemaTools(), Mode::kPlan).value();
  const ProposedCall write = SchemaCall("write_file", {{"path", "a"}, {"text", ""}});
  EXPECT_EQ(file.Try(write).verdict, Verdict::kAsk);
  EXPECT_EQ(looser.Try(write).verdict, Verdict::kAsk);
  EXPECT_EQ(stricter.Try(write).verdict, Verdict::kDeny);
  EXPECT_NE(file.hash(), stricter.hash());
  EXPECT_NE(looser.hash(), stricter.hash());
  EXPECT_EQ(Policy::Parse(toml, "p", SchemaTools(), Mode::kAsk).value().hash(), file.hash());
  EXPECT_NE(Policy::Default({}, Mode::kPlan).hash(), Policy::Default().hash());
  for (const std::string& name : ModeNames()) {
    EXPECT_EQ(ModeName(ModeFromName(name).value()), name);
  }
  EXPECT_FALSE(ModeFromName("").has_value());
}

// ---- what a decision is bound to ----

TEST(CallDigest, CoversEveryFactOfTheCall) {
  const ProposedCall call = SchemaCall("write_file", {{"path", "a"}, {"text", ""}});
  std::vector<std::string> digests = {CallDigest(call).value()};
  const auto changed = [&](auto change) {
    ProposedCall other = call;
    change(other);
    digests.push_back(CallDigest(other).value());
  };
  changed([](ProposedCall& c) { c.server = "mail"; });
  changed([](ProposedCall& c) { c.tool = "write_fil"; });
  changed([](ProposedCall& c) { c.effect = "read"; });
  changed([](ProposedCall& c) { c.arguments["path"] = "b"; });
  changed([](ProposedCall& c) { c.definition_hash = "x"; });
  changed([](ProposedCall& c) { c.path_arguments = {}; });
  changed([](ProposedCall& c) { c.path_arguments = {"path", "text"}; });
  changed([](ProposedCall& c) { c.origins["path"] = {}; });
  changed([](ProposedCall& c) { c.origins["path"] = {Origin::kPerson}; });
  changed([](ProposedCall& c) { c.origins["text"] = {Origin::kPerson}; });
  changed([](ProposedCall& c) { c.calls_so_far = 0; });
  changed([](ProposedCall& c) { c.confidence = 0; });
  changed([](ProposedCall& c) { c.minute_of_day = 0; });
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
}

}  // namespace
}  // namespace weir::policy
