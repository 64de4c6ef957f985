#include "benchmark/svg.h"

#include <fmt/format.h>

#include "json/json.h"

namespace weir::benchmark {

Svg::Svg(int width, int height, std::string_view style, std::string_view title) {
  text_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" "
      "role=\"img\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
      width, height, width, height, EscapeForXml(title), style);
}

void Svg::Line(Point from, Point to, std::string_view looks) {
  text_ +=
      fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n",
                  from.x, from.y, to.x, to.y, looks);
}

void Svg::Path(std::span<const Point> points, std::string_view looks) {
  text_ += "<polyline points=\"";
  for (const Point& point : points) text_ += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  text_ += fmt::format("\" class=\"{}\"/>\n", looks);
}

void Svg::Dot(Point at, std::string_view looks) {
  text_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" class=\"{}\"/>\n", at.x, at.y,
                       looks);
}

void Svg::Words(Point at, std::string_view text, std::string_view looks) {
  text_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", at.x, at.y,
                       looks, EscapeForXml(text));
}

std::string Svg::Finish() { return text_ += "</svg>\n"; }

std::string EscapeForXml(std::string_view text) {
  const bool is_utf8 = json::IsValidUtf8(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8) ? '?' : c;
    }
  }
  return out;
}

}  // namespace weir::benchmark
