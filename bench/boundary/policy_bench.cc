// How long policy takes to decide with 100 rules, and to try 1000 past calls again.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "boundary/figures.h"
#include "policy/policy.h"
#include "policy/replay.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRules = 100;
constexpr int kRounds = 200;
constexpr int kPastCalls = 1000;

double MicrosSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

std::vector<policy::KnownTool> Tools() {
  const auto tool = [](std::string name, std::string effect, std::vector<std::string> arguments,
                       std::vector<std::string> paths) {
    policy::KnownTool known;
    known.name = std::move(name);
    known.effect = std::move(effect);
    known.arguments = std::move(arguments);
    known.path_arguments = std::move(paths);
    return known;
  };
  return {tool("read_file", "read", {"path"}, {"path"}),
          tool("search_text", "read", {"text", "folder"}, {"folder"}),
          tool("write_file", "write", {"path", "text"}, {"path"}),
          tool("move_file", "write", {"source", "destination"}, {"source", "destination"}),
          tool("delete_file", "delete", {"path"}, {"path"}),
          tool("fetch", "network", {"url", "seconds"}, {}),
          tool("send_mail", "network", {"to", "subject", "text"}, {})};
}

// Rules as a person would write them, spread over the tools, none covered by another.
std::string MixedRules() {
  std::string toml = "default = \"standard\"\n";
  for (int i = 0; i < kRules; ++i) {
    const char* decisions[] = {"allow", "ask", "deny", "ask-typed", "preview"};
    toml += fmt::format("[[rule]]\nid = \"r{}\"\ndecision = \"{}\"\n", i, decisions[i % 5]);
    switch (i % 8) {
      case 0:
        toml += fmt::format(
            "tool = \"write_file\"\n[rule.when]\nargument.path = {{ inside = \"p{}\" }}\n", i);
        break;
      case 1:
        toml += fmt::format(
            "tool = \"*_file\"\n[rule.when]\nargument.path = {{ glob = \"p{}/**.md\" }}\n", i);
        break;
      case 2:
        toml += fmt::format(
            "tool = \"fetch\"\n[rule.when]\nargument.url = {{ host-in = [\"h{0}.org\", "
            "\"*.h{0}.net\"] }}\n",
            i);
        break;
      case 3:
        toml += fmt::format(
            "tool = \"send_mail\"\n[rule.when]\nargument.\"/to/*\" = {{ recipient-in = "
            "[\"@d{}.org\"] }}\n",
            i);
        break;
      case 4:
        toml += fmt::format(
            "tool = \"read_file\"\n[rule.when]\nargument.path = {{ regex = \"s{}/[a-z]+\\\\.key\" "
            "}}\n",
            i);
        break;
      case 5:
        toml += fmt::format(
            "effect = \"write\"\n[rule.when]\ncalls = {{ min = {0}0, max = {0}5 }}\n", i);
        break;
      case 6:
        toml += fmt::format(
            "tool = \"search_text\"\n[rule.when]\nargument.text = {{ one-of = [\"a{0}\", "
            "\"b{0}\"], origin = \"person\" }}\n",
            i);
        break;
      default:
        toml += fmt::format(
            "tool = \"move_file\"\n[rule.when]\nargument.source = {{ inside = \"m{}\" }}\n", i);
    }
  }
  return toml;
}

// The worst spread: every rule is about the called tool and has four tests.
std::string RulesOnOneTool() {
  std::string toml;
  for (int i = 0; i < kRules; ++i) {
    toml += fmt::format(
        "[[rule]]\nid = \"r{0}\"\ndecision = \"ask\"\ntool = \"write_file\"\n[rule.when]\n"
        "argument.path = {{ glob = \"**/p{0}-*.md\", max-length = 200 }}\n"
        "argument.text = {{ regex = \"[a-z ]*w{0}[a-z ]*\", min-length = 3 }}\n",
        i);
  }
  return toml;
}

