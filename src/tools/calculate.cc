#include "tools/calculate.h"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int kMaxDepth = 100;
constexpr size_t kMaxExpressionBytes = 4096;
constexpr long double kExactLimit = 9223372036854775808.0L;  // 2^63

struct Value {
  long double number = 0;
  bool is_exact = true;        // a whole number that no step rounded
  bool is_percentage = false;  // was written "n%": 200 + 10% means 10% of the 200
};

// Words and characters that mean an operator, longest first where one starts another.
constexpr auto kSpellings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"to the power of", "^"}, {"multiplied by", "*"}, {"divided by", "/"},   {"times", "*"},
    {"minus", "-"},           {"plus", "+"},          {"modulo", "mod"},     {"percent of", "%of"},
    {"per cent of", "%of"},   {"percent", "%"},       {"per cent", "%"},     {"**", "^"},
    {"\xC3\x97", "*"},        {"\xC2\xB7", "*"},      {"\xC3\xB7", "/"},     {"\xE2\x88\x92", "-"},
    {"\xE2\x88\x9A", "sqrt"}, {"\xC2\xA0", " "},      {"\xE2\x80\xAF", " "},
});

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c & 0x80) != 0; }

class Parser {
 public:
  explicit Parser(std::string text) : text_(std::move(text)) {}

  Result<Calculation> Run() {
    ASSIGN_OR_RETURN(const Value value, Sum(0));
    SkipSpace();
    if (at_ < text_.size()) return Unexpected("an operator such as + or *");
    Calculation result;
    result.value = value.is_exact && std::fabs(value.number) < kExactLimit
                       ? std::to_string(static_cast<long long>(value.number))
                       : FormatNumber(value.number);
    result.note = std::move(note_);
    return result;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool Peek(std::string_view token) {
    SkipSpace();
    if (!std::string_view(text_).substr(at_).starts_with(token)) return false;
    // A word must end here: "modern" is not "mod".
    const size_t end = at_ + token.size();
    return !IsLetter(token.back()) || end >= text_.size() || !IsLetter(text_[end]);
  }
  bool Take(std::string_view token) {
    if (!Peek(token)) return false;
    at_ += token.size();
    return true;
  }

  tl::unexpected<Error> Unexpected(std::string_view expected) {
    if (at_ >= text_.size()) {
      return MakeError(ErrorCode::kInvalidArgument, "'{}' ends where {} was expected", text_,
                       expected);
    }
    std::string_view rest = std::string_view(text_).substr(at_);
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' at position {} of '{}' is not {}; numbers, + - * / ^ % and parentheses "
                     "are understood",
                     ClipUtf8(rest, 20), at_ + 1, ClipUtf8(text_, 200), expected);
  }

  Result<Value> Finish(long double number, bool is_exact) {
    if (std::isnan(number)) {
      return MakeError(ErrorCode::kInvalidArgument, "'{}' has no real value", text_);
    }
    if (std::isinf(number)) {
      return MakeError(ErrorCode::kInvalidArgument, "'{}' is too large to calculate", text_);
    }
    return Value{number, is_exact && std::fabs(number) < kExactLimit, false};
  }

  Result<Value> Sum(int depth) {
    if (depth > kMaxDepth) {
      return MakeError(ErrorCode::kInvalidArgument, "the expression nests deeper than {} levels",
                       kMaxDepth);
    }
    ASSIGN_OR_RETURN(Value left, Product(depth));
    while (Peek("+") || Peek("-")) {
      const bool is_plus = Take("+");
      if (!is_plus) Take("-");
      ASSIGN_OR_RETURN(const Value right, Product(depth));
      long double by = right.number;
      if (right.is_percentage && !left.is_percentage) {
        by *= left.number;
        note_ = "the percentage was taken of the value before it";
      }
      ASSIGN_OR_RETURN(left, Finish(is_plus ? left.number + by : left.number - by,
                                    left.is_exact && right.is_exact));
    }
    return left;
  }

  // The next binary operator of a product, taken; 0 when there is none.
  char TakeProductOperator() {
    if (Take("%of")) return 'o';
    if (Take("mod")) return '%';
    if (Take("*")) return '*';
    if (Take("/")) return '/';
    if (Take("x")) return '*';
    if (Take("of")) return '*';
    if (Take("%")) return '%';
    return 0;
  }

  Result<Value> Product(int depth) {
    ASSIGN_OR_RETURN(Value left, Power(depth));
    while (const char op = TakeProductOperator()) {
      ASSIGN_OR_RETURN(const Value right, Power(depth));
      const bool exact = left.is_exact && right.is_exact;
      if ((op == '/' || op == '%') && right.number == 0) {
        return MakeError(ErrorCode::kInvalidArgument, "'{}' divides by zero", text_);
      }
      if (op == '*') {
        ASSIGN_OR_RETURN(left, Finish(left.number * right.number, exact));
      } else if (op == 'o') {
        ASSIGN_OR_RETURN(left, Whole(left.number * right.number / 100, exact));
      } else if (op == '%') {
        ASSIGN_OR_RETURN(left, Finish(std::fmod(left.number, right.number), exact));
      } else {
        ASSIGN_OR_RETURN(left, Whole(left.number / right.number, exact));
      }
    }
    return left;
  }

  // A quotient of exact values is exact when it came out whole.
  Result<Value> Whole(long double number, bool exact) {
    return Finish(number, exact && number == std::floor(number));
  }

