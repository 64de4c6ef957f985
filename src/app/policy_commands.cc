// `weir policy`: is the policy right, what does it say of one call, do its examples hold, and what
// would it have said of past calls.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "app/commands.h"
#include "app/escape.h"
#include "app/mcp_servers.h"
#include "app/payloads.h"
#include "app/session.h"
#include "app/wrap.h"
#include "platform/files.h"
#include "policy/call_json.h"
#include "policy/examples.h"
#include "policy/explain.h"
#include "policy/replay.h"

namespace weir::app {
namespace {

constexpr size_t kMaxCallsFileBytes = 256u << 20;

Result<std::string> ReadFileOrStdin(const std::string& path) {
  if (path != "-") return platform::ReadFile(path, kMaxCallsFileBytes);
  std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  return text;
}

void PutJson(const json::Json& object) { std::puts(json::Dump(object).c_str()); }

// Lines of policy's own making that hold texts of strangers.
void PutText(std::string_view text) {
  std::fputs(EscapeForTerminal(text, {.keep_newlines = true}).c_str(), stdout);
}

std::string NameOf(policy::Verdict verdict) { return std::string(policy::VerdictName(verdict)); }

// Runs `command` with the policy in force; one that does not load is a check that did not hold.
int WithPolicy(const Settings& settings, const std::function<int(const policy::Policy&)>& command) {
  const Result<tools::Registry> registry = LoadRegistry(settings);
  if (!registry) return Complain(settings, registry.error());
  const Result<policy::Policy> policy = LoadPolicy(settings, *registry);
  if (policy) return command(*policy);
  Complain(settings, policy.error());
  return kExitInvalid;
}

json::Json ModesJson(const policy::Policy& policy) {
  json::Json modes = json::Json::array();
  for (const policy::Mode mode : policy.modes()) {
    modes.push_back(std::string(policy::ModeName(mode)));
  }
  return modes;
}

// ---- check ----

int TellPolicy(const Settings& settings, const policy::Policy& policy) {
  const std::string name = PolicyFile(settings);
  if (settings.json) {
    PutJson({{"file", name},
             {"rules", policy.n_rules()},
             {"modes", ModesJson(policy)},
             {"hash", policy.hash()}});
    return kExitOk;
  }
  if (name.empty()) {
    PrintWrapped(stdout,
                 "no policy file; the built-in rules hold: reads inside the workspace are "
                 "allowed, writes and deletes ask, everything else is denied");
  } else {
    PrintWrapped(stdout,
                 fmt::format("{}: {} rules, no error", EscapeForTerminal(name), policy.n_rules()));
  }
  for (const policy::Mode mode : policy.modes()) {
    PrintWrapped(stdout,
                 fmt::format("mode {}: {}", policy::ModeName(mode), policy::ModeReason(mode)));
  }
  fmt::print("hash {}\n", policy.hash());
  return kExitOk;
}

int PolicyCheck(Settings settings, const std::string& file) {
  if (!file.empty()) settings.policy = file;
  return WithPolicy(settings,
                    [&](const policy::Policy& policy) { return TellPolicy(settings, policy); });
}

// ---- explain ----

json::Json ExplanationJson(const policy::Explanation& explanation) {
  json::Json rules = json::Json::array();
  for (const policy::RuleTrace& rule : explanation.rules) {
    rules.push_back({{"rule", rule.rule_id},
                     {"verdict", NameOf(rule.verdict)},
                     {"matched", rule.matched},
                     {"decided", rule.decided},
                     {"why", rule.why}});
  }
  return {{"verdict", NameOf(explanation.decision.verdict)},
          {"rule", explanation.decision.rule_id},
          {"reason", explanation.decision.reason},
          {"policy", explanation.decision.policy_hash},
          {"modes", explanation.modes},
          {"rules", std::move(rules)}};
}

int PolicyExplain(const Settings& settings, const std::string& file) {
  return WithPolicy(settings, [&](const policy::Policy& policy) {
    const Result<std::string> text = ReadFileOrStdin(file);
    if (!text) return Complain(settings, text.error());
    const Result<json::Json> object = json::Parse(*text);
    if (!object) return Complain(settings, object.error().WithContext(file));
    const Result<policy::ProposedCall> call = policy::CallFromJson(*object, policy.known());
    if (!call) return Complain(settings, call.error().WithContext(file));
    const policy::Explanation explanation = policy.Explain(*call);
    if (settings.json) {
      PutJson(ExplanationJson(explanation));
    } else {
      PutText(explanation.text);
    }
    return static_cast<int>(kExitOk);
  });
}

// ---- test ----

json::Json ExamplesJson(const std::vector<policy::RuleExamples>& all) {
  json::Json rules = json::Json::array();
  for (const policy::RuleExamples& rule : all) {
    rules.push_back({{"rule", rule.rule_id},
                     {"verdict", NameOf(rule.verdict)},
                     {"match", rule.n_match},
                     {"no_match", rule.n_no_match},
                     {"overruled", rule.overruled}});
  }
  return rules;
}

json::Json MismatchesJson(const policy::CallsReport& report) {
  json::Json mismatches = json::Json::array();
  for (const policy::Mismatch& mismatch : report.mismatches) {
    mismatches.push_back({{"line", mismatch.line},
                          {"call", mismatch.call},
                          {"expect", NameOf(mismatch.expected)},
                          {"verdict", NameOf(mismatch.found.verdict)},
                          {"rule", mismatch.found.rule_id},
                          {"reason", mismatch.found.reason}});
  }
  return mismatches;
}

void PutExamples(const std::vector<policy::RuleExamples>& all) {
  for (const policy::RuleExamples& rule : all) {
    PrintWrapped(stdout,
                 fmt::format("{:<9} {}: {} match, {} no-match{}", policy::VerdictName(rule.verdict),
                             rule.rule_id, rule.n_match, rule.n_no_match,
                             rule.n_match + rule.n_no_match == 0 ? " (no example)" : ", all hold"),
                 10);
    for (const std::string& text : rule.overruled) {
      PutText(policy::Wrapped("          overruled: " + text, 12));
    }
  }
}

void PutMismatches(const policy::CallsReport& report) {
  for (const policy::Mismatch& mismatch : report.mismatches) {
    PutText(policy::Wrapped(fmt::format("line {}: {}", mismatch.line, mismatch.call), 4));
    PutText(policy::Wrapped(
        fmt::format("    expected {}, got {} by {}: {}", policy::VerdictName(mismatch.expected),
                    policy::VerdictName(mismatch.found.verdict), mismatch.found.rule_id,
                    mismatch.found.reason),
        6));
  }
  fmt::print("{} calls, {} not as expected\n", report.n_calls, report.mismatches.size());
}

int PolicyTest(const Settings& settings, const std::string& calls) {
  return WithPolicy(settings, [&](const policy::Policy& policy) {
    policy::CallsReport report;
    if (!calls.empty()) {
      const Result<std::string> text = ReadFileOrStdin(calls);
      if (!text) return Complain(settings, text.error());
      Result<policy::CallsReport> checked = policy::CheckCalls(policy, *text, calls);
      if (!checked) return Complain(settings, checked.error());
      report = std::move(*checked);
    }
    const std::vector<policy::RuleExamples> examples = policy::TellExamples(policy);
    if (settings.json) {
      PutJson({{"rules", ExamplesJson(examples)},
               {"calls", report.n_calls},
               {"mismatches", MismatchesJson(report)}});
    } else {
      PutExamples(examples);
      if (!calls.empty()) PutMismatches(report);
    }
    return static_cast<int>(report.mismatches.empty() ? kExitOk : kExitInvalid);
  });
}

// ---- replay ----

int PolicyReplay(const Settings& settings, const std::string& file) {
  return WithPolicy(settings, [&](const policy::Policy& policy) {
    Result<std::string> text = ReadFileOrStdin(file);
    if (!text) return Complain(settings, text.error());
    // STATE/audit/log.jsonl has its arguments in STATE/vault.
    *text = WithArguments(*text, Payloads(platform::FolderOf(platform::FolderOf(file))));
    const Result<policy::Recording> recording = policy::ReadRecording(*text, file, policy.known());
    if (!recording) return Complain(settings, recording.error());
    const policy::ReplayReport report = policy::Replay(*recording, policy);
    if (settings.json) {
      PutJson(policy::ReplayJson(report));
    } else {
      PutText(policy::ReplayText(report));
    }
    return static_cast<int>(kExitOk);
  });
}

void AddCheck(CLI::App& policy, Settings& settings, Action& action) {
  auto file = std::make_shared<std::string>();
  CLI::App* check =
      policy.add_subcommand("check", "load the policy file and say what is wrong with it");
  check->add_option("file", *file, "a policy file instead of the one in force");
  check->callback([&settings, &action, file] {
    action = [&settings, file](Interrupt&) { return PolicyCheck(settings, *file); };
  });
}

void AddExplain(CLI::App& policy, Settings& settings, Action& action) {
  auto call = std::make_shared<std::string>("-");
  CLI::App* explain = policy.add_subcommand("explain", "which rules decide a call");
  explain->add_option("call", *call,
                      "file with {\"tool\": NAME, \"arguments\": {...}}, or - for standard input");
  explain->callback([&settings, &action, call] {
    action = [&settings, call](Interrupt&) { return PolicyExplain(settings, *call); };
  });
}

void AddTest(CLI::App& policy, Settings& settings, Action& action) {
  auto calls = std::make_shared<std::string>();
  CLI::App* test = policy.add_subcommand("test", "run the examples of the rules");
  test->add_option("--calls", *calls,
                   "also check a file of {\"call\": {...}, \"expect\": VERDICT}, one a line");
  test->callback([&settings, &action, calls] {
    action = [&settings, calls](Interrupt&) { return PolicyTest(settings, *calls); };
  });
}

void AddReplay(CLI::App& policy, Settings& settings, Action& action) {
  auto recording = std::make_shared<std::string>();
  CLI::App* replay =
      policy.add_subcommand("replay", "which past decisions the policy would make differently");
  replay
      ->add_option("recording", *recording,
                   "an audit log, or a file of {\"call\": {...}, \"verdict\": VERDICT}, one a line")
      ->required();
  replay->callback([&settings, &action, recording] {
    action = [&settings, recording](Interrupt&) { return PolicyReplay(settings, *recording); };
  });
}

}  // namespace

void AddPolicyCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* policy = app.add_subcommand("policy", "the rules");
  policy->require_subcommand(1);
  AddCheck(*policy, settings, action);
  AddExplain(*policy, settings, action);
  AddTest(*policy, settings, action);
  AddReplay(*policy, settings, action);
}

}  // namespace weir::app
