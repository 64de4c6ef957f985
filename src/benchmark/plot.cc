#include "benchmark/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "benchmark/svg.h"

namespace weir::benchmark {
namespace {

constexpr int kPictureWidth = 920;
constexpr int kPictureHeight = 400;
constexpr double kPanelTop = 96;
constexpr double kPanelBottom = 340;
constexpr double kPanelWidth = 290;
constexpr double kPanelLefts[] = {64, 520};
constexpr double kLabelGap = 8;      // between the plot and the labels on its right
constexpr double kLabelHeight = 15;  // labels are moved apart to this distance
constexpr int kColours = 4;          // series beyond these use them again
constexpr double kSameRoof = 0.02;   // roofs closer than this are drawn once

constexpr const char* kPlotStyle = R"(text { font: 12px system-ui, sans-serif; fill: #33383f; }
.paper { fill: #ffffff; }
.heading { font-size: 16px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.faint { fill: #5f6772; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.grid { stroke: #e3e6ea; }
.axis { stroke: #8a929d; }
.line { fill: none; stroke-width: 2; }
.roof { fill: none; stroke-width: 1.5; stroke-dasharray: 6 5; }
.c0 { stroke: #0b62c4; } .c1 { stroke: #b8430a; } .c2 { stroke: #0f7b47; } .c3 { stroke: #7a35c9; }
circle.c0, text.c0 { fill: #0b62c4; } circle.c1, text.c1 { fill: #b8430a; }
circle.c2, text.c2 { fill: #0f7b47; } circle.c3, text.c3 { fill: #7a35c9; }
text { stroke: none !important; }
@media (prefers-color-scheme: dark) {
text { fill: #d5d9df; }
.paper { fill: #14171b; }
.faint { fill: #9aa3ae; }
.grid { stroke: #2b3036; }
.axis { stroke: #6b7480; }
.c0 { stroke: #6cb0ff; } .c1 { stroke: #ff9a5c; } .c2 { stroke: #5fd39a; } .c3 { stroke: #c49bff; }
circle.c0, text.c0 { fill: #6cb0ff; } circle.c1, text.c1 { fill: #ff9a5c; }
circle.c2, text.c2 { fill: #5fd39a; } circle.c3, text.c3 { fill: #c49bff; }
}
)";

// Rows of one number of tokens, by depth.
using Series = std::vector<const Row*>;

struct Label {
  double y = 0;
  std::string text;
  std::string looks;
};

std::string DepthText(int depth) {
  return depth >= 1024 && depth % 1024 == 0 ? fmt::format("{}K", depth / 1024)
                                            : fmt::format("{}", depth);
}

bool HasRoof(const Series& series) {
  return std::all_of(series.begin(), series.end(), [](const Row* row) { return row->roof > 0; });
}

bool SameRoof(const Series& a, const Series& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i]->roof - b[i]->roof);
    if (a[i]->depth != b[i]->depth || difference > kSameRoof * a[i]->roof) return false;
  }
  return true;
}

class Panel {
 public:
  Panel(Svg& svg, double left, const Report& report, bool is_prefill) : svg_(svg), left_(left) {
    std::map<int, Series> by_count;
    for (const Row& row : report.rows) {
      if (row.is_prefill == is_prefill) by_count[row.n_tokens].push_back(&row);
    }
    for (auto& [n_tokens, series] : by_count) {
      for (const Row* row : series) {
        most_speed_ = std::max({most_speed_, row->Most(), row->roof});
        most_depth_ = std::max(most_depth_, row->depth);
        depths_.push_back(row->depth);
      }
      series_.push_back(std::move(series));
    }
    std::sort(depths_.begin(), depths_.end());
    depths_.erase(std::unique(depths_.begin(), depths_.end()), depths_.end());
    ticks_ = TicksTo(most_speed_, 5);
  }

  void Draw(std::string_view title) {
    svg_.Words({left_, kPanelTop - 16}, title, "panel");
    if (series_.empty()) {
      svg_.Words({left_, (kPanelTop + kPanelBottom) / 2}, "not measured", "faint");
      return;
    }
    DrawAxes();
    DrawRoofs();
    for (size_t i = 0; i < series_.size(); ++i) DrawSeries(i);
    DrawLabels();
  }

 private:
  double X(int depth) const { return left_ + kPanelWidth * depth / std::max(1, most_depth_); }
  double Y(double speed) const {
    return kPanelBottom - (kPanelBottom - kPanelTop) * speed / ticks_.back();
  }
  static std::string Colour(size_t series) { return fmt::format("c{}", series % kColours); }

  void DrawAxes() {
    for (const double tick : ticks_) {
      svg_.Line({left_, Y(tick)}, {left_ + kPanelWidth, Y(tick)}, tick > 0 ? "grid" : "axis");
      svg_.Words({left_ - 8, Y(tick) + 4}, fmt::format("{:g}", tick), "faint end");
    }
    double last_x = -1e9;
    for (const int depth : depths_) {
      const bool has_room = X(depth) - last_x >= 36;
      svg_.Line({X(depth), kPanelBottom}, {X(depth), kPanelBottom + 5}, "axis");
      if (!has_room) continue;
      svg_.Words({X(depth), kPanelBottom + 19}, DepthText(depth), "faint middle");
      last_x = X(depth);
    }
    svg_.Words({left_ + kPanelWidth / 2, kPanelBottom + 40}, "tokens in context before",
               "faint middle");
  }

  // Series with the same roof share its line.
  void DrawRoofs() {
    struct Roof {
      size_t series;
      std::string counts;
    };
    std::vector<Roof> roofs;
    for (size_t i = 0; i < series_.size(); ++i) {
      if (!HasRoof(series_[i])) continue;
      const std::string count = fmt::format("{}", series_[i][0]->n_tokens);
      const auto same = std::find_if(roofs.begin(), roofs.end(), [&](const Roof& roof) {
        return SameRoof(series_[roof.series], series_[i]);
      });
      if (same == roofs.end()) {
        roofs.push_back({i, count});
      } else {
        same->counts += ", " + count;
      }
    }
    for (const Roof& roof : roofs) {
      std::vector<Point> points;
      for (const Row* row : series_[roof.series]) points.push_back({X(row->depth), Y(row->roof)});
      // A roof at one depth alone is still a line to look at.
      if (points.size() == 1) points.push_back({left_ + kPanelWidth, points[0].y});
      svg_.Path(points, "roof " + Colour(roof.series));
      labels_.push_back({points.back().y, roofs.size() == 1 ? "roof" : "roof of " + roof.counts,
                         Colour(roof.series)});
    }
  }

  void DrawSeries(size_t i) {
    std::vector<Point> points;
    for (const Row* row : series_[i]) {
      const Point at{X(row->depth), Y(row->Median())};
      svg_.Line({at.x, Y(row->Least())}, {at.x, Y(row->Most())}, Colour(i));
      svg_.Dot(at, Colour(i));
      points.push_back(at);
    }
    if (points.size() > 1) svg_.Path(points, "line " + Colour(i));
    labels_.push_back(
        {points.back().y, fmt::format("{} tokens", series_[i][0]->n_tokens), Colour(i)});
  }

  // Labels keep their order and move down where they would touch, then up as a whole where they
  // would leave the panel.
  void DrawLabels() {
    std::sort(labels_.begin(), labels_.end(),
              [](const Label& a, const Label& b) { return a.y < b.y; });
    for (size_t i = 1; i < labels_.size(); ++i) {
      labels_[i].y = std::max(labels_[i].y, labels_[i - 1].y + kLabelHeight);
    }
    const double beyond = std::max(0.0, labels_.back().y - kPanelBottom);
    const double x = left_ + kPanelWidth + kLabelGap;
    for (const Label& label : labels_) {
      svg_.Words({x, label.y - beyond + 4}, label.text, label.looks);
    }
  }

  Svg& svg_;
  double left_;
  std::vector<Series> series_;
  std::vector<int> depths_;
  std::vector<double> ticks_;
  std::vector<Label> labels_;
  double most_speed_ = 0;
  int most_depth_ = 0;
};

}  // namespace

std::vector<double> TicksTo(double most, int n) {
  if (!(most > 0)) return {0, 1};
  const double rough = most / n;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double digit : {5.0, 2.0, 1.0}) {
    if (digit * power >= rough * (1 - 1e-9)) step = digit * power;
  }
  std::vector<double> ticks;
  for (int i = 0; ticks.empty() || ticks.back() < most * (1 - 1e-9); ++i) ticks.push_back(i * step);
  return ticks;
}

std::string PlotSvg(const Report& report) {
  const std::string name = report.file.substr(report.file.find_last_of('/') + 1);
  Svg svg(kPictureWidth, kPictureHeight, kPlotStyle, "Speed against context depth: " + name);
  svg.Words({24, 30}, "Speed against context depth", "heading");
  svg.Words({24, 50},
            fmt::format("{}, kernels {}, {} thread{}; memory {:.1f} GB/s, {:.0f} int8 GOPS", name,
                        report.kernels, report.n_threads, report.n_threads == 1 ? "" : "s",
                        report.roofs.bytes_per_second() / 1e9, report.roofs.int8_per_second / 1e9),
            "faint");
  Panel(svg, kPanelLefts[0], report, true).Draw("prefill, tokens/s");
  Panel(svg, kPanelLefts[1], report, false).Draw("decode, tokens/s");
  return svg.Finish();
}

}  // namespace weir::benchmark