std::vector<policy::ProposedCall> Calls(const std::vector<policy::KnownTool>& tools) {
  const std::vector<std::pair<std::string, std::string>> written = {
      {"read_file", R"({"path":"notes/today.md"})"},
      {"search_text", R"({"text":"invoice","folder":"mail/2024"})"},
      {"write_file", R"({"path":"p8/deep/./folder/plan.md","text":"some words of a plan"})"},
      {"move_file", R"({"source":"m15/a.txt","destination":"archive/a.txt"})"},
      {"delete_file", R"({"path":"p17/old/notes.md"})"},
      {"fetch", R"({"url":"https://www.h10.net:443/page?q=1","seconds":5})"},
      {"send_mail", R"({"to":["bob@d11.org","amy@d19.org"],"subject":"hello","text":"words"})"}};
  std::vector<policy::ProposedCall> calls;
  for (const auto& [name, arguments] : written) {
    policy::ProposedCall call;
    call.tool = name;
    call.arguments = json::Parse(arguments).value();
    call.calls_so_far = 1;
    for (const policy::KnownTool& tool : tools) {
      if (tool.name != name) continue;
      call.effect = tool.effect;
      call.path_arguments = tool.path_arguments;
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

// Microseconds of each of many decisions.
std::vector<double> DecisionTimes(const policy::Policy& policy,
                                  const std::vector<policy::ProposedCall>& calls) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    for (const policy::ProposedCall& call : calls) {
      const Clock::time_point begin = Clock::now();
      const policy::Decision decision = policy.Decide(call);
      times.push_back(MicrosSince(begin));
      if (decision.rule_id.empty()) return {};  // the decision is looked at, so it is made
    }
  }
  return times;
}

std::string PastCalls() {
  std::string jsonl;
  for (int i = 0; i < kPastCalls; ++i) {
    jsonl += fmt::format(
        R"({{"call":{{"tool":"write_file","arguments":{{"path":"p{}/a.md","text":"words"}},"calls":{}}},)"
        R"("verdict":"ask","rule":"old"}})"
        "\n",
        i % 120, i % 7);
  }
  return jsonl;
}

int Run() {
  Figures figures;
  const std::vector<policy::KnownTool> tools = Tools();
  const Clock::time_point load = Clock::now();
  const Result<policy::Policy> mixed = policy::Policy::Parse(MixedRules(), "mixed", tools);
  const double load_us = MicrosSince(load);
  const Result<policy::Policy> one_tool = policy::Policy::Parse(RulesOnOneTool(), "one", tools);
  if (!mixed || !one_tool) {
    fmt::print(stderr, "{}\n", (mixed ? one_tool : mixed).error().message);
    return 1;
  }
  const std::vector<policy::ProposedCall> calls = Calls(tools);
  const std::vector<double> spread = DecisionTimes(*mixed, calls);
  figures.AtMost("policy: decision, 100 rules, p50", Percentile(spread, 0.5), 5, "us");
  figures.AtMost("policy: decision, 100 rules, p99", Percentile(spread, 0.99), 50, "us");
  const std::vector<double> worst = DecisionTimes(*one_tool, {calls[2]});
  figures.Tell("policy: decision, 100 rules on one tool, p50", Percentile(worst, 0.5), "us");
  figures.Tell("policy: decision, 100 rules on one tool, p99", Percentile(worst, 0.99), "us");
  figures.Tell("policy: load 100 rules", load_us / 1000, "ms");

  const std::string jsonl = PastCalls();
  const Clock::time_point begin = Clock::now();
  const Result<policy::Recording> recording = policy::ReadRecording(jsonl, "past", tools);
  if (!recording) return 1;
  const std::string text = policy::ReplayText(policy::Replay(*recording, *mixed));
  figures.AtMost("policy: replay of 1000 calls", MicrosSince(begin) / 1e6, 1, "s");
  return text.empty() ? 1 : figures.ExitCode();
}

}  // namespace
}  // namespace weir::bench

int main() { return weir::bench::Run(); }
