#include "policy/testing/naive_judge.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace weir::policy {
namespace {

enum class NaiveTruth { kMet, kUnmet, kDoubt };

NaiveTruth Is(bool met) { return met ? NaiveTruth::kMet : NaiveTruth::kUnmet; }

// "All conditions must hold."
NaiveTruth All(const std::vector<NaiveTruth>& list) {
  if (std::count(list.begin(), list.end(), NaiveTruth::kUnmet) > 0) return NaiveTruth::kUnmet;
  return std::count(list.begin(), list.end(), NaiveTruth::kDoubt) > 0 ? NaiveTruth::kDoubt
                                                                      : NaiveTruth::kMet;
}

// "It holds for some of several values and not for others."
NaiveTruth Together(const std::vector<NaiveTruth>& list) {
  const auto n = static_cast<std::ptrdiff_t>(list.size());
  if (std::count(list.begin(), list.end(), NaiveTruth::kUnmet) == n) return NaiveTruth::kUnmet;
  return std::count(list.begin(), list.end(), NaiveTruth::kMet) == n ? NaiveTruth::kMet
                                                                     : NaiveTruth::kDoubt;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Empty when it is no path inside the workspace.
std::optional<std::string> PlainPath(const std::string& path) {
  if (!path.empty() && path[0] == '/') return std::nullopt;
  std::vector<std::string> kept;
  for (const std::string& part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (kept.empty()) {
      return std::nullopt;
    } else {
      kept.pop_back();
    }
  }
  std::string joined;
  for (const std::string& part : kept) joined += (joined.empty() ? "" : "/") + part;
  return joined.empty() ? "." : joined;
}

bool PlainGlob(const std::string& pattern, const std::string& text, bool is_path) {
  if (pattern.empty()) return text.empty();
  const bool takes_one = !text.empty() && (!is_path || text[0] != '/');
  if (pattern.rfind("**", 0) == 0) {
    return PlainGlob(pattern.substr(2), text, is_path) ||
           (!text.empty() && PlainGlob(pattern, text.substr(1), is_path));
  }
  if (pattern[0] == '*') {
    return PlainGlob(pattern.substr(1), text, is_path) ||
           (takes_one && PlainGlob(pattern, text.substr(1), is_path));
  }
  if (pattern[0] == '?') return takes_one && PlainGlob(pattern.substr(1), text.substr(1), is_path);
  return !text.empty() && pattern[0] == text[0] &&
         PlainGlob(pattern.substr(1), text.substr(1), is_path);
}

bool PlainRegex(const std::string& pattern, const std::string& text) {
  static std::map<std::string, std::regex> compiled;
  auto found = compiled.find(pattern);
  if (found == compiled.end()) found = compiled.emplace(pattern, std::regex(pattern)).first;
  return std::regex_match(text, found->second);
}

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// ---- one value ----

bool IsScalarValue(const json::Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

NaiveTruth PlainEquals(const json::Json& value, const json::Json& wanted, bool is_path) {
  if (!IsScalarValue(value) || value.is_string() != wanted.is_string() ||
      value.is_boolean() != wanted.is_boolean()) {
    return NaiveTruth::kDoubt;
  }
  if (!is_path) return Is(value == wanted);
  return Is(PlainPath(value.get<std::string>()) == PlainPath(wanted.get<std::string>()));
}

NaiveTruth PlainOneOf(const json::Json& value, const std::vector<Wanted>& options, bool is_path) {
  bool any_unmet = false;
  for (const Wanted& option : options) {
    const NaiveTruth one = PlainEquals(value, option.value, is_path);
    if (one == NaiveTruth::kMet) return one;
    any_unmet = any_unmet || one == NaiveTruth::kUnmet;
  }
  return any_unmet ? NaiveTruth::kUnmet : NaiveTruth::kDoubt;
}

NaiveTruth PlainHost(const std::string& url, const std::vector<HostPattern>& hosts) {
  static const std::regex form(
      R"((https?|wss?|ftp)://([a-z0-9_-]+(\.[a-z0-9_-]+)*)\.?(:[0-9]{1,5})?([/?#][!-\[\]-~]*)?)",
      std::regex::icase);
  std::smatch parts;
  if (!std::regex_match(url, parts, form)) return NaiveTruth::kDoubt;
  const std::string host = LowerCase(parts[2]);
  if (parts[4].length() > 0 && std::stoi(parts[4].str().substr(1)) > 65535)
    return NaiveTruth::kDoubt;
  const std::string last = Split(host, '.').back();
  if (last.find_first_not_of("0123456789") == std::string::npos &&
      !std::regex_match(host, std::regex(R"((\d|[1-9]\d|1\d\d)(\.(\d|[1-9]\d|1\d\d)){3})"))) {
    return NaiveTruth::kDoubt;
  }
  for (const HostPattern& pattern : hosts) {
    const std::string text = pattern.Text();
    if (text[0] != '*' && text == host) return NaiveTruth::kMet;
    if (text[0] == '*' && PlainGlob("?" + text, host, false)) return NaiveTruth::kMet;
  }
  return NaiveTruth::kUnmet;
}

NaiveTruth PlainRecipient(const std::string& address,
                          const std::vector<RecipientPattern>& recipients) {
  static const std::regex form(
      R"([A-Za-z0-9+_-]+(\.[A-Za-z0-9+_-]+)*@[A-Za-z0-9-]+(\.[A-Za-z]+)+)");
  if (!std::regex_match(address, form)) return NaiveTruth::kDoubt;
  const std::string local = Split(address, '@')[0];
  const std::string domain = LowerCase(Split(address, '@')[1]);
  bool is_doubtful = false;
  for (const RecipientPattern& pattern : recipients) {
    const std::string text = pattern.Text();
    if (text == "@" + domain || text == local + "@" + domain) return NaiveTruth::kMet;
    is_doubtful = is_doubtful || LowerCase(text) == LowerCase(address);
  }
  return is_doubtful ? NaiveTruth::kDoubt : NaiveTruth::kUnmet;
}

NaiveTruth PlainInside(const std::string& text, const std::string& folder) {
  const std::optional<std::string> path = PlainPath(text);
  if (!path) return NaiveTruth::kDoubt;
  return Is(folder == "." || *path == folder || path->rfind(folder + "/", 0) == 0);
}

// All tests of a condition but its origins.
NaiveTruth PlainTests(const Condition& c, const json::Json& value, bool is_path) {
  std::vector<NaiveTruth> tests;
  if (c.equals) tests.push_back(PlainEquals(value, c.equals->value, is_path));
  if (!c.one_of.empty()) tests.push_back(PlainOneOf(value, c.one_of, is_path));
  const bool is_text = value.is_string();
  const std::string raw = is_text ? value.get<std::string>() : "";
  const std::string text = is_path && is_text ? PlainPath(raw).value_or("") : raw;
  const auto on_text = [&](NaiveTruth truth) {
    tests.push_back(is_text ? truth : NaiveTruth::kDoubt);
  };
  if (c.glob) on_text(Is(PlainGlob(c.glob->pattern(), text, is_path)));
  if (c.regex) on_text(Is(PlainRegex(c.regex->pattern(), text)));
  if (c.inside) on_text(PlainInside(text, *c.inside));
  if (!c.hosts.empty()) on_text(PlainHost(text, c.hosts));
  if (!c.recipients.empty()) on_text(PlainRecipient(text, c.recipients));
  const auto on_number = [&](bool met) {
    tests.push_back(value.is_number() ? Is(met) : NaiveTruth::kDoubt);
  };
  const double number = value.is_number() ? value.get<double>() : 0;
  if (c.min) on_number(number >= c.min->get<double>());
  if (c.max) on_number(number <= c.max->get<double>());
  const auto length = static_cast<int64_t>(value.is_array() ? value.size() : text.size());
  const bool has_length = value.is_array() || is_text;
  if (c.min_length) tests.push_back(has_length ? Is(length >= *c.min_length) : NaiveTruth::kDoubt);
  if (c.max_length) tests.push_back(has_length ? Is(length <= *c.max_length) : NaiveTruth::kDoubt);
  return All(tests);
}

// ---- places and origins ----

using PlaceParts = std::vector<std::string>;

NaiveTruth PlainOrigin(const std::vector<Origin>& wanted, const PlaceParts& place,
                       const ProposedCall& call) {
  std::vector<NaiveTruth> each;
  bool is_covered = false;
  for (const auto& [name, origins] : call.origins) {
    PlaceParts entry = Split(name, '/');
    if (name[0] == '/') entry.erase(entry.begin());
    const size_t common = std::min(entry.size(), place.size());
    if (!std::equal(entry.begin(), entry.begin() + static_cast<std::ptrdiff_t>(common),
                    place.begin())) {
      continue;
    }
    if (entry.size() <= place.size() && !origins.empty()) is_covered = true;
    for (const Origin origin : origins) {
      const bool listed = std::count(wanted.begin(), wanted.end(), origin) > 0;
      each.push_back(origin == Origin::kUnknown ? NaiveTruth::kDoubt : Is(listed));
    }
  }
  if (!is_covered) each.push_back(NaiveTruth::kDoubt);
  return Together(each);
}

// What a condition says of each value that `rest` leads to from `value`.
void Collect(const Condition& c, const json::Json& value, PlaceParts done, PlaceParts rest,
             const std::set<std::string>& paths, const ProposedCall& call,
             std::vector<NaiveTruth>* found) {
  if (rest.empty()) {
    const bool is_path = done.size() == 1 && paths.count(done[0]) > 0;
    std::vector<NaiveTruth> both = {PlainTests(c, value, is_path)};
    if (!c.origins.empty()) both.push_back(PlainOrigin(c.origins, done, call));
    return found->push_back(All(both));
  }
  const std::string part = rest[0];
  rest.erase(rest.begin());
  const bool is_index = part.find_first_not_of("0123456789") == std::string::npos;
  if (part == "*" && value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      PlaceParts here = done;
      here.push_back(std::to_string(i));
      Collect(c, value[i], here, rest, paths, call, found);
    }
    return;
  }
  done.push_back(part);
  if (value.is_object() && part != "*") {
    if (!value.contains(part)) return found->push_back(NaiveTruth::kUnmet);
    return Collect(c, value[part], done, rest, paths, call, found);
  }
  if (value.is_array() && is_index) {
    const size_t index = std::stoul(part);
    if (index >= value.size()) return found->push_back(NaiveTruth::kUnmet);
    return Collect(c, value[index], done, rest, paths, call, found);
  }
  found->push_back(NaiveTruth::kDoubt);
}

// ---- rules ----

NaiveTruth PlainRule(const Rule& rule, const ProposedCall& call,
                     const std::set<std::string>& paths) {
  std::vector<NaiveTruth> conditions;
  for (const Condition& c : rule.when) {
    std::vector<NaiveTruth> values;
    Collect(c, call.arguments, {}, c.pointer.parts(), paths, call, &values);
    conditions.push_back(Together(values));
  }
  if (!rule.origins.empty()) {
    std::vector<NaiveTruth> arguments;
    for (const auto& [name, value] : call.arguments.items()) {
      arguments.push_back(PlainOrigin(rule.origins, {name}, call));
    }
    conditions.push_back(Together(arguments));
  }
  if (rule.calls) {
    const int64_t n = call.calls_so_far.value_or(-1);
    conditions.push_back(n < 0 ? NaiveTruth::kDoubt
                               : Is(rule.calls->min <= n && n <= rule.calls->max));
  }
  if (rule.confidence) {
    const double share = call.confidence.value_or(-1);
    const bool fits = rule.confidence->min <= share && share <= rule.confidence->max;
    conditions.push_back(share < 0 || share > 1 ? NaiveTruth::kDoubt : Is(fits));
  }
  if (rule.time) {
    bool is_in = false;
    // Minute by minute, over midnight where `from` is after `to`.
    for (int m = rule.time->from; m != rule.time->to; m = (m + 1) % 1441) {
      is_in = is_in || m == call.minute_of_day.value_or(-1);
    }
    conditions.push_back(call.minute_of_day ? Is(is_in) : NaiveTruth::kDoubt);
  }
  return All(conditions);
}

bool PlainAbout(const Rule& rule, const ProposedCall& call) {
  const bool server = rule.server.empty() || rule.server == call.server;
  const bool effect =
      rule.effects.empty() || std::count(rule.effects.begin(), rule.effects.end(), call.effect) > 0;
  return server && effect && PlainGlob(rule.tool.pattern(), call.tool, false);
}

void KeepStricter(const Rule& rule, const Rule*& best) {
  if (best == nullptr || rule.verdict > best->verdict) best = &rule;
}

NaiveDecision PlainDefault(DefaultRules rules, const ProposedCall& call) {
  const bool is_ours = rules == DefaultRules::kStandard && call.server == "builtin";
  if (is_ours && (call.effect == "none" || call.effect == "read")) {
    return {Verdict::kAllow, "default:read"};
  }
  if (is_ours && call.effect == "write") return {Verdict::kAsk, "default:write"};
  if (is_ours && call.effect == "delete") return {Verdict::kAsk, "default:delete"};
  return {Verdict::kDeny, "default:deny"};
}

NaiveDecision PlainRules(const PolicyFile& file, const ProposedCall& call,
                         const std::set<std::string>& paths, bool* by_file) {
  const Rule* full = nullptr;
  const Rule* tightening = nullptr;
  for (const Rule& rule : file.rules) {
    if (!PlainAbout(rule, call)) continue;
    const NaiveTruth truth = PlainRule(rule, call, paths);
    const bool is_claim = !rule.effects.empty() && call.server != "builtin";
    if (truth == NaiveTruth::kMet && !is_claim) KeepStricter(rule, full);
    const bool in_doubt = truth == NaiveTruth::kDoubt || (truth == NaiveTruth::kMet && is_claim);
    if (in_doubt && rule.verdict != Verdict::kAllow) KeepStricter(rule, tightening);
  }
  NaiveDecision decision = PlainDefault(file.default_rules, call);
  *by_file = full != nullptr;
  if (full != nullptr) decision = {full->verdict, full->id};
  if (decision.rule_id != "default:deny" && tightening != nullptr &&
      tightening->verdict > decision.verdict) {
    *by_file = true;
    decision = {tightening->verdict, tightening->id};
  }
  return decision;
}

// The table of modes.
Verdict PlainMode(Mode mode, const ProposedCall& call, bool allowed_by_file) {
  const bool is_ours = call.server == "builtin";
  const std::string effect = is_ours ? call.effect : "network";
  if (mode == Mode::kLocked) return allowed_by_file ? Verdict::kAllow : Verdict::kDeny;
  if (effect == "none" || effect == "read") return Verdict::kAllow;
  if (mode == Mode::kPlan) return Verdict::kDeny;
  if (mode == Mode::kAsk) return Verdict::kAsk;
  return effect == "write" ? Verdict::kAllow : Verdict::kAskTyped;
}

// The floor that denies the call, or "".
std::string PlainFloor(std::span<const KnownTool> known, const ProposedCall& call,
                       std::set<std::string>* paths) {
  if (call.tool.empty() || call.server.empty() || !call.arguments.is_object()) {
    return "floor:malformed";
  }
  if (std::set<std::string>{"none", "read", "write", "delete", "network"}.count(call.effect) == 0) {
    return "floor:effect";
  }
  const KnownTool* tool = nullptr;
  for (const KnownTool& one : known) {
    if (one.server == call.server && one.name == call.tool) tool = &one;
  }
  if (tool == nullptr) return "floor:unknown-tool";
  if (tool->effect != call.effect) return "floor:contradiction";
  for (const auto& [name, value] : call.arguments.items()) {
    const bool is_known = std::count(tool->arguments.begin(), tool->arguments.end(), name) > 0;
    if (call.server == "builtin" && !is_known) return "floor:unknown-argument";
  }
  paths->insert(tool->path_arguments.begin(), tool->path_arguments.end());
  paths->insert(call.path_arguments.begin(), call.path_arguments.end());
  for (const std::string& name : *paths) {
    if (!call.arguments.contains(name)) continue;
    const json::Json& value = call.arguments[name];
    if (!value.is_string() || !PlainPath(value.get<std::string>())) return "floor:path";
  }
  return "";
}

}  // namespace

NaiveDecision NaiveDecide(const PolicyFile& file, std::optional<Mode> mode,
                          std::span<const KnownTool> known, const ProposedCall& call) {
  std::set<std::string> paths;
  const std::string floor = PlainFloor(known, call, &paths);
  if (!floor.empty()) return {Verdict::kDeny, floor};
  bool by_file = false;
  NaiveDecision decision = PlainRules(file, call, paths, &by_file);
  const Mode order[] = {Mode::kSandboxedAuto, Mode::kAsk, Mode::kPlan, Mode::kLocked};
  for (const Mode one : order) {
    if (file.mode != one && mode != one) continue;
    const bool allowed_by_file = by_file && decision.verdict == Verdict::kAllow;
    const Verdict least = PlainMode(one, call, allowed_by_file);
    if (least <= decision.verdict) continue;
    decision = {least, "mode:" + std::string(ModeName(one))};
    by_file = false;
  }
  return decision;
}

}  // namespace weir::policy
