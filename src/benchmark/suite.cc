#include "benchmark/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "benchmark/work.h"

namespace weir::benchmark {
namespace {

// A step of the suite with the seconds it takes at the roof: what the estimate of progress rests
// on.
struct Step {
  enum class Kind { kExtend, kPrefill, kDecode } kind = Kind::kExtend;
  int n_tokens = 0;
  int depth = 0;  // before the step
  double seconds = 0;

  std::string Name() const {
    if (kind == Kind::kExtend) return fmt::format("fill to depth {}", depth + n_tokens);
    return fmt::format("{} {} at depth {}", kind == Kind::kPrefill ? "prefill" : "decode", n_tokens,
                       depth);
  }
};

class Suite {
 public:
  Suite(const model::Model& model, const SuiteOptions& options, const Progress& progress)
      : options_(options), progress_(progress), work_(model) {}

  Status Run(Rounds& rounds, const Roofs& roofs, std::vector<Row>& rows) {
    const std::vector<Step> steps = Plan(roofs);
    for (const Step& step : steps) total_seconds_ += step.seconds;
    for (const Step& step : steps) {
      Tell(step, 0);
      if (step.kind == Step::Kind::kExtend) {
        RETURN_IF_ERROR(Extend(rounds, step));
      } else {
        ASSIGN_OR_RETURN(Row row, Measure(rounds, step));
        row.roof = RoofOf(roofs, step);
        rows.push_back(std::move(row));
      }
    }
    return {};
  }

 private:
  std::vector<Step> Plan(const Roofs& roofs) const {
    std::vector<int> depths = options_.depths;
    std::sort(depths.begin(), depths.end());
    depths.erase(std::unique(depths.begin(), depths.end()), depths.end());
    std::vector<Step> steps;
    const auto add = [&](Step::Kind kind, int n_tokens, int depth) {
      Step step{.kind = kind, .n_tokens = n_tokens, .depth = depth};
      const double roof = RoofOf(roofs, step);
      const int n_rounds = kind == Step::Kind::kExtend ? 1 : options_.n_rounds + 1;
      step.seconds = n_rounds * n_tokens / (roof > 0 ? roof : 1);
      steps.push_back(step);
    };
    int filled = 0;
    for (const int depth : depths) {
      if (depth > filled) add(Step::Kind::kExtend, depth - filled, filled);
      filled = depth;
      for (const int n : options_.prefill) add(Step::Kind::kPrefill, n, depth);
      for (const int n : options_.decode) add(Step::Kind::kDecode, n, depth);
    }
    return steps;
  }

  double RoofOf(const Roofs& roofs, const Step& step) const {
    return step.kind == Step::Kind::kDecode ? work_.DecodeRoof(roofs, step.n_tokens, step.depth)
                                            : work_.PrefillRoof(roofs, step.n_tokens, step.depth);
  }

  // In pieces, so that the progress shows.
  Status Extend(Rounds& rounds, const Step& step) {
    constexpr int kPiece = 2048;
    for (int done = 0; done < step.n_tokens; done += kPiece) {
      const int n = std::min(kPiece, step.n_tokens - done);
      RETURN_IF_ERROR(rounds.Extend(n));
      Tell(step, step.seconds * n / step.n_tokens);
    }
    return {};
  }

  Result<Row> Measure(Rounds& rounds, const Step& step) {
    Row row{.is_prefill = step.kind == Step::Kind::kPrefill,
            .n_tokens = step.n_tokens,
            .depth = step.depth};
    for (int i = 0; i <= options_.n_rounds; ++i) {
      ASSIGN_OR_RETURN(const Round round, row.is_prefill ? rounds.Prefill(step.n_tokens)
                                                         : rounds.Decode(step.n_tokens));
      row.runs_per_pass = static_cast<double>(round.n_runs) / (row.is_prefill ? 1 : step.n_tokens);
      // The first round warms up.
      if (i > 0) row.tokens_per_second.push_back(step.n_tokens / round.seconds);
      Tell(step, step.seconds / (options_.n_rounds + 1));
    }
    return row;
  }

  void Tell(const Step& step, double seconds) {
    done_seconds_ += seconds;
    progress_(step.Name(), total_seconds_ > 0 ? done_seconds_ / total_seconds_ : 1);
  }

  const SuiteOptions& options_;
  const Progress& progress_;
  const Work work_;
  double total_seconds_ = 0;
  double done_seconds_ = 0;
};

int LongestContext(const SuiteOptions& options) {
  int longest = 1;
  int deepest = 0;
  for (const int n : options.prefill) longest = std::max(longest, n);
  for (const int n : options.decode) longest = std::max(longest, n);
  for (const int depth : options.depths) deepest = std::max(deepest, depth);
  return deepest + longest;
}

}  // namespace

double Row::Median() const {
  std::vector<double> sorted = tokens_per_second;
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Row::Least() const {
  if (tokens_per_second.empty()) return 0;
  return *std::min_element(tokens_per_second.begin(), tokens_per_second.end());
}

double Row::Most() const {
  if (tokens_per_second.empty()) return 0;
  return *std::max_element(tokens_per_second.begin(), tokens_per_second.end());
}

Result<Report> RunSuite(const model::Model& model, const Roofs& roofs, const SuiteOptions& options,
                        const Progress& progress, const std::stop_token& stop) {
  const int n_context = LongestContext(options);
  std::vector<TokenId> tokens = options.tokens;
  if (tokens.empty()) tokens = ArbitraryTokens(n_context, model.dims().n_vocab);
  if (static_cast<size_t>(n_context) > tokens.size()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{} token ids were given and {} are needed; give more or a smaller depth",
                     tokens.size(), n_context);
  }
  tokens.resize(static_cast<size_t>(n_context));
  ASSIGN_OR_RETURN(Rounds rounds, Rounds::Start(model, std::move(tokens), stop));
  Report report{.file = model.file().path(),
                .kernels = std::string(model.kernels().name),
                .n_threads = model.pool().n_threads(),
                .roofs = roofs,
                .rows = {}};
  RETURN_IF_ERROR(Suite(model, options, progress).Run(rounds, report.roofs, report.rows));
  return report;
}

}  // namespace weir::benchmark
