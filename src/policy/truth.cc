#include "policy/truth.h"

#include <algorithm>

#include "policy/path.h"

namespace weir::policy {
namespace {

const std::string& TextOf(const ArgumentValue& argument) {
  if (argument.normal_path != nullptr) return *argument.normal_path;
  return argument.value.get_ref<const std::string&>();
}

Truth Equals(const ArgumentValue& argument, const Wanted& wanted) {
  const json::Json& value = argument.value;
  if (value.is_string() && wanted.value.is_string()) {
    if (argument.normal_path != nullptr) return TruthOf(wanted.path == *argument.normal_path);
    return TruthOf(TextOf(argument) == wanted.value.get_ref<const std::string&>());
  }
  if (value.is_number() && wanted.value.is_number()) {
    return TruthOf(NumberOf(value) == NumberOf(wanted.value));
  }
  if (value.is_boolean() && wanted.value.is_boolean()) return TruthOf(value == wanted.value);
  return Truth::kDoubtful;
}

// Met by one; unmet when it can be compared with at least one.
Truth IsOneOf(const ArgumentValue& argument, const std::vector<Wanted>& options) {
  Truth truth = Truth::kDoubtful;
  for (const Wanted& option : options) {
    const Truth one = Equals(argument, option);
    if (one == Truth::kMet) return one;
    if (one == Truth::kUnmet) truth = one;
  }
  return truth;
}

Truth MatchesGlob(const ArgumentValue& argument, const Glob& glob) {
  const GlobKind kind = argument.normal_path != nullptr ? GlobKind::kPath : GlobKind::kText;
  return TruthOf(glob.Matches(TextOf(argument), kind));
}

Truth IsInsideFolder(const ArgumentValue& argument, const std::string& folder) {
  if (argument.normal_path != nullptr) return TruthOf(IsInside(*argument.normal_path, folder));
  // An argument that nobody declared as a path.
  const Result<std::string> normal = NormalPath(TextOf(argument));
  return normal ? TruthOf(IsInside(*normal, folder)) : Truth::kDoubtful;
}

Truth HasHost(const ArgumentValue& argument, const std::vector<HostPattern>& hosts) {
  const std::optional<std::string> host = HostOfUrl(TextOf(argument));
  if (!host) return Truth::kDoubtful;
  return TruthOf(std::any_of(hosts.begin(), hosts.end(),
                             [&](const HostPattern& pattern) { return pattern.Matches(*host); }));
}

Truth IsRecipient(const ArgumentValue& argument, const std::vector<RecipientPattern>& recipients) {
  bool is_doubtful = false;
  for (const RecipientPattern& pattern : recipients) {
    const RecipientMatch match = pattern.Match(TextOf(argument));
    if (match == RecipientMatch::kYes) return Truth::kMet;
    is_doubtful = is_doubtful || match == RecipientMatch::kDoubtful;
  }
  return is_doubtful ? Truth::kDoubtful : Truth::kUnmet;
}

Truth JudgeText(const Condition& condition, const ArgumentValue& argument) {
  const bool has_text_test = condition.glob || condition.regex || condition.inside ||
                             !condition.hosts.empty() || !condition.recipients.empty();
  if (!has_text_test) return Truth::kMet;
  if (!argument.value.is_string()) return Truth::kDoubtful;
  Truth truth = Truth::kMet;
  if (condition.glob) truth = And(truth, MatchesGlob(argument, *condition.glob));
  if (condition.regex) {
    truth = And(truth, TruthOf(condition.regex->Matches(TextOf(argument))));
  }
  if (condition.inside) truth = And(truth, IsInsideFolder(argument, *condition.inside));
  if (!condition.hosts.empty()) truth = And(truth, HasHost(argument, condition.hosts));
  if (!condition.recipients.empty()) {
    truth = And(truth, IsRecipient(argument, condition.recipients));
  }
  return truth;
}

Truth JudgeNumber(const Condition& condition, const json::Json& value) {
  if (!condition.min && !condition.max) return Truth::kMet;
  if (!value.is_number()) return Truth::kDoubtful;
  const bool is_at_least = !condition.min || NumberOf(value) >= NumberOf(*condition.min);
  const bool is_at_most = !condition.max || NumberOf(value) <= NumberOf(*condition.max);
  return TruthOf(is_at_least && is_at_most);
}

Truth JudgeLength(const Condition& condition, const ArgumentValue& argument) {
  if (!condition.min_length && !condition.max_length) return Truth::kMet;
  const json::Json& value = argument.value;
  if (!value.is_string() && !value.is_array()) return Truth::kDoubtful;
  const int64_t length =
      value.is_array() ? static_cast<int64_t>(value.size()) : CountCharacters(TextOf(argument));
  return TruthOf(length >= condition.min_length.value_or(0) &&
                 length <= condition.max_length.value_or(length));
}

}  // namespace

int64_t CountCharacters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Truth JudgeTests(const Condition& condition, const ArgumentValue& argument) {
  Truth truth = Truth::kMet;
  if (condition.equals) truth = And(truth, Equals(argument, *condition.equals));
  if (!condition.one_of.empty()) truth = And(truth, IsOneOf(argument, condition.one_of));
  truth = And(truth, JudgeText(condition, argument));
  truth = And(truth, JudgeNumber(condition, argument.value));
  return And(truth, JudgeLength(condition, argument));
}

// Exact for every pair of 64-bit integers and doubles: the x86-64 long double holds both.
long double NumberOf(const json::Json& value) {
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<uint64_t>());
  if (value.is_number_integer()) return static_cast<long double>(value.get<int64_t>());
  return static_cast<long double>(value.get<double>());
}

}  // namespace weir::policy
