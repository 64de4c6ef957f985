#include "policy/standard_rules.h"

#include <string>
#include <utility>

namespace weir::policy {
namespace {

Rule StandardRule(std::string id, Verdict verdict, std::vector<std::string> effects,
                  std::string reason) {
  Rule rule;
  rule.id = std::move(id);
  rule.verdict = verdict;
  rule.server = std::string(kBuiltinServer);
  rule.effects = std::move(effects);
  rule.reason = std::move(reason);
  return rule;
}

Rule RuleForStrangers(std::string id, Verdict verdict, std::vector<std::string> effects,
                      std::string reason) {
  Rule rule = StandardRule(std::move(id), verdict, std::move(effects), std::move(reason));
  rule.server.clear();
  rule.only_strangers = true;
  return rule;
}

}  // namespace

const std::vector<Rule>& StandardRules() {
  static const std::vector<Rule> rules = {
      StandardRule("default:read", Verdict::kAllow, {"none", "read"},
                   "reading inside the workspace is allowed"),
      StandardRule("default:write", Verdict::kAsk, {"write"}, "writing is asked before it happens"),
      StandardRule("default:delete", Verdict::kAsk, {"delete"},
                   "deleting is asked before it happens"),
      RuleForStrangers("default:mcp-read", Verdict::kAllow, {"none", "read"},
                       "weir.toml says that this tool of an MCP server only reads"),
      RuleForStrangers("default:mcp", Verdict::kAsk, {"write", "delete", "network"},
                       "what MCP servers do is asked before it happens"),
  };
  return rules;
}

}  // namespace weir::policy
