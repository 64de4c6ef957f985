#pragma once
// A report of the suite as a table for people and as JSON for programs. Pure; any thread.

#include <string>

#include "benchmark/suite.h"
#include "json/json.h"

namespace weir::benchmark {

// Lines of text, the last one with its newline.
std::string ReportText(const Report& report);

// {"file", "kernels", "threads", "roofs": {...}, "rows": [{"kind", "tokens", "depth",
//  "tokens_per_second", "least", "most", "rounds": [...], "roof", "share_of_roof",
//  "synchronisations_per_pass"}]}; a roof that is not known is null, and so is the share of it.
json::Json ReportJson(const Report& report);

// The members of "roofs".
json::Json RoofsJson(const Roofs& roofs);

}  // namespace weir::benchmark
