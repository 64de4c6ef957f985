#include "vault/retention.h"

#include <charconv>
#include <limits>

#include "base/printable.h"

namespace weir::vault {
namespace {

constexpr int64_t kMaxKeepSeconds = int64_t{36'500} * 86'400;  // a hundred years
constexpr int64_t kLeastAuditSeconds = int64_t{90} * 86'400;

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr auto kUnits =
    std::to_array<Unit>({{'w', 604'800}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}});

// For comparing: memory is shortest, forever longest.
int64_t KeptSeconds(const Retention& retention) {
  if (retention.kind == Retention::Kind::kMemory) return 0;
  if (retention.kind == Retention::Kind::kForever) return std::numeric_limits<int64_t>::max();
  return retention.seconds;
}

tl::unexpected<Error> BadDuration(std::string_view text, std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument,
                   "'{}' is no retention: {}; write \"memory\", \"forever\", or a whole number "
                   "with s, m, h, d or w such as \"30d\"",
                   Printable(text), why);
}

}  // namespace

Result<Retention> ParseRetention(std::string_view text) {
  if (text == "memory") return KeepInMemory();
  if (text == "forever") return KeepForever();
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return BadDuration(text, "it is too long");
  if (error != std::errc()) return BadDuration(text, "it does not begin with a number");
  if (rest == end) return BadDuration(text, "its unit is missing");
  if (number < 0) return BadDuration(text, "it is negative");
  if (number == 0) return BadDuration(text, "nothing is kept on disk for no time; say \"memory\"");
  for (const Unit& unit : kUnits) {
    if (rest + 1 != end || *rest != unit.letter) continue;
    if (number > kMaxKeepSeconds / unit.seconds) {
      return BadDuration(text, "it is longer than 36500d; say \"forever\"");
    }
    return KeepSeconds(number * unit.seconds);
  }
  return BadDuration(text, "its unit is unknown");
}

std::string RetentionText(const Retention& retention) {
  if (retention.kind == Retention::Kind::kMemory) return "memory";
  if (retention.kind == Retention::Kind::kForever) return "forever";
  for (const Unit& unit : kUnits) {
    // Days are what people count in; weeks are only read.
    if (unit.letter == 'w' || retention.seconds % unit.seconds != 0) continue;
    return fmt::format("{}{}", retention.seconds / unit.seconds, unit.letter);
  }
  return fmt::format("{}s", retention.seconds);
}

std::optional<int64_t> DueCutoff(const Retention& retention, int64_t now_us) {
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  if (retention.kind == Retention::Kind::kForever) return std::nullopt;
  if (retention.kind == Retention::Kind::kMemory) return std::numeric_limits<int64_t>::max();
  const int64_t keep_us = retention.seconds * 1'000'000;
  return now_us < kLowest + keep_us ? kLowest : now_us - keep_us;
}

RetentionTable::RetentionTable() : by_class_{} {
  Set(DataClass::kUserText, KeepDays(30));
  Set(DataClass::kAnswer, KeepDays(30));
  Set(DataClass::kReasoning, KeepInMemory());
  Set(DataClass::kArguments, KeepDays(90));
  Set(DataClass::kResults, KeepDays(7));
  Set(DataClass::kSecrets, KeepInMemory());
  Set(DataClass::kCaches, KeepDays(7));
  Set(DataClass::kUndo, KeepDays(30));
  Set(DataClass::kAudit, KeepForever());
}

Status RetentionTable::Check() const {
  const Retention& audit = of(DataClass::kAudit);
  if (KeptSeconds(audit) < kLeastAuditSeconds) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "audit is kept for {}, expected at least 90d; raise it", RetentionText(audit));
  }
  for (const DataClass data_class : kDataClasses) {
    if (KeptSeconds(of(data_class)) <= KeptSeconds(audit)) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     "audit is kept for {}, less than {} ({}) that its records refer to; raise "
                     "audit or lower {}",
                     RetentionText(audit), DataClassName(data_class), RetentionText(of(data_class)),
                     DataClassName(data_class));
  }
  return {};
}

}  // namespace weir::vault
