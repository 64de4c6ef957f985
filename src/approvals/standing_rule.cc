#include "approvals/standing_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "policy/path.h"

namespace weir::approvals {
namespace {

constexpr size_t kMaxValueBytes = 1024;  // of one value in a rule that a person is to read
constexpr size_t kMaxRuleBytes = 16384;

// ---- TOML ----

std::string TomlText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string TomlKey(const std::string& name) {
  constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool bare = !name.empty() && name.find_first_not_of(kBare) == std::string::npos;
  return bare ? name : TomlText(name);
}

Result<std::string> TomlValue(const std::string& name, const json::Json& value) {
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() <= kMaxValueBytes && json::IsValidUtf8(text)) return TomlText(text);
  } else if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) {
    // No TOML integer is that large.
  } else if (value.is_number_integer()) {
    return fmt::format("{}", value.get<int64_t>());
  } else if (value.is_number_float() && std::isfinite(value.get<double>())) {
    const std::string digits = fmt::format("{}", value.get<double>());
    return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "argument '{}' can not stand in a rule: expected a text of at most {} bytes, a "
                   "number, true or false; allow the call once instead",
                   name, kMaxValueBytes);
}

Result<std::string> TomlExample(const json::Json& arguments) {
  std::string out = "[{ arguments = { ";
  bool first = true;
  for (const auto& [name, value] : arguments.items()) {
    ASSIGN_OR_RETURN(const std::string text, TomlValue(name, value));
    out += fmt::format("{}{} = {}", first ? "" : ", ", TomlKey(name), text);
    first = false;
  }
  return out + " } }]";
}

// ---- what to hold on to ----

// One condition, and a value that does not meet it.
struct Held {
  std::string argument;
  json::Json value;      // as in the call
  std::string inside;    // a folder; empty: equal
  json::Json otherwise;  // of the same type
};

json::Json OtherValue(const json::Json& value, bool is_path) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value == 0 ? 1 : 0;
  const auto& text = value.get_ref<const std::string&>();
  return is_path ? "other-" + text : text + " (other)";
}

bool IsOneOf(const std::string& name, const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Path arguments as the call and the registry name them.
std::vector<std::string> PathArguments(const policy::ProposedCall& call,
                                       std::span<const policy::KnownTool> known) {
  std::vector<std::string> names = call.path_arguments;
  for (const policy::KnownTool& tool : known) {
    if (tool.server != call.server || tool.name != call.tool) continue;
    names.insert(names.end(), tool.path_arguments.begin(), tool.path_arguments.end());
  }
  return names;
}

Result<Held> HoldPath(const std::string& name, const json::Json& value, bool wide) {
  if (!value.is_string()) {
    return MakeError(ErrorCode::kInvalidArgument, "argument '{}' is a path and must be a text",
                     name);
  }
  ASSIGN_OR_RETURN(std::string path, policy::NormalPath(value.get_ref<const std::string&>()));
  Held held{name, path, "", OtherValue(path, true)};
  const size_t slash = path.rfind('/');
  if (!wide || slash == std::string::npos) return held;
  held.inside = path.substr(0, slash);
  held.otherwise = "other-" + path;  // another first folder, so never inside
  return held;
}

Result<std::vector<Held>> WhatToHold(const policy::ProposedCall& call,
                                     std::span<const policy::KnownTool> known) {
  const std::vector<std::string> paths = PathArguments(call, known);
  const bool wide = call.effect == "read" || call.effect == "write";
  std::vector<Held> held;
  for (const auto& [name, value] : call.arguments.items()) {
    if (!IsOneOf(name, paths)) continue;
    ASSIGN_OR_RETURN(Held one, HoldPath(name, value, wide));
    held.push_back(std::move(one));
  }
  if (!held.empty()) return held;
  for (const auto& [name, value] : call.arguments.items()) {
    if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
      return MakeError(ErrorCode::kUnsupported,
                       "no rule can hold on to argument '{}', which is no text, number, true or "
                       "false; allow the call once or for this run instead",
                       name);
    }
    held.push_back({name, value, "", OtherValue(value, false)});
  }
  if (held.empty()) {
    return MakeError(ErrorCode::kUnsupported,
                     "a rule about '{}' without arguments would allow every call of it; allow it "
                     "once or for this run, or write the rule into the policy file",
                     call.tool);
  }
  return held;
}

