#include "schema/pattern_syntax.h"

#include <fmt/format.h>

#include <map>
#include <optional>

namespace weir::schema {
namespace {

// White space as ECMA-262 has it, and everything else, as parts of a class. Both end with a range,
// so that a hyphen behind them stays a hyphen.
constexpr std::string_view kSpaces =
    R"(\t-\r \x{a0}\x{1680}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}\x{2000}-\x{200a})";
constexpr std::string_view kNoSpaces =
    R"(\x00-\x08\x0e-\x1f\x21-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view kAnyButLineEnd = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view kNothing = R"([^\x00-\x{10ffff}])";
constexpr std::string_view kAnything = R"([\x00-\x{10ffff}])";

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

std::string CodePointText(uint32_t code_point) { return fmt::format("\\x{{{:x}}}", code_point); }

// The short name of a general category, which is all that RE2 knows; other names stay.
std::string_view ShortCategory(std::string_view name) {
  static const std::map<std::string_view, std::string_view> kShort = {
      {"Letter", "L"},
      {"Lowercase_Letter", "Ll"},
      {"Uppercase_Letter", "Lu"},
      {"Titlecase_Letter", "Lt"},
      {"Modifier_Letter", "Lm"},
      {"Other_Letter", "Lo"},
      {"Mark", "M"},
      {"Nonspacing_Mark", "Mn"},
      {"Number", "N"},
      {"Decimal_Number", "Nd"},
      {"digit", "Nd"},
      {"Letter_Number", "Nl"},
      {"Other_Number", "No"},
      {"Punctuation", "P"},
      {"punct", "P"},
      {"Symbol", "S"},
      {"Separator", "Z"},
      {"Space_Separator", "Zs"},
      {"Other", "C"},
      {"Control", "Cc"},
  };
  const auto it = kShort.find(name);
  return it == kShort.end() ? name : it->second;
}

class PatternTranslator {
 public:
  explicit PatternTranslator(std::string_view source) : source_(source) {}

  Result<std::string> Run();

