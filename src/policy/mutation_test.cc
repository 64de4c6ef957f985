// A corpus of 200 bad policies, made from good ones by one mutation each: every one is refused, at
// its place, and a misspelt name with the one that was meant.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/testing/schema_tools.h"

namespace weir::policy {
namespace {

using testing::HasSubstr;

constexpr size_t kCorpus = 200;

// Every key and every kind of value once.
constexpr std::string_view kGoodPolicy = R"(default = "standard"
mode = "ask"
[[rule]]
id = "notes"
decision = "allow"
server = "builtin"
tool = "write_file"
effect = "write"
reason = "notes are mine"
match = [{ arguments = { path = "notes/a.md" }, origins = { path = "person" }, calls = 1, confidence = 0.9, time = "10:00" }]
no-match = [{ tool = "write_file", arguments = { path = "b.md" } }]
[rule.when]
origin = ["person", "model"]
calls = { min = 1, max = 3 }
confidence = { min = 0.5 }
time = { from = "09:00", to = "17:00" }
argument.path = { inside = "notes", glob = "**.md" }
[[rule]]
id = "wide"
decision = "ask-typed"
tool = "resize"
[rule.when]
argument.width = { min = 100, max = 200 }
argument.unit = { one-of = ["pixel", "percent"] }
[[rule]]
id = "friends"
decision = "preview"
tool = "send_mail"
[rule.when]
argument."/to/*/address" = { recipient-in = ["bob@example.org"], max-length = 50 }
[[rule]]
id = "docs"
decision = "ask"
tool = "fetch"
[rule.when]
argument.url = { host-in = ["example.org"], regex = "https://.*", min-length = 9, origin = "file" }
[[rule]]
id = "keep"
decision = "deny"
tool = "delete_file"
[rule.when]
argument.path = { equals = "budget.csv" }
)";

struct Mutant {
  std::string text;
  size_t line = 0;      // where it is wrong
  std::string nearest;  // the name that was meant; empty: no name
  std::string description;
};

size_t LineOf(std::string_view text, size_t at) {
  return 1 +
         static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
}

// Replaces what stands at `place`, which must be there, from its `skip`th byte on.
Mutant Replaced(const std::string& place, size_t skip, const std::string& from,
                const std::string& to) {
  Mutant mutant;
  mutant.text = kGoodPolicy;
  const size_t at = mutant.text.find(place);
  EXPECT_NE(at, std::string::npos) << place;
  EXPECT_EQ(mutant.text.compare(at + skip, from.size(), from), 0) << place;
  mutant.text.replace(at + skip, from.size(), to);
  mutant.line = LineOf(mutant.text, at + skip);
  mutant.description = place + " -> " + to;
  return mutant;
}

// Three ways to misspell a name.
std::vector<std::string> Misspelt(const std::string& name) {
  std::vector<std::string> words;
  words.push_back(name + name.back());
  std::string swapped = name;
  std::swap(swapped[name.size() - 2], swapped[name.size() - 1]);
  words.push_back(swapped);
  words.push_back(name.substr(0, name.size() - 1) + "x" + name.back());
  return words;
}

// A name of the good policy: `place` is a text around it, found once, in which it starts at `skip`.
struct Name {
  std::string place;
  size_t skip;
  std::string name;
};

std::vector<Name> Names() {
  std::vector<Name> names;
  const auto add = [&](const std::string& before, const std::string& name,
                       const std::string& after) {
    names.push_back({before + name + after, before.size(), name});
  };
  for (const char* key : {"default", "mode"}) add("", key, " = \"");
  for (const char* key : {"decision", "server", "tool", "effect", "reason"})
    add("\n", key, " = \"");
  for (const char* key : {"match", "no-match"}) add("\n", key, " = [{");
  add("[{ ", "tool", " = \"write_file");
  for (const char* key : {"calls", "confidence", "time"}) add("\n", key, " = {");
  for (const char* key : {"origins", "arguments"}) add(" ", key, " = { path = \"");
  add("}, ", "calls", " = 1");
  add("1, ", "confidence", " = 0.9");
  add("\n", "argument", ".path");
  add("argument.", "path", " = { inside");
  add("argument.", "width", " = {");
  for (const char* key : {"inside", "equals"}) add("{ ", key, " = \"");
  add(", ", "glob", " = \"**.md\"");
  for (const char* key : {"regex", "origin"}) add(", ", key, " = \"");
  for (const char* key : {"max-length", "min-length"}) add(", ", key, " = ");
  for (const char* key : {"one-of", "recipient-in", "host-in"}) add("{ ", key, " = [");
  add("/to/*/", "address", "\" = {");
  add("default = \"", "standard", "\"");
  for (const char* word : {"allow", "ask-typed", "preview", "deny"})
    add("decision = \"", word, "\"");
  for (const char* word : {"write_file", "resize", "send_mail", "fetch", "delete_file"}) {
    add("\ntool = \"", word, "\"");
  }
  add("server = \"", "builtin", "\"");
  add("effect = \"", "write", "\"");
  add("origin = [\"", "person", "\"");
  add("one-of = [\"", "pixel", "\"");
  return names;
}

std::vector<Mutant> MisspeltNames() {
  std::vector<Mutant> mutants;
  for (const Name& name : Names()) {
    for (const std::string& word : Misspelt(name.name)) {
      if (word == name.name) continue;
      mutants.push_back(Replaced(name.place, name.skip, name.name, word));
      mutants.back().nearest = name.name;
    }
  }
  return mutants;
}

// Values that do not fit, where they stand.
std::vector<Mutant> BadValues() {
  struct Swap {
    const char* from;
    const char* to;
  };
  std::vector<Mutant> mutants;
  for (const Swap& swap : {
           Swap{"id = \"wide\"", "id = \"notes\""},
           Swap{"id = \"wide\"", "id = \"w:de\""},
           Swap{"id = \"wide\"", "id = 7"},
           Swap{"reason = \"notes are mine\"", "reason = 1"},
           Swap{"\"**.md\"", "\"\""},
           Swap{"\"**.md\"", "'a\\'"},
           Swap{"\"**.md\"", "[\"a\"]"},
           Swap{"\"https://.*\"", "\"(\""},
           Swap{"\"https://.*\"", "'(?=a)'"},
           Swap{"\"https://.*\"", "'(((a{100}){100}){100})'"},
           Swap{"[\"example.org\"]", "[\"https://example.org\"]"},
           Swap{"[\"example.org\"]", "[\"example.org:80\"]"},
           Swap{"[\"example.org\"]", "[]"},
           Swap{"[\"example.org\"]", "\"example.org\""},
           Swap{"[\"example.org\"]", "[5]"},
           Swap{"[\"bob@example.org\"]", "[\"bob\"]"},
           Swap{"[\"bob@example.org\"]", "[\"Bob <bob@example.org>\"]"},
           Swap{"inside = \"notes\"", "inside = \"../notes\""},
           Swap{"inside = \"notes\"", "inside = \"/notes\""},
           Swap{"min = 100", "min = 300"},
           Swap{"min = 100", "min = \"100\""},
           Swap{"min = 100", "min = inf"},
           Swap{"max = 200", "max = nan"},
           Swap{"max = 200", "max = 0"},
           Swap{"max = 3 }", "max = 0 }"},
           Swap{"max = 3 }", "max = 3.5 }"},
           Swap{"min = 1,", "min = -1,"},
           Swap{"min = 0.5", "min = 1.5"},
           Swap{"min = 0.5", "min = \"high\""},
           Swap{"\"09:00\"", "\"9:00\""},
           Swap{"\"09:00\"", "\"25:00\""},
           Swap{"\"09:00\"", "\"17:00\""},
           Swap{"\"17:00\"", "17:00:00"},
           Swap{"min-length = 9", "min-length = -1"},
           Swap{"max-length = 50", "max-length = \"5\""},
           Swap{"argument.\"/to/*/address\"", "argument.\"/to//address\""},
           Swap{"argument.\"/to/*/address\"", "argument.\"/to/~2\""},
           Swap{"argument.\"/to/*/address\"", "argument.\"/to\""},
           Swap{"argument.width = { min", "argument.width = { glob = \"1*\", min"},
           Swap{"argument.width = { min", "argument.width = { equals = \"wide\", min"},
           Swap{"argument.width = { min", "argument.width = { inside = \"a\", min"},
           Swap{"{ equals = \"budget.csv\" }", "{ equals = [\"a\"] }"},
           Swap{"{ equals = \"budget.csv\" }", "{}"},
           Swap{"{ equals = \"budget.csv\" }", "\"budget.csv\""},
           Swap{"{ equals = \"budget.csv\" }", "{ equals = 1979-05-27 }"},
           Swap{"arguments = { path = \"notes/a.md\" }", "arguments = { path = \"../a.md\" }"},
           Swap{"arguments = { path = \"notes/a.md\" }", "arguments = { path = \"c.md\" }"},
           Swap{"arguments = { path = \"notes/a.md\" }", "arguments = 7"},
           Swap{"origins = { path = \"person\" }", "origins = { path = \"file\" }"},
           Swap{"calls = 1, confidence", "calls = 7, confidence"},
           Swap{"time = \"10:00\"", "time = \"18:00\""},
           Swap{"time = \"10:00\"", "time = 10"},
           Swap{"effect = \"write\"", "effect = []"},
           Swap{"id = \"keep\"", "id = \"docs\""},
           Swap{"id = \"friends\"", "id = \"\""},
           Swap{"decision = \"deny\"", "decision = 3"},
           Swap{"tool = \"resize\"", "tool = 'a\\'"},
           Swap{"equals = \"budget.csv\"", "one-of = [[1]]"},
           Swap{"mode = \"ask\"", "mode = 3"},
           Swap{"= \"ask\"", "= ask"},
       }) {
    mutants.push_back(Replaced(swap.from, 0, swap.from, swap.to));
  }
  return mutants;
}

// Whole rules behind the good ones that can never decide or never match.
std::vector<Mutant> DeadRules() {
  std::vector<Mutant> mutants;
  for (const char* rule : {
           "decision = 'allow'\ntool = 'delete_file'\nwhen = { argument.path = { equals = "
           "'budget.csv' } }",
           "decision = 'deny'\ntool = 'delete_file'\nwhen = { argument.path = { equals = "
           "'budget.csv' } }",
           "decision = 'ask'\ntool = 'resize'\nwhen = { argument.width = { min = 120, max = 130 }, "
           "argument.unit = { equals = 'pixel' } }",
           "decision = 'ask'\nserver = 'mail'\ntool = 'delete_file'",
           "decision = 'ask'\ntool = 'resize'\neffect = 'network'",
           "decision = 'ask'\ntool = '*'\nwhen = { argument.width = { min = 2 }, argument.url = { "
           "glob = 'x' } }",
           "decision = 'ask'",
           "tool = 'fetch'",
       }) {
    Mutant mutant;
    mutant.text = std::string(kGoodPolicy);
    mutant.line = LineOf(mutant.text, mutant.text.size());
    mutant.text += "[[rule]]\nid = 'dead'\n" + std::string(rule) + "\n";
    mutant.description = rule;
    mutants.push_back(std::move(mutant));
  }
  return mutants;
}

TEST(PolicyMutations, TheGoodPolicyIsGood) {
  const Result<Policy> policy = Policy::Parse(kGoodPolicy, "p.toml", SchemaTools());
  ASSERT_TRUE(policy.has_value()) << policy.error().message;
  EXPECT_EQ(policy->n_rules(), 5u);
}

TEST(PolicyMutations, TwoHundredBadPoliciesAreRefusedAtTheirPlace) {
  std::vector<Mutant> corpus = DeadRules();
  for (Mutant& mutant : BadValues()) corpus.push_back(std::move(mutant));
  for (Mutant& mutant : MisspeltNames()) corpus.push_back(std::move(mutant));
  ASSERT_GE(corpus.size(), kCorpus);
  corpus.resize(kCorpus);
  size_t n_rejected = 0;
  for (const Mutant& mutant : corpus) {
    const Result<Policy> policy = Policy::Parse(mutant.text, "p.toml", SchemaTools());
    if (policy) {
      ADD_FAILURE() << "accepted: " << mutant.description;
      continue;
    }
    ++n_rejected;
    const std::string place = "p.toml: line " + std::to_string(mutant.line) + ", column ";
    EXPECT_THAT(policy.error().message, HasSubstr(place)) << mutant.description;
    if (mutant.nearest.empty()) continue;
    EXPECT_THAT(policy.error().message, HasSubstr("did you mean '" + mutant.nearest + "'?"))
        << mutant.description;
  }
  std::printf("%zu of %zu rejected\n", n_rejected, corpus.size());
  EXPECT_EQ(n_rejected, corpus.size());
}

}  // namespace
}  // namespace weir::policy
