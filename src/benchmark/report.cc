#include "benchmark/report.h"

#include <fmt/format.h>

namespace weir::benchmark {
namespace {

json::Json NumberOrNull(double value) { return value > 0 ? json::Json(value) : json::Json(); }

std::string RateText(double per_second, double unit, const char* name) {
  return per_second > 0 ? fmt::format("{:.1f} {}", per_second / unit, name) : "not measured";
}

}  // namespace

std::string ReportText(const Report& report) {
  const Roofs& roofs = report.roofs;
  std::string text = fmt::format("kernels {}, {} thread{}\n", report.kernels, report.n_threads,
                                 report.n_threads == 1 ? "" : "s");
  text += fmt::format("reads {} of the mapped file, {} of huge pages; {}\n",
                      RateText(roofs.mapped_bytes_per_second, 1e9, "GB/s"),
                      RateText(roofs.anonymous_bytes_per_second, 1e9, "GB/s"),
                      roofs.int8_per_second > 0
                          ? fmt::format("{:.0f} int8 GOPS", roofs.int8_per_second / 1e9)
                          : "int8 rate not measured");
  text += fmt::format("{:<8} {:>7} {:>7} {:>10} {:>19} {:>8} {:>12}\n", "", "tokens", "depth",
                      "tokens/s", "least .. most", "of roof", "syncs a pass");
  for (const Row& row : report.rows) {
    text += fmt::format("{:<8} {:>7} {:>7} {:>10.1f} {:>19} {:>8} {:>12.0f}\n",
                        row.is_prefill ? "prefill" : "decode", row.n_tokens, row.depth,
                        row.Median(), fmt::format("{:.1f} .. {:.1f}", row.Least(), row.Most()),
                        row.roof > 0 ? fmt::format("{:.0f} %", 100 * row.Median() / row.roof) : "?",
                        row.runs_per_pass);
  }
  return text;
}

json::Json RoofsJson(const Roofs& roofs) {
  return {{"mapped_bytes_per_second", NumberOrNull(roofs.mapped_bytes_per_second)},
          {"huge_page_bytes_per_second", NumberOrNull(roofs.anonymous_bytes_per_second)},
          {"read_bytes_per_second", NumberOrNull(roofs.bytes_per_second())},
          {"int8_per_second", NumberOrNull(roofs.int8_per_second)}};
}

json::Json ReportJson(const Report& report) {
  json::Json rows = json::Json::array();
  for (const Row& row : report.rows) {
    rows.push_back({{"kind", row.is_prefill ? "prefill" : "decode"},
                    {"tokens", row.n_tokens},
                    {"depth", row.depth},
                    {"tokens_per_second", row.Median()},
                    {"least", row.Least()},
                    {"most", row.Most()},
                    {"rounds", row.tokens_per_second},
                    {"roof", NumberOrNull(row.roof)},
                    {"share_of_roof", NumberOrNull(row.roof > 0 ? row.Median() / row.roof : 0)},
                    {"synchronisations_per_pass", row.runs_per_pass}});
  }
  return {{"file", report.file},
          {"kernels", report.kernels},
          {"threads", report.n_threads},
          {"roofs", RoofsJson(report.roofs)},
          {"rows", rows}};
}

}  // namespace weir::benchmark
