#include "benchmark/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmark/svg.h"

namespace weir::benchmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

int CountOf(const std::string& text, const std::string& part) {
  int n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Row MakeRow(bool is_prefill, int n_tokens, int depth, double speed, double roof) {
  return {.is_prefill = is_prefill,
          .n_tokens = n_tokens,
          .depth = depth,
          .tokens_per_second = {speed, speed * 1.1, speed * 0.9},
          .roof = roof};
}

TEST(PlotSvg, SaysWhichPanelHasNothingToShow) {
  const std::string svg = PlotSvg({.file = "m.gguf"});
  EXPECT_EQ(CountOf(svg, ">not measured<"), 2);
  EXPECT_EQ(CountOf(svg, "<circle"), 0);
}

TEST(PlotSvg, EscapesTheNameOfTheFile) {
  const std::string svg = PlotSvg({.file = "models/<b>&\x01\xff.gguf"});
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;??.gguf"));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(svg, Not(HasSubstr("models/")));
}

TEST(PlotSvg, DrawsADotAndABarForEveryRowAndALineForEverySeries) {
  Report report;
  for (const int depth : {0, 4096, 16384}) {
    report.rows.push_back(MakeRow(true, 512, depth, 150, 300));
    report.rows.push_back(MakeRow(true, 16, depth, 60, 100));
    report.rows.push_back(MakeRow(false, 64, depth, 20, 30));
  }
  const std::string svg = PlotSvg(report);
  EXPECT_EQ(CountOf(svg, "<circle"), 9);
  EXPECT_EQ(CountOf(svg, "class=\"line "), 3);
  EXPECT_EQ(CountOf(svg, "class=\"roof "), 3);
  for (const char* label : {">512 tokens<", ">16 tokens<", ">64 tokens<", ">roof of 512<", ">roof<",
                            ">4K<", ">16K<", ">0<", ">prefill, tokens/s<"}) {
    EXPECT_THAT(svg, HasSubstr(label));
  }
}

TEST(PlotSvg, DrawsARoofOnceThatSeriesShareAndNoneThatIsNotKnown) {
  Report report;
  report.rows = {MakeRow(true, 512, 0, 150, 300), MakeRow(true, 128, 0, 140, 302),
                 MakeRow(false, 64, 0, 20, 0)};
  const std::string svg = PlotSvg(report);
  EXPECT_EQ(CountOf(svg, "class=\"roof "), 1);
  EXPECT_EQ(CountOf(svg, ">roof<"), 1);

  report.rows.push_back(MakeRow(true, 16, 0, 60, 100));
  EXPECT_THAT(PlotSvg(report), HasSubstr(">roof of 128, 512<"));
}

TEST(TicksTo, AreRoundAndReachTheLargestValue) {
  EXPECT_THAT(TicksTo(0, 5), ElementsAre(0, 1));
  EXPECT_THAT(TicksTo(10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(TicksTo(311, 5), ElementsAre(0, 100, 200, 300, 400));
  EXPECT_THAT(TicksTo(34, 5), ElementsAre(0, 10, 20, 30, 40));
}

TEST(EscapeForXml, KeepsWhatIsUtf8) {
  EXPECT_EQ(EscapeForXml("Größe \"1\""), "Größe &quot;1&quot;");
}

}  // namespace
}  // namespace weir::benchmark
