#pragma once
// Measuring on request: the model is loaded once, and whoever is at the other end of a pipe decides
// which round comes next. Comparisons with another engine need that, to alternate between the two.
//
// A request is one JSON object a line, the answer another:
//   {"op": "open", "context": N}    room for N tokens, none held        -> {"context": N}
//   {"op": "extend", "tokens": N}   N further tokens; rounds begin after them
//                                                                       -> {"depth", "seconds"}
//   {"op": "prefill", "tokens": N}  back to the depth, N tokens in one pass
//   {"op": "decode", "tokens": N}   the same one by one
//                     -> {"seconds", "next_token", "roof": tokens a second or null,
//                     "synchronisations"}
//   {"op": "roofs"}                 measures what memory and processor can do; as in report.h
// What cannot be done is answered by {"error": "..."}; the next request is another chance.

#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "benchmark/roofs.h"
#include "benchmark/rounds.h"
#include "benchmark/work.h"
#include "json/json.h"
#include "model/lfm2_model.h"

namespace weir::benchmark {

// One thread. Borrows the model.
class Requests {
 public:
  // `tokens` by position; empty: arbitrary ones.
  Requests(const model::Model& model, std::vector<TokenId> tokens, std::stop_token stop,
           size_t roof_bytes = kRoofBytes);

  // What is said before the first request: {"ready": true, "kernels", "threads", "vocabulary"}.
  json::Json Greeting() const;
  json::Json Answer(std::string_view line);

 private:
  Result<json::Json> Do(std::string_view line);
  Result<json::Json> Open(int n_context);
  Result<json::Json> Extend(int n_tokens);
  Result<json::Json> Measure(bool is_prefill, int n_tokens);

  const model::Model& model_;
  const Work work_;
  const std::vector<TokenId> tokens_;
  const std::stop_token stop_;
  const size_t roof_bytes_;  // see MeasureRoofs
  Roofs roofs_;              // the best seen
  std::optional<Rounds> rounds_;
};

}  // namespace weir::benchmark
