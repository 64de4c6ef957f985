#include "app/escape.h"

#include <fmt/format.h>
#include <utf8proc.h>

namespace weir::app {
namespace {

struct CodePoint {
  int32_t value = -1;  // -1: not UTF-8
  size_t bytes = 1;
};

CodePoint Next(std::string_view text) {
  CodePoint point;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                  static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  if (n < 1) return {};
  point.bytes = static_cast<size_t>(n);
  return point;
}

bool IsVisible(int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return code_point == ' ';
    default:
      // Letters and marks that show nothing: Hangul fillers, variation selectors, grapheme joiner,
      // braille blank.
      return code_point != 0x115F && code_point != 0x1160 && code_point != 0x3164 &&
             code_point != 0xFFA0 && code_point != 0x2800 && code_point != 0x034F &&
             !(code_point >= 0xFE00 && code_point <= 0xFE0F) &&
             !(code_point >= 0xE0100 && code_point <= 0xE01EF);
  }
}

std::string EscapeOne(int32_t code_point, const EscapeOptions& options) {
  if (code_point == '\n') return options.keep_newlines ? "\n" : "\\n";
  if (code_point == '\t') return options.keep_newlines ? "    " : "\\t";
  if (code_point == '\r') return "\\r";
  return fmt::format("\\u{{{:04X}}}", code_point);
}

}  // namespace

std::string EscapeForTerminal(std::string_view text, const EscapeOptions& options) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = Next(text);
    const std::string_view bytes = text.substr(0, point.bytes);
    if (point.value < 0) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    } else if (point.value == '\\') {
      out += "\\\\";
    } else if (IsVisible(point.value)) {
      out += bytes;
    } else {
      out += EscapeOne(point.value, options);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

int DisplayWidth(std::string_view escaped) {
  int width = 0;
  while (!escaped.empty()) {
    const CodePoint point = Next(escaped);
    width += point.value < 0 ? 1 : utf8proc_charwidth(point.value);
    escaped.remove_prefix(point.bytes);
  }
  return width;
}

std::string Ellipsize(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  std::string out;
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = Next(text);
    width += point.value < 0 ? 1 : utf8proc_charwidth(point.value);
    if (width > columns - 3) break;
    out += text.substr(0, point.bytes);
    text.remove_prefix(point.bytes);
  }
  return out + "...";
}

}  // namespace weir::app
