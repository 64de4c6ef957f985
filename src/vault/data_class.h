#pragma once
// The classes of data that a run leaves behind. Each has a retention of its own
// (vault/retention.h). The numbers are on disk and never change. Values; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::vault {

enum class DataClass : uint32_t {
  kUserText = 0,   // what a person typed
  kAnswer = 1,     // what the model answered
  kReasoning = 2,  // what the model thought on the way
  kArguments = 3,  // arguments of tool calls
  kResults = 4,    // results of tool calls
  kSecrets = 5,    // what redaction took out
  kCaches = 6,     // what can be computed again
  kUndo = 7,       // copies of files, to take changes back
  kAudit = 8,      // what the audit log keeps outside its records
};

inline constexpr auto kDataClasses =
    std::to_array<DataClass>({DataClass::kUserText, DataClass::kAnswer, DataClass::kReasoning,
                              DataClass::kArguments, DataClass::kResults, DataClass::kSecrets,
                              DataClass::kCaches, DataClass::kUndo, DataClass::kAudit});

// "user-text", "answers", ...: the key in weir.toml and the folder in the vault.
std::string_view DataClassName(DataClass data_class);
std::optional<DataClass> DataClassFromName(std::string_view name);

}  // namespace weir::vault
