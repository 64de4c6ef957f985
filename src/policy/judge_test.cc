// Policy against a second reading of its documentation, over random policies and calls.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <random>

#include "policy/policy.h"
#include "policy/testing/naive_judge.h"
#include "policy/testing/schema_tools.h"

namespace weir::policy {
namespace {

constexpr int kPolicies = 10'000;
constexpr int kCallsEach = 3;

class RandomPolicies {
 public:
  explicit RandomPolicies(uint32_t seed) : random_(seed) {}

  PolicyFile File() {
    PolicyFile file;
    const size_t n = Below(7);
    for (size_t i = 0; i < n; ++i) file.rules.push_back(OneRule("r" + std::to_string(i)));
    file.default_rules = Chance(50) ? DefaultRules::kStandard : DefaultRules::kDeny;
    file.mode = AnyMode();
    return file;
  }

  std::optional<Mode> AnyMode() {
    if (Chance(60)) return std::nullopt;
    return static_cast<Mode>(Below(4));
  }

  ProposedCall Call() {
    const KnownTool& tool = Pick(SchemaTools());
    ProposedCall call = SchemaCall(tool.name, json::Json::object());
    for (const std::string& argument : tool.arguments) {
      if (Chance(80)) call.arguments[argument] = ArgumentOf(argument);
      if (Chance(40)) call.origins[Chance(50) ? argument : "/" + argument] = SomeOrigins();
    }
    if (call.arguments.contains("to") && Chance(50)) call.origins["/to/0/address"] = SomeOrigins();
    if (Chance(3)) call.arguments["strange"] = 1;
    if (Chance(2)) call.effect = Pick<std::string>({"read", "execute", "write"});
    if (Chance(1)) call.tool = "nothing";
    if (Chance(60)) call.calls_so_far = static_cast<int64_t>(Below(5));
    if (Chance(60)) call.confidence = Pick<double>({0, 0.25, 0.5, 0.9, 1, 2});
    if (Chance(60)) call.minute_of_day = Pick<int>({0, 1, 539, 540, 1019, 1020, 1320, 1439});
    return call;
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  bool Chance(size_t percent) { return Below(100) < percent; }
  template <class T>
  const T& Pick(const std::vector<T>& list) {
    return list[Below(list.size())];
  }

  std::vector<Origin> SomeOrigins() {
    std::vector<Origin> origins;
    for (size_t n = Below(3); n > 0; --n) origins.push_back(static_cast<Origin>(Below(5)));
    return origins;
  }

  json::Json AnyScalar() {
    return Pick<json::Json>({"a", "notes/a.md", "pixel", 1, 2.5, 100, true, false, nullptr});
  }

  json::Json ArgumentOf(const std::string& name) {
    if (Chance(6)) return AnyScalar();
    if (name == "path") {
      return Pick<json::Json>({"notes/a.md", "notes//x/../a.md", "private", "notes", "a", "",
                               "../a", "notes/x/b.md", "/etc"});
    }
    if (name == "url") {
      return Pick<json::Json>({"https://example.org/x", "HTTPS://Example.org.:443",
                               "http://evil.org", "https://example.org@evil.org/",
                               "https://a.example.org?q", "https://example.org:99999",
                               "http://127.0.0.1/", "http://1.2.3/", "javascript:1",
                               "https://aexample.org", "https://example.org\\x"});
    }
    if (name == "to") return Recipients();
    if (name == "tags") return Pick<json::Json>({json::Json::array(), {"a"}, {"a", "b"}, {1, "a"}});
    if (name == "width" || name == "scale") return Pick<json::Json>({1, 2.5, 100, 4000, -1});
    if (name == "unit") return Pick<json::Json>({"pixel", "percent"});
    if (name == "keep") return Chance(50);
    return Pick<json::Json>({"", "a", "abc", "abcabc", "secret", "x\ny"});
  }

  json::Json Recipients() {
    json::Json list = json::Json::array();
    for (size_t n = Below(4); n > 0; --n) {
      list.push_back(Pick<json::Json>({{{"address", "bob@example.org"}},
                                       {{"address", "Bob@example.org"}},
                                       {{"address", "amy@Example.org"}},
                                       {{"address", "bob@evil.org"}},
                                       {{"address", "Bob <bob@example.org>"}},
                                       {{"address", 5}},
                                       {{"name", "bob"}},
                                       "bob@example.org"}));
    }
    return list;
  }

  Rule OneRule(std::string id) {
    Rule rule;
    rule.id = std::move(id);
    rule.verdict = static_cast<Verdict>(Below(5));
    rule.tool = Glob::Parse(Pick<std::string>({"*", "*", "*_file", "write_*", "write_file",
                                               "resize", "fetch", "send_mail", "?ead_*"}))
                    .value();
    if (Chance(25)) rule.server = Chance(50) ? "builtin" : "mail";
    if (Chance(30)) rule.effects.push_back(Pick<std::string>({"read", "write", "network"}));
    if (Chance(10)) rule.effects.push_back("delete");
    for (size_t n = Below(3); n > 0; --n) rule.when.push_back(OneCondition());
    if (Chance(12)) rule.origins = {static_cast<Origin>(Below(5)), Origin::kPerson};
    if (Chance(12)) rule.calls = CountRange{static_cast<int64_t>(Below(3)), 2};
    if (Chance(12)) rule.confidence = ShareRange{0.25, Pick<double>({0.5, 0.9, 1})};
    if (Chance(12)) rule.time = Chance(50) ? TimeRange{540, 1020} : TimeRange{1320, 540};
    return rule;
  }

  Condition OneCondition() {
    Condition c;
    const auto place = Pick<std::string>({"path", "path", "url", "text", "width", "unit", "keep",
                                          "tags", "/tags/*", "/tags/0", "/to/*/address",
                                          "/to/0/address", "to", "subject", "folder"});
    c.pointer = ArgumentPointer::Parse(place).value();
    AddTest(c);
    if (Chance(25)) AddTest(c);
    return c;
  }

  void AddTest(Condition& c) {
    const std::vector<std::function<void()>> tests = {
        [&] { c.equals = Wanted(WantedScalar()); },
        [&] { c.one_of = {Wanted(WantedScalar()), Wanted(WantedScalar())}; },
        [&] {
          c.glob = Glob::Parse(Pick<std::string>({"*", "notes/*", "notes/**.md", "a*", "?", "*b*"}))
                       .value();
        },
        [&] {
          c.regex = Regex::Compile(Pick<std::string>({"a+", "[a-c]*", "notes/.*", "secret|pixel"}))
                        .value();
        },
        [&] { c.inside = Pick<std::string>({"notes", ".", "notes/x", "private"}); },
        [&] { c.min = Pick<json::Json>({1, 2.5, 100}); },
        [&] { c.max = Pick<json::Json>({1, 2.5, 100}); },
        [&] { c.min_length = static_cast<int64_t>(Below(4)); },
        [&] { c.max_length = static_cast<int64_t>(Below(4)); },
        [&] {
          c.hosts = {HostPattern::Parse("example.org").value(),
                     HostPattern::Parse(Pick<std::string>({"*.example.org", "127.0.0.1"})).value()};
        },
        [&] {
          c.recipients = {RecipientPattern::Parse(
                              Pick<std::string>({"bob@example.org", "@example.org", "@evil.org"}))
                              .value()};
        },
        [&] { c.origins = {static_cast<Origin>(Below(5))}; },
    };
    Pick(tests)();
  }

  json::Json WantedScalar() {
    return Pick<json::Json>({"a", "./notes/a.md", "pixel", "secret", 1, 2.5, 100, true, "../a"});
  }

  std::mt19937 random_;
};

TEST(PolicyJudge, TenThousandRandomPoliciesDecideAsThePageSays) {
  RandomPolicies random(7);
  int n_same = 0;
  std::array<int, 5> n_verdicts{};
  for (int i = 0; i < kPolicies; ++i) {
    const PolicyFile file = random.File();
    const std::optional<Mode> mode = random.AnyMode();
    const Policy policy = Policy::FromRules(file, SchemaTools(), mode);
    bool same = true;
    for (int j = 0; j < kCallsEach; ++j) {
      const ProposedCall call = random.Call();
      const NaiveDecision expected = NaiveDecide(file, mode, SchemaTools(), call);
      const Trial trial = policy.Try(call);
      same = same && trial.verdict == expected.verdict && trial.rule_id == expected.rule_id;
      ASSERT_TRUE(same) << "policy " << i << ": expected " << VerdictName(expected.verdict)
                        << " by " << expected.rule_id << "\n"
                        << policy.Explain(call).text << json::Dump(call.arguments);
      ++n_verdicts.at(static_cast<size_t>(trial.verdict));
    }
    n_same += same ? 1 : 0;
  }
  std::printf("%d of %d random policies decide as the naive judge\n", n_same, kPolicies);
  for (const int n : n_verdicts) EXPECT_GT(n, 200);  // every verdict is met often
}

TEST(PolicyJudge, DecideTryAndExplainSayTheSame) {
  RandomPolicies random(8);
  for (int i = 0; i < 1000; ++i) {
    const PolicyFile file = random.File();
    const Policy policy = Policy::FromRules(file, SchemaTools(), random.AnyMode());
    const ProposedCall call = random.Call();
    const Trial trial = policy.Try(call);
    const Decision decision = policy.Decide(call);
    const Explanation explanation = policy.Explain(call);
    ASSERT_EQ(decision.verdict, trial.verdict);
    ASSERT_EQ(decision.rule_id, trial.rule_id);
    ASSERT_EQ(decision.reason, trial.reason);
    ASSERT_EQ(explanation.decision.rule_id, trial.rule_id);
    size_t n_matched = 0;
    for (const RuleTrace& trace : explanation.rules) {
      n_matched += trace.matched && trace.rule_id.rfind("default:", 0) != 0 ? 1 : 0;
    }
    ASSERT_EQ(n_matched, trial.matched.size());
  }
}

TEST(PolicyJudge, ForbidWinsInAnyOrderOfRules) {
  // Random rules in two orders: the verdict is the same, and a deny rule that matches wins.
  RandomPolicies random(9);
  std::mt19937 shuffle(9);
  int n_denied = 0;
  for (int i = 0; i < 2000; ++i) {
    PolicyFile file = random.File();
    const ProposedCall call = random.Call();
    const Policy before = Policy::FromRules(file, SchemaTools());
    const Trial trial = before.Try(call);
    for (const size_t index : trial.matched) {
      if (before.rules()[index].verdict != Verdict::kDeny) continue;
      ASSERT_EQ(trial.verdict, Verdict::kDeny);
      ++n_denied;
    }
    std::shuffle(file.rules.begin(), file.rules.end(), shuffle);
    ASSERT_EQ(Policy::FromRules(file, SchemaTools()).Try(call).verdict, trial.verdict);
  }
  EXPECT_GT(n_denied, 50);
}

TEST(PolicyJudge, AModeNeverLoosensAndTwoAreAsStrictAsEach) {
  RandomPolicies random(10);
  const Mode modes[] = {Mode::kSandboxedAuto, Mode::kAsk, Mode::kPlan, Mode::kLocked};
  for (int i = 0; i < 1000; ++i) {
    PolicyFile file = random.File();
    file.mode = std::nullopt;
    const ProposedCall call = random.Call();
    const Verdict none = Policy::FromRules(file, SchemaTools()).Try(call).verdict;
    for (const Mode a : modes) {
      const Verdict one = Policy::FromRules(file, SchemaTools(), a).Try(call).verdict;
      ASSERT_GE(one, none);
      PolicyFile with = file;
      with.mode = a;
      ASSERT_EQ(Policy::FromRules(with, SchemaTools()).Try(call).verdict, one);
      for (const Mode b : modes) {
        const Verdict two = Policy::FromRules(with, SchemaTools(), b).Try(call).verdict;
        ASSERT_GE(two, one);
        ASSERT_GE(two, Policy::FromRules(file, SchemaTools(), b).Try(call).verdict);
      }
    }
  }
}

}  // namespace
}  // namespace weir::policy
