#include "prompt/python_repr.h"

#include <algorithm>
#include <cmath>

#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::prompt {
namespace {

using json::Json;

// What both writers share: how an item looks, and what stands between and around items.
class Writer {
 public:
  explicit Writer(bool repr) : repr_(repr) {}

  void Append(const Json& value) {
    switch (value.type()) {
      case Json::value_t::object:
        AppendObject(value);
        return;
      case Json::value_t::array:
        AppendArray(value);
        return;
      case Json::value_t::binary: {
        const Json::binary_t& digits = value.get_binary();
        out_.append(digits.begin(), digits.end());
        return;
      }
      default:
        out_ += repr_ ? ReprOfLeaf(value) : json::DumpPython(value);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  static std::string ReprOfLeaf(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
        return "None";
      case Json::value_t::boolean:
        return value.get<bool>() ? "True" : "False";
      case Json::value_t::string:
        return PythonRepr(std::string_view(value.get_ref<const std::string&>()));
      case Json::value_t::number_float:
        return PythonRepr(value.get<double>());
      default:
        return json::DumpPython(value);
    }
  }

  void AppendObject(const Json& value) {
    std::string_view separator;
    out_ += "{";
    for (const auto& [key, member] : value.items()) {
      out_ += separator;
      out_ += repr_ ? PythonRepr(std::string_view(key)) : json::DumpPython(Json(key));
      out_ += ": ";
      Append(member);
      separator = ", ";
    }
    out_ += "}";
  }

  void AppendArray(const Json& value) {
    std::string_view separator;
    out_ += "[";
    for (const Json& item : value) {
      out_ += separator;
      Append(item);
      separator = ", ";
    }
    out_ += "]";
  }

  bool repr_;
  std::string out_;
};

// The escape of a character that repr does not show.
std::string HexEscape(char32_t value) {
  const auto code = static_cast<uint32_t>(value);
  if (code < 0x100) return fmt::format("\\x{:02x}", code);
  if (code < 0x10000) return fmt::format("\\u{:04x}", code);
  return fmt::format("\\U{:08x}", code);
}

}  // namespace

std::string PythonRepr(const Json& value) {
  Writer writer(true);
  writer.Append(value);
  return writer.Take();
}

std::string PythonJson(const Json& value) {
  Writer writer(false);
  writer.Append(value);
  return writer.Take();
}

std::string PythonRepr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return json::DumpPython(Json(number));
}

std::string PythonRepr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    at += point.n_bytes;
    if (point.value == U'\\' || point.value == static_cast<char32_t>(quote)) {
      out.push_back('\\');
      out.push_back(static_cast<char>(point.value));
    } else if (point.value == U'\n') {
      out += "\\n";
    } else if (point.value == U'\r') {
      out += "\\r";
    } else if (point.value == U'\t') {
      out += "\\t";
    } else if (unicode::IsPrintable(point.value)) {
      unicode::Append(point.value, &out);
    } else {
      out += HexEscape(point.value);
    }
  }
  out.push_back(quote);
  return out;
}

std::string_view PythonStrip(std::string_view text) {
  size_t begin = text.size();  // of the first code point that is no space
  size_t end = 0;              // after the last one
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    if (!unicode::IsPythonSpace(point.value)) {
      begin = std::min(begin, at);
      end = at + point.n_bytes;
    }
    at += point.n_bytes;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

}  // namespace weir::prompt
