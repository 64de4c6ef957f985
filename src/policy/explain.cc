#include "policy/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/policy.h"

namespace weir::policy {
namespace {

// Columns of a UTF-8 text, near enough: code points.
size_t Columns(std::string_view text) {
  size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return n;
}

constexpr size_t kRuleIndent = 6;

}  // namespace

std::string Wrapped(std::string_view line, size_t indent) {
  std::string text;
  size_t column = 0;
  bool is_begin = true;
  while (!line.empty()) {
    // The word with the spaces before it, which a break swallows.
    const size_t begin = std::min(line.find_first_not_of(' '), line.size());
    const size_t end = std::min(line.find(' ', begin), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    if (!is_begin && column + Columns(word) > kTextColumns) {
      text += "\n" + std::string(indent, ' ');
      text += word.substr(begin);
      column = indent + Columns(word.substr(begin));
    } else {
      text += word;
      column += Columns(word);
    }
    is_begin = false;
  }
  return text + "\n";
}

std::string ExplanationText(const ProposedCall& call, const Explanation& explanation) {
  const Decision& decision = explanation.decision;
  std::string text =
      Wrapped(fmt::format("{}: {} of server '{}' (effect {})", VerdictName(decision.verdict),
                          call.tool, call.server, call.effect.empty() ? "unknown" : call.effect),
              2);
  text += Wrapped(fmt::format("decided by {}: {}", decision.rule_id, decision.reason), 2);
  for (const std::string& mode : explanation.modes) text += Wrapped(mode, 2);
  for (const RuleTrace& rule : explanation.rules) {
    const char* mark = rule.decided ? "=>" : rule.matched ? " +" : " -";
    text += Wrapped(
        fmt::format("{} {} ({}): {}", mark, rule.rule_id, VerdictName(rule.verdict), rule.why),
        kRuleIndent);
  }
  return text + fmt::format("policy {}\n", decision.policy_hash);
}

}  // namespace weir::policy
