#include "policy/unreachable.h"

#include <algorithm>

#include "policy/match.h"
#include "policy/path.h"
#include "policy/truth.h"

namespace weir::policy {
namespace {

template <class T>
bool IsSubset(const std::vector<T>& part, const std::vector<T>& whole) {
  return std::all_of(part.begin(), part.end(), [&](const T& item) {
    return std::find(whole.begin(), whole.end(), item) != whole.end();
  });
}

// ---- which calls a rule is about ----

bool ToolFollows(const Rule& cover, const Rule& rule) {
  if (cover.tool.is_everything() || cover.tool.pattern() == rule.tool.pattern()) return true;
  return rule.tool.is_literal() && cover.tool.Matches(rule.tool.prefix(), GlobKind::kText);
}

bool EffectFollows(const Rule& cover, const Rule& rule, std::span<const KnownTool> known) {
  if (cover.effects.empty()) return true;
  if (!rule.effects.empty()) return IsSubset(rule.effects, cover.effects);
  if (!rule.tool.is_literal()) return false;
  // A tool that is named has the effect that the registry says. A stranger's only tightens, which
  // is enough for a stricter rule.
  return std::all_of(known.begin(), known.end(), [&](const KnownTool& tool) {
    if (!IsAbout(rule, tool.server, tool.name, tool.effect)) return true;
    const bool counts = tool.server == kBuiltinServer || cover.verdict > rule.verdict;
    return counts && IsAbout(cover, tool.server, tool.name, tool.effect);
  });
}

bool ScopeFollows(const Rule& cover, const Rule& rule, std::span<const KnownTool> known) {
  const bool server_follows = cover.server.empty() || cover.server == rule.server;
  return server_follows && ToolFollows(cover, rule) && EffectFollows(cover, rule, known);
}

// ---- conditions: does the first follow from the second ----

bool SameValue(const Wanted& a, const Wanted& b) {
  if (a.value.is_number() && b.value.is_number()) return NumberOf(a.value) == NumberOf(b.value);
  return a.value == b.value;
}

bool SameType(const Wanted& a, const Wanted& b) {
  return (a.value.is_string() && b.value.is_string()) ||
         (a.value.is_number() && b.value.is_number()) ||
         (a.value.is_boolean() && b.value.is_boolean());
}

// The values that a condition names; empty when it names none.
std::vector<Wanted> Values(const Condition& condition) {
  if (condition.equals) return {*condition.equals};
  return condition.one_of;
}

// All of one type, so that both conditions are in doubt about the same calls.
bool ValuesFollow(const Condition& cover, const Condition& rule) {
  const std::vector<Wanted> wide = Values(cover);
  if (wide.empty()) return true;
  const std::vector<Wanted> narrow = Values(rule);
  if (narrow.empty()) return false;
  const auto same_type = [&](const Wanted& wanted) { return SameType(wanted, narrow[0]); };
  if (!std::all_of(wide.begin(), wide.end(), same_type)) return false;
  return std::all_of(narrow.begin(), narrow.end(), [&](const Wanted& wanted) {
    return same_type(wanted) && std::any_of(wide.begin(), wide.end(), [&](const Wanted& other) {
             return SameValue(wanted, other);
           });
  });
}

bool TextFollows(const Condition& cover, const Condition& rule) {
  if (cover.glob && (!rule.glob || rule.glob->pattern() != cover.glob->pattern())) return false;
  if (cover.regex && (!rule.regex || rule.regex->pattern() != cover.regex->pattern())) return false;
  if (cover.inside && (!rule.inside || !IsInside(*rule.inside, *cover.inside))) return false;
  if (!cover.hosts.empty() && (rule.hosts.empty() || !IsSubset(rule.hosts, cover.hosts))) {
    return false;
  }
  return cover.recipients.empty() ||
         (!rule.recipients.empty() && IsSubset(rule.recipients, cover.recipients));
}

bool NumbersFollow(const Condition& cover, const Condition& rule) {
  if (cover.min && (!rule.min || NumberOf(*rule.min) < NumberOf(*cover.min))) return false;
  if (cover.max && (!rule.max || NumberOf(*rule.max) > NumberOf(*cover.max))) return false;
  if (cover.min_length && rule.min_length.value_or(-1) < *cover.min_length) return false;
  return !cover.max_length || (rule.max_length && *rule.max_length <= *cover.max_length);
}

bool ConditionFollows(const Condition& cover, const Condition& rule) {
  if (!(cover.pointer == rule.pointer)) return false;
  const bool origins_follow =
      cover.origins.empty() || (!rule.origins.empty() && IsSubset(rule.origins, cover.origins));
  return origins_follow && ValuesFollow(cover, rule) && TextFollows(cover, rule) &&
         NumbersFollow(cover, rule);
}

template <class Range>
bool RangeFollows(const std::optional<Range>& cover, const std::optional<Range>& rule) {
  return !cover || (rule && rule->min >= cover->min && rule->max <= cover->max);
}

bool MomentFollows(const Rule& cover, const Rule& rule) {
  if (!cover.origins.empty() && (rule.origins.empty() || !IsSubset(rule.origins, cover.origins))) {
    return false;
  }
  const bool time_follows = !cover.time || cover.time == rule.time;
  return time_follows && RangeFollows(cover.calls, rule.calls) &&
         RangeFollows(cover.confidence, rule.confidence);
}

}  // namespace

bool Covers(const Rule& cover, const Rule& rule, std::span<const KnownTool> known) {
  if (cover.verdict < rule.verdict || !ScopeFollows(cover, rule, known)) return false;
  const bool conditions_follow =
      std::all_of(cover.when.begin(), cover.when.end(), [&](const Condition& wide) {
        return std::any_of(rule.when.begin(), rule.when.end(),
                           [&](const Condition& narrow) { return ConditionFollows(wide, narrow); });
      });
  return conditions_follow && MomentFollows(cover, rule);
}

}  // namespace weir::policy
