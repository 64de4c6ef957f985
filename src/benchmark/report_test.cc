#include "benchmark/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::benchmark {
namespace {

using ::testing::HasSubstr;

Report SmallReport() {
  return {.file = "m.gguf",
          .kernels = "avx2",
          .n_threads = 2,
          .roofs = {.mapped_bytes_per_second = 30e9,
                    .anonymous_bytes_per_second = 34.5e9,
                    .int8_per_second = 900e9},
          .rows = {{.is_prefill = true,
                    .n_tokens = 512,
                    .tokens_per_second = {100, 120, 110},
                    .roof = 220,
                    .runs_per_pass = 800},
                   {.n_tokens = 64, .depth = 4096, .tokens_per_second = {20, 10}}}};
}

TEST(ReportText, ShowsBothKindsOfMemoryAndEveryRow) {
  const std::string text = ReportText(SmallReport());
  EXPECT_THAT(text, HasSubstr("kernels avx2, 2 threads\n"));
  EXPECT_THAT(text, HasSubstr("reads 30.0 GB/s of the mapped file, 34.5 GB/s of huge pages; 900 "
                              "int8 GOPS\n"));
  EXPECT_THAT(text, HasSubstr("prefill      512       0      110.0      100.0 .. 120.0     50 %"
                              "          800\n"));
  EXPECT_THAT(text, HasSubstr("decode        64    4096       15.0        10.0 .. 20.0        ?"
                              "            0\n"));
}

TEST(ReportText, SaysWhatWasNotMeasured) {
  const std::string text = ReportText({.kernels = "reference", .n_threads = 1});
  EXPECT_THAT(text, HasSubstr("kernels reference, 1 thread\n"));
  EXPECT_THAT(text, HasSubstr("reads not measured of the mapped file"));
  EXPECT_THAT(text, HasSubstr("int8 rate not measured"));
}

TEST(ReportJson, HoldsEveryRoundAndNullForUnknownRoofs) {
  const json::Json report = ReportJson(SmallReport());
  EXPECT_EQ(report["roofs"]["read_bytes_per_second"], 34.5e9);
  const json::Json& prefill = report["rows"][0];
  EXPECT_EQ(prefill["kind"], "prefill");
  EXPECT_EQ(prefill["tokens_per_second"], 110);
  EXPECT_EQ(json::Dump(prefill["rounds"]), "[100.0,120.0,110.0]");
  EXPECT_EQ(prefill["share_of_roof"], 0.5);
  EXPECT_EQ(prefill["synchronisations_per_pass"], 800);
  const json::Json& decode = report["rows"][1];
  EXPECT_EQ(decode["depth"], 4096);
  EXPECT_TRUE(decode["roof"].is_null());
  EXPECT_TRUE(decode["share_of_roof"].is_null());
}

}  // namespace
}  // namespace weir::benchmark