  Result<Value> Power(int depth) {
    if (depth > kMaxDepth) return Sum(depth);  // says what is wrong
    if (Take("-")) {
      ASSIGN_OR_RETURN(Value value, Power(depth + 1));
      value.number = -value.number;
      return value;
    }
    if (Take("+")) return Power(depth + 1);
    ASSIGN_OR_RETURN(const Value base, Postfix(depth));
    if (!Take("^")) return base;
    ASSIGN_OR_RETURN(const Value exponent, Power(depth + 1));
    if (base.number == 0 && exponent.number < 0) {
      return MakeError(ErrorCode::kInvalidArgument, "'{}' divides by zero", text_);
    }
    const bool exact = base.is_exact && exponent.is_exact && exponent.number >= 0;
    if (exact && exponent.number < 64) {
      long double product = 1;  // exact below 2^63, as pow need not be
      for (int i = 0; i < static_cast<int>(exponent.number); ++i) product *= base.number;
      return Finish(product, true);
    }
    return Finish(std::pow(base.number, exponent.number), false);
  }

  Result<Value> Postfix(int depth) {
    ASSIGN_OR_RETURN(Value value, Primary(depth));
    while (Peek("%") && !Peek("%of") && PercentEnds()) {
      Take("%");
      value = Value{value.number / 100, false, true};
    }
    return value;
  }

  // After "%": a number or "(" makes it the remainder.
  bool PercentEnds() {
    const size_t here = at_;
    Take("%");
    SkipSpace();
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    at_ = here;
    return !(IsAsciiDigit(next) || next == '.' || next == '(');
  }

  Result<Value> Primary(int depth) {
    SkipSpace();
    if (Take("sqrt")) {
      ASSIGN_OR_RETURN(const Value value, Postfix(depth + 1));
      const long double root = std::sqrt(value.number);
      return Finish(root, value.is_exact && root == std::floor(root));
    }
    if (Take("(")) {
      ASSIGN_OR_RETURN(Value value, Sum(depth + 1));
      if (!Take(")")) return Unexpected("a closing parenthesis");
      value.is_percentage = false;
      return value;
    }
    if (at_ < text_.size() && (text_[at_] == '$' || Take("\xE2\x82\xAC") || Take("\xC2\xA3"))) {
      if (text_[at_] == '$') ++at_;
      SkipSpace();
    }
    return Number();
  }

  Result<Value> Number() {
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (IsAsciiDigit(text_[at_]) || text_[at_] == ',' || text_[at_] == '.')) {
      ++at_;
    }
    if (begin == at_) return Unexpected("a number");
    const std::string_view written(text_.data() + begin, at_ - begin);
    std::string digits;
    RETURN_IF_ERROR(DropGroups(written, &digits));
    // An exponent only when digits follow: "2e" is not one.
    size_t end = at_;
    if (end < text_.size() && text_[end] == 'e') {
      ++end;
      if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
      const size_t first = end;
      while (end < text_.size() && IsAsciiDigit(text_[end])) ++end;
      if (end > first) {
        digits += text_.substr(at_, end - at_);
        at_ = end;
      }
    }
    const long double number = std::strtold(digits.c_str(), nullptr);
    return Finish(number, number == std::floor(number));
  }

  // Checks thousands groups and the decimal point of a written number.
  static Status DropGroups(std::string_view written, std::string* digits) {
    const size_t point = written.find('.');
    const std::string_view whole = written.substr(0, point);
    const bool has_digit = written.find_first_of("0123456789") != std::string_view::npos;
    bool good = has_digit && (point == std::string_view::npos ||
                              written.find_first_of(".,", point + 1) == std::string_view::npos);
    size_t group = 0;
    size_t groups = 0;
    for (size_t i = 0; i <= whole.size() && good; ++i) {
      if (i < whole.size() && whole[i] != ',') {
        ++group;
        continue;
      }
      const bool is_last = i == whole.size();
      if (groups == 0) good = is_last || (group >= 1 && group <= 3);
      if (groups > 0) good = group == 3;
      ++groups;
      group = 0;
    }
    if (!good) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          "the number '{}' is unclear; write a decimal point as in 1.5 and thousands as "
          "in 1,500",
          written);
    }
    for (const char c : written) {
      if (c != ',') *digits += c;
    }
    return {};
  }

  std::string text_;
  size_t at_ = 0;
  std::string note_;
};

// Lower case, operators in one spelling, "=" and "?" at the end dropped.
std::string Plain(std::string_view expression) {
  std::string text = FoldCase(expression);
  for (const auto& [spelling, plain] : kSpellings) {
    for (size_t at = text.find(spelling); at != std::string::npos;
         at = text.find(spelling, at + plain.size())) {
      text.replace(at, spelling.size(), plain);
    }
  }
  for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
    const size_t next = text.find_first_not_of(' ', at + 1);
    if (next != std::string::npos && next > at + 1 && text.compare(next, 3, "of ") == 0) {
      text.erase(at + 1, next - at - 1);  // "% of" is one operator
    }
  }
  std::string_view trimmed = Trim(text);
  while (trimmed.ends_with('=') || trimmed.ends_with('?')) {
    trimmed.remove_suffix(1);
    trimmed = Trim(trimmed);
  }
  return std::string(trimmed);
}

}  // namespace

Result<Calculation> Calculate(std::string_view expression) {
  if (expression.size() > kMaxExpressionBytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "an expression of {} bytes; at most {} are calculated", expression.size(),
                     kMaxExpressionBytes);
  }
  std::string text = Plain(expression);
  if (text.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the expression is empty; write something such as 12 * (3 + 4)");
  }
  return Parser(std::move(text)).Run();
}

std::string FormatNumber(long double value) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.15Lg", value);
  std::string text = buffer.data();
  return text == "-0" ? "0" : text;
}

}  // namespace weir::tools
