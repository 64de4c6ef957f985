#include "policy/rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/path.h"

namespace weir::policy {
namespace {

json::Json OriginNames(const std::vector<Origin>& origins) {
  json::Json names = json::Json::array();
  for (const Origin origin : origins) names.push_back(std::string(OriginName(origin)));
  return names;
}

json::Json RangeContent(const CountRange& range) {
  json::Json content = {{"min", range.min}};
  if (range.max != CountRange().max) content["max"] = range.max;
  return content;
}

template <class Pattern>
json::Json Texts(const std::vector<Pattern>& patterns) {
  json::Json texts = json::Json::array();
  for (const Pattern& pattern : patterns) texts.push_back(pattern.Text());
  return texts;
}

}  // namespace

Wanted::Wanted(json::Json scalar) : value(std::move(scalar)) {
  if (!value.is_string()) return;
  if (Result<std::string> normal = NormalPath(value.get_ref<const std::string&>())) {
    path = std::move(*normal);
  }
}

std::string TimeText(int minute_of_day) {
  return fmt::format("{:02}:{:02}", minute_of_day / 60, minute_of_day % 60);
}

std::optional<int> TimeFromText(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 1440) return std::nullopt;
  return hour * 60 + minute;
}

json::Json ConditionContent(const Condition& condition) {
  json::Json content = {{"argument", condition.pointer.Text()}};
  if (condition.equals) content["equals"] = condition.equals->value;
  if (!condition.one_of.empty()) {
    content["one-of"] = json::Json::array();
    for (const Wanted& wanted : condition.one_of) content["one-of"].push_back(wanted.value);
  }
  if (condition.glob) content["glob"] = condition.glob->pattern();
  if (condition.regex) content["regex"] = condition.regex->pattern();
  if (condition.inside) content["inside"] = *condition.inside;
  if (condition.min) content["min"] = *condition.min;
  if (condition.max) content["max"] = *condition.max;
  if (condition.min_length) content["min-length"] = *condition.min_length;
  if (condition.max_length) content["max-length"] = *condition.max_length;
  if (!condition.hosts.empty()) content["host-in"] = Texts(condition.hosts);
  if (!condition.recipients.empty()) content["recipient-in"] = Texts(condition.recipients);
  if (!condition.origins.empty()) content["origin"] = OriginNames(condition.origins);
  return content;
}

json::Json RuleContent(const Rule& rule) {
  std::vector<std::string> effects = rule.effects;
  std::sort(effects.begin(), effects.end());
  json::Json when = json::Json::array();
  for (const Condition& condition : rule.when) when.push_back(ConditionContent(condition));
  json::Json content = {
      {"id", rule.id},         {"decision", std::string(VerdictName(rule.verdict))},
      {"server", rule.server}, {"tool", rule.tool.pattern()},
      {"effect", effects},     {"when", std::move(when)},
      {"reason", rule.reason}};
  if (rule.only_strangers) content["only_strangers"] = true;
  if (!rule.origins.empty()) content["origin"] = OriginNames(rule.origins);
  if (rule.calls) content["calls"] = RangeContent(*rule.calls);
  if (rule.confidence) {
    content["confidence"] = {{"min", rule.confidence->min}, {"max", rule.confidence->max}};
  }
  if (rule.time) {
    content["time"] = {{"from", TimeText(rule.time->from)}, {"to", TimeText(rule.time->to)}};
  }
  return content;
}

}  // namespace weir::policy
