#include "vault/data_class.h"

namespace weir::vault {
namespace {

constexpr auto kClassNames =
    std::to_array<std::string_view>({"user-text", "answers", "reasoning", "arguments", "results",
                                     "secrets", "caches", "undo", "audit"});
static_assert(kClassNames.size() == kDataClasses.size());

}  // namespace

std::string_view DataClassName(DataClass data_class) {
  return kClassNames[static_cast<size_t>(data_class)];
}

std::optional<DataClass> DataClassFromName(std::string_view name) {
  for (const DataClass data_class : kDataClasses) {
    if (DataClassName(data_class) == name) return data_class;
  }
  return std::nullopt;
}

}  // namespace weir::vault
