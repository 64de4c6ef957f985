#pragma once
// How long each class of data is kept. Values; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/data_class.h"

namespace weir::vault {

struct Retention {
  enum class Kind {
    kMemory,   // never written to disk
    kSeconds,  // destroyed by the first expiry `seconds` after it was put
    kForever,
  };
  Kind kind = Kind::kMemory;
  int64_t seconds = 0;  // kSeconds: more than 0

  bool operator==(const Retention&) const = default;
};

constexpr Retention KeepInMemory() { return {Retention::Kind::kMemory, 0}; }
constexpr Retention KeepForever() { return {Retention::Kind::kForever, 0}; }
constexpr Retention KeepSeconds(int64_t seconds) { return {Retention::Kind::kSeconds, seconds}; }
constexpr Retention KeepDays(int64_t days) { return KeepSeconds(days * 86'400); }

// "memory", "forever", or a whole number with a unit: 45s, 30m, 12h, 30d, 8w; at most 36500d.
// Error kInvalidArgument says what is wrong with it.
Result<Retention> ParseRetention(std::string_view text);
// The shortest text that ParseRetention reads as this one.
std::string RetentionText(const Retention& retention);

// What was put at or before this time (Unix, microseconds) is due at `now_us`; nothing when it is
// kept forever. For memory all of it is due, whatever its date.
std::optional<int64_t> DueCutoff(const Retention& retention, int64_t now_us);

// One retention a class.
class RetentionTable {
 public:
  // The defaults: docs/formats/retention.md.
  RetentionTable();

  const Retention& of(DataClass data_class) const {
    return by_class_[static_cast<size_t>(data_class)];
  }
  void Set(DataClass data_class, const Retention& retention) {
    by_class_[static_cast<size_t>(data_class)] = retention;
  }

  // Error kInvalidArgument when audit is kept for less than 90 days, or for less than a class that
  // its records refer to: what is there could then not be checked any more.
  Status Check() const;

  bool operator==(const RetentionTable&) const = default;

 private:
  std::array<Retention, kDataClasses.size()> by_class_;
};

}  // namespace weir::vault
