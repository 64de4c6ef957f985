// The three ways of writing JSON: compact, Python's, and canonical (RFC 8785). The latter two share
// the shortest digits of a number (std::to_chars) and lay them out differently.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"

namespace weir::json {
namespace {

// Values that programs build are not bounded by Parse; this bounds the writer's recursion.
constexpr int kMaxWriteDepth = 512;

// A finite number as 0.d1d2d3... * 10^point, digits without trailing zeros ("0" for zero).
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

Decimal ShortestDecimal(double value) {
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t e = text.find('e');
  Decimal decimal;
  decimal.negative = std::signbit(value);
  for (const char c : text.substr(0, e)) {
    if (c != '.') decimal.digits.push_back(c);
  }
  const size_t last = decimal.digits.find_last_not_of('0');
  decimal.digits.resize(last == std::string::npos ? 1 : last + 1);
  int exponent = 0;
  const bool plus = text[e + 1] == '+';
  std::from_chars(text.data() + e + (plus ? 2 : 1), text.data() + text.size(), exponent);
  decimal.point = exponent + 1;
  return decimal;
}

// The digits with a decimal point and no exponent. `fraction` is what follows a whole number.
std::string Positional(const Decimal& decimal, std::string_view fraction) {
  const int n_digits = static_cast<int>(decimal.digits.size());
  if (decimal.point <= 0) return "0." + std::string(-decimal.point, '0') + decimal.digits;
  if (decimal.point >= n_digits) {
    return decimal.digits + std::string(decimal.point - n_digits, '0') + std::string(fraction);
  }
  return decimal.digits.substr(0, decimal.point) + "." + decimal.digits.substr(decimal.point);
}

std::string Mantissa(const Decimal& decimal) {
  if (decimal.digits.size() == 1) return decimal.digits;
  return decimal.digits.substr(0, 1) + "." + decimal.digits.substr(1);
}

// ECMAScript's Number::toString, which RFC 8785 prescribes. `value` is finite.
std::string EcmaScriptNumber(double value) {
  if (value == 0) return "0";
  const Decimal decimal = ShortestDecimal(value);
  const std::string sign = decimal.negative ? "-" : "";
  if (decimal.point > -6 && decimal.point <= 21) return sign + Positional(decimal, "");
  return fmt::format("{}{}e{:+}", sign, Mantissa(decimal), decimal.point - 1);
}

// Python's repr(float).
std::string PythonNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const Decimal decimal = ShortestDecimal(value);
  const std::string sign = decimal.negative ? "-" : "";
  if (value == 0) return sign + "0.0";
  if (decimal.point > -4 && decimal.point <= 16) return sign + Positional(decimal, ".0");
  const int exponent = decimal.point - 1;
  return fmt::format("{}{}e{}{:02}", sign, Mantissa(decimal), exponent < 0 ? '-' : '+',
                     std::abs(exponent));
}

// Python (ensure_ascii=False) and RFC 8785 escape alike: quote, backslash, controls below U+0020.
void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          *out += fmt::format("\\u{:04x}", static_cast<int>(c));
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), 0 if none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

void AppendPython(const Json& value, std::string* out) {
  switch (value.type()) {
    case Json::value_t::object: {
      std::string_view separator;
      out->push_back('{');
      for (const auto& [key, member] : value.items()) {
        *out += separator;
        AppendQuoted(key, out);
        *out += ": ";
        AppendPython(member, out);
        separator = ", ";
      }
      out->push_back('}');
      return;
    }
    case Json::value_t::array: {
      std::string_view separator;
      out->push_back('[');
      for (const Json& item : value) {
        *out += separator;
        AppendPython(item, out);
        separator = ", ";
      }
      out->push_back(']');
      return;
    }
    case Json::value_t::string:
      AppendQuoted(value.get_ref<const std::string&>(), out);
      return;
    case Json::value_t::number_float:
      *out += PythonNumber(value.get<double>());
      return;
    default:
      *out += Dump(value);
  }
}

// Order by UTF-16 code units. Differs from byte order only where a surrogate pair (UTF-8 lead f0
// and up) meets U+E000..U+FFFF (leads ee, ef): the pair comes first.
bool Utf16Less(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto x = static_cast<unsigned char>(*at_a);
  const auto y = static_cast<unsigned char>(*at_b);
  const bool x_pair = x >= 0xf0;
  const bool y_pair = y >= 0xf0;
  if (x_pair != y_pair && std::min(x, y) >= 0xee) return x_pair;
  return x < y;
}

class CanonicalWriter {
 public:
  Status Append(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
        out_ += "null";
        return {};
      case Json::value_t::boolean:
        out_ += value.get<bool>() ? "true" : "false";
        return {};
      case Json::value_t::string:
        return AppendString(value.get_ref<const std::string&>());
      case Json::value_t::number_float:
        return AppendFloat(value.get<double>());
      case Json::value_t::number_integer:
        return AppendInteger(static_cast<double>(value.get<int64_t>()),
                             std::to_string(value.get<int64_t>()));
      case Json::value_t::number_unsigned:
        return AppendInteger(static_cast<double>(value.get<uint64_t>()),
                             std::to_string(value.get<uint64_t>()));
      case Json::value_t::array:
      case Json::value_t::object:
        return AppendNested(value);
      default:
        return MakeError(ErrorCode::kInvalidArgument, "value of type '{}' has no JSON form",
                         value.type_name());
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  Status AppendNested(const Json& value) {
    if (++depth_ > kMaxWriteDepth) {
      return MakeError(ErrorCode::kResourceExhausted, "value is nested deeper than {} levels",
                       kMaxWriteDepth);
    }
    RETURN_IF_ERROR(value.is_array() ? AppendArray(value) : AppendObject(value));
    --depth_;
    return {};
  }

  Status AppendArray(const Json& value) {
    out_.push_back('[');
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out_.push_back(',');
      RETURN_IF_ERROR(Append(value[i]));
    }
    out_.push_back(']');
    return {};
  }

  Status AppendObject(const Json& value) {
    std::vector<std::pair<std::string_view, const Json*>> members;
    for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
      members.emplace_back(key, &member);
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const auto& a, const auto& b) { return Utf16Less(a.first, b.first); });
    out_.push_back('{');
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_.push_back(',');
      RETURN_IF_ERROR(AppendString(members[i].first));
      out_.push_back(':');
      RETURN_IF_ERROR(Append(*members[i].second));
    }
    out_.push_back('}');
    return {};
  }

  Status AppendString(std::string_view text) {
    if (!IsValidUtf8(text)) {
      return MakeError(ErrorCode::kInvalidArgument, "string is not UTF-8, so it has no JSON form");
    }
    AppendQuoted(text, &out_);
    return {};
  }

  Status AppendFloat(double value) {
    if (!std::isfinite(value)) {
      return MakeError(ErrorCode::kInvalidArgument, "number is not finite, so it has no JSON form");
    }
    out_ += EcmaScriptNumber(value);
    return {};
  }

  Status AppendInteger(double as_double, const std::string& exact) {
    if (EcmaScriptNumber(as_double) != exact) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "integer {} is beyond 2^53 and would lose digits; pass it as a string",
                       exact);
    }
    out_ += exact;
    return {};
  }

  std::string out_;
  int depth_ = 0;
};

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DumpPython(const Json& value) {
  std::string out;
  AppendPython(value, &out);
  return out;
}

Result<std::string> Canonical(const Json& value) {
  CanonicalWriter writer;
  RETURN_IF_ERROR(writer.Append(value));
  return writer.Take();
}

}  // namespace weir::json
