#pragma once
// Writes a small SVG picture: lines, dots and words whose looks come from one style sheet. One
// thread.

#include <span>
#include <string>
#include <string_view>

namespace weir::benchmark {

struct Point {
  double x = 0;  // pixels from the left
  double y = 0;  // pixels from the top
};

class Svg {
 public:
  // `style` is CSS; `title` is read out by screen readers.
  Svg(int width, int height, std::string_view style, std::string_view title);

  // `looks` are names of classes in the style, separated by spaces.
  void Line(Point from, Point to, std::string_view looks);
  void Path(std::span<const Point> points, std::string_view looks);
  void Dot(Point at, std::string_view looks);
  void Words(Point at, std::string_view text, std::string_view looks);

  // The whole file. Nothing may be added after it.
  std::string Finish();

 private:
  std::string text_;
};

// Text as XML may hold it: markup escaped, control characters and bytes that are no UTF-8 as "?".
std::string EscapeForXml(std::string_view text);

}  // namespace weir::benchmark