policy::ProposedCall WithArguments(const policy::ProposedCall& like, const json::Json& arguments) {
  policy::ProposedCall call = like;
  call.arguments = arguments;
  return call;
}

}  // namespace

Result<StandingRule> SuggestRule(const policy::ProposedCall& call,
                                 std::span<const policy::KnownTool> known) {
  if (!call.arguments.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "the arguments of '{}' are no JSON object",
                     call.tool);
  }
  ASSIGN_OR_RETURN(const std::vector<Held> held, WhatToHold(call, known));
  StandingRule rule;
  rule.matches = json::Json::object();
  for (const Held& one : held) rule.matches[one.argument] = one.value;
  rule.matches_not = rule.matches;
  rule.matches_not[held[0].argument] = held[0].otherwise;
  ASSIGN_OR_RETURN(const std::string match, TomlExample(rule.matches));
  ASSIGN_OR_RETURN(const std::string no_match, TomlExample(rule.matches_not));
  rule.text = fmt::format(
      "[[rule]]\nid = \"granted\"\ndecision = \"allow\"\nserver = {}\ntool = {}\nmatch = "
      "{}\nno-match = {}\n[rule.when]\n",
      TomlText(call.server), TomlText(call.tool), match, no_match);
  for (const Held& one : held) {
    const bool inside = !one.inside.empty();
    ASSIGN_OR_RETURN(const std::string value,
                     TomlValue(one.argument, inside ? json::Json(one.inside) : one.value));
    rule.text += fmt::format("argument.{} = {{ {} = {} }}\n", TomlKey(one.argument),
                             inside ? "inside" : "equals", value);
  }
  // Names with wildcards and the like: whatever the generator did not think of is found here.
  ASSIGN_OR_RETURN(const policy::Policy compiled, CompileRule(rule, "the rule", call, known));
  std::string why;
  if (!RuleMatches(compiled, call, &why)) {
    return MakeError(ErrorCode::kUnsupported, "no rule fits this call of '{}': {}", call.tool, why);
  }
  return rule;
}

Result<policy::Policy> CompileRule(const StandingRule& rule, std::string_view name,
                                   const policy::ProposedCall& like,
                                   std::span<const policy::KnownTool> known) {
  if (rule.text.size() > kMaxRuleBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{} has {} bytes; a rule to grant has at most {}",
                     name, rule.text.size(), kMaxRuleBytes);
  }
  ASSIGN_OR_RETURN(policy::Policy compiled, policy::Policy::Parse(rule.text, name, known));
  if (compiled.n_rules() != 1) {
    return MakeError(ErrorCode::kInvalidArgument, "{} holds {} rules; grant exactly one at a time",
                     name, compiled.n_rules());
  }
  if (!rule.matches.is_object() || !rule.matches_not.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{} needs the arguments of one call that it matches and of one that it does "
                     "not",
                     name);
  }
  std::string why;
  if (!RuleMatches(compiled, WithArguments(like, rule.matches), &why)) {
    return MakeError(ErrorCode::kInvalidArgument, "{} does not match its example of '{}': {}", name,
                     like.tool, why);
  }
  if (RuleMatches(compiled, WithArguments(like, rule.matches_not), &why)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{} matches its example of a call of '{}' that it should not match", name,
                     like.tool);
  }
  return compiled;
}

bool RuleMatches(const policy::Policy& compiled, const policy::ProposedCall& call,
                 std::string* why) {
  const policy::Explanation explanation = compiled.Explain(call);
  const policy::Decision& decision = explanation.decision;
  // Ids of the file have no colon; "floor:..." and "default:..." are no rule of it.
  const bool by_rule = decision.rule_id.find(':') == std::string::npos;
  if (decision.verdict == policy::Verdict::kAllow && by_rule) return true;
  *why = explanation.rules.empty() || by_rule ? decision.reason : explanation.rules[0].why;
  return false;
}

}  // namespace weir::approvals
