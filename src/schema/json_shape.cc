#include "schema/json_shape.h"

#include <cmath>
#include <utility>
#include <vector>

namespace weir::schema {
namespace {

constexpr int kMaxJsonDepth = 200;  // json::Parse takes 64 by default

}  // namespace

Result<int64_t> CountValues(const json::Json& json) {
  int64_t n_values = 0;
  std::vector<std::pair<const json::Json*, int>> open = {{&json, 0}};
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    ++n_values;
    if (value->is_number_float() && !std::isfinite(value->get<double>())) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "a number in a JSON value must be finite, found one that is not");
    }
    if (!value->is_structured()) continue;
    if (depth >= kMaxJsonDepth) {
      return MakeError(ErrorCode::kResourceExhausted, "a JSON value may nest {} deep, found more",
                       kMaxJsonDepth);
    }
    for (const json::Json& part : *value) open.emplace_back(&part, depth + 1);
  }
  return n_values;
}

}  // namespace weir::schema