 private:
  bool AtEnd() const { return at_ == source_.size(); }
  bool Take(std::string_view text) {
    if (!source_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  tl::unexpected<Error> Refuse(std::string_view what) const {
    return MakeError(ErrorCode::kUnsupported, "{} at byte {}", what, at_);
  }

  Status Group();
  Status Class();
  Status Escape(bool in_class);
  Status Property(char letter);
  Result<uint32_t> CodeUnit();
  std::optional<uint32_t> Hex(size_t n_digits);

  const std::string_view source_;
  size_t at_ = 0;
  std::string out_;
};

Result<std::string> PatternTranslator::Run() {
  while (!AtEnd()) {
    const char c = source_[at_++];
    if (c == '\\') {
      RETURN_IF_ERROR(Escape(false));
    } else if (c == '[') {
      RETURN_IF_ERROR(Class());
    } else if (c == '(') {
      RETURN_IF_ERROR(Group());
    } else if (c == '.') {
      out_ += kAnyButLineEnd;
    } else {
      out_.push_back(c);
    }
  }
  return std::move(out_);
}

// After '('. Nobody asks what a group matched, so names are dropped.
Status PatternTranslator::Group() {
  if (Take("?=") || Take("?!") || Take("?<=") || Take("?<!")) {
    return Refuse("look-around");
  }
  if (Take("?<")) {
    const size_t end = source_.find('>', at_);
    if (end == std::string_view::npos) return Refuse("a group name without end");
    at_ = end + 1;
  } else if (!Take("?:") && Take("?")) {
    return Refuse("a group that is not of ECMA-262");
  }
  out_ += "(?:";
  return {};
}

// After '['. A '[' inside is an ordinary character, and so is a '-' next to a set.
Status PatternTranslator::Class() {
  const bool negated = Take("^");
  if (Take("]")) {
    out_ += negated ? kAnything : kNothing;
    return {};
  }
  out_ += negated ? "[^" : "[";
  while (!AtEnd()) {
    const char c = source_[at_++];
    if (c == ']') {
      out_.push_back(c);
      return {};
    }
    if (c == '\\') {
      RETURN_IF_ERROR(Escape(true));
    } else {
      if (c == '[' || c == '^') out_.push_back('\\');
      out_.push_back(c);
    }
  }
  return Refuse("a class without ']'");
}

// After a backslash.
Status PatternTranslator::Escape(bool in_class) {
  if (AtEnd()) return Refuse("a lone backslash");
  const char c = source_[at_++];
  switch (c) {
    case 's':
    case 'S': {
      const std::string_view set = c == 's' ? kSpaces : kNoSpaces;
      out_ += in_class ? std::string(set) : "[" + std::string(set) + "]";
      return {};
    }
    case 'b':
      out_ += in_class ? "\\x08" : "\\b";
      return {};
    case 'B':
      if (in_class) return Refuse("'\\B' inside a class");
      out_ += "\\B";
      return {};
    case 'p':
    case 'P':
      return Property(c);
    case 'c': {
      if (AtEnd() || !IsAsciiLetter(source_[at_])) return Refuse("'\\c' without a letter");
      out_ += CodePointText(static_cast<uint32_t>(source_[at_++]) % 32);
      return {};
    }
    case 'x':
    case 'u': {
      --at_;
      ASSIGN_OR_RETURN(const uint32_t code_point, CodeUnit());
      out_ += CodePointText(code_point);
      return {};
    }
    case '0':
      if (!AtEnd() && IsAsciiDigit(source_[at_])) return Refuse("an octal escape");
      out_ += "\\x00";
      return {};
    default:
      break;
  }
  if (IsAsciiDigit(c) || c == 'k') return Refuse("a back reference");
  if (IsAsciiLetter(c)) {
    if (std::string_view("dDwWtnvfr").find(c) == std::string_view::npos) {
      return Refuse(fmt::format("the unknown escape '\\{}'", c));
    }
    out_ += {'\\', c};
  } else if (static_cast<unsigned char>(c) < 0x80) {
    out_ += CodePointText(static_cast<uint32_t>(c));
  } else {
    out_.push_back(c);  // the first byte of a longer character; the rest follows by itself
  }
  return {};
}

// After \p or \P: {L}, {Letter}, {gc=L} or {Script=Greek}.
Status PatternTranslator::Property(char letter) {
  const size_t end = source_.find('}', at_);
  if (!Take("{") || end == std::string_view::npos) {
    return Refuse("a property without braces");
  }
  std::string_view name = source_.substr(at_, end - at_);
  at_ = end + 1;
  for (const std::string_view kind : {"General_Category=", "gc=", "Script=", "sc="}) {
    if (name.starts_with(kind)) {
      name.remove_prefix(kind.size());
      break;
    }
  }
  if (name.empty() || name.find_first_of("^\\{=") != std::string_view::npos) {
    return Refuse("an unknown property");
  }
  out_ += fmt::format("\\{}{{{}}}", letter, ShortCategory(name));
  return {};
}

std::optional<uint32_t> PatternTranslator::Hex(size_t n_digits) {
  uint32_t value = 0;
  const std::string_view digits = source_.substr(at_, n_digits);
  if (digits.empty() || digits.size() < n_digits) return std::nullopt;
  for (const char c : digits) {
    const char lower = static_cast<char>(c | 0x20);
    if (IsAsciiDigit(c)) {
      value = value * 16 + static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  at_ += n_digits;
  return value;
}

// At the x or u of xHH, uHHHH, u{H...} or a surrogate pair uHHHH\uHHHH.
Result<uint32_t> PatternTranslator::CodeUnit() {
  constexpr std::string_view kBadEscape = "an escape without its hexadecimal digits";
  std::optional<uint32_t> value;
  if (Take("x")) {
    value = Hex(2);
  } else if (Take("u{")) {
    const size_t n_digits = source_.find('}', at_) - at_;
    value = n_digits <= 8 ? Hex(n_digits) : std::nullopt;
    if (!Take("}")) return Refuse(kBadEscape);
  } else {
    Take("u");
    value = Hex(4);
    const bool high = value && *value >= 0xD800 && *value < 0xDC00;
    if (high && Take("\\u")) {
      const std::optional<uint32_t> low = Hex(4);
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return Refuse("half a surrogate pair");
      return 0x10000 + (*value - 0xD800) * 0x400 + (*low - 0xDC00);
    }
  }
  if (!value) return Refuse(kBadEscape);
  if (*value > 0x10FFFF || (*value >= 0xD800 && *value <= 0xDFFF)) {
    return Refuse("an escape that is no Unicode character");
  }
  return *value;
}

}  // namespace

Result<std::string> ToRe2(std::string_view source) { return PatternTranslator(source).Run(); }

}  // namespace weir::schema
