#include "schema/format.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace weir::schema {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Whether `text` looks like `shape`: 0 stands for a digit, h for a hexadecimal digit, the rest for
// itself.
bool HasShape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() &&
         std::equal(text.begin(), text.end(), shape.begin(), [](char c, char s) {
           if (s == '0') return IsDigit(c);
           if (s == 'h') return IsHex(c);
           return c == s;
         });
}

int Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool IsDate(std::string_view text) {
  if (!HasShape(text, "0000-00-00")) return false;
  const int year = Number(text.substr(0, 4));
  const int month = Number(text.substr(5, 2));
  const int day = Number(text.substr(8, 2));
  if (month < 1 || month > 12 || day < 1) return false;
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<size_t>(month) - 1] + (month == 2 && leap ? 1 : 0);
}

// RFC 3339 full-time: the offset is obligatory; :60 is a leap second.
bool IsTime(std::string_view text) {
  if (text.size() < 9 || !HasShape(text.substr(0, 8), "00:00:00")) return false;
  if (Number(text.substr(0, 2)) > 23 || Number(text.substr(3, 2)) > 59) return false;
  if (Number(text.substr(6, 2)) > 60) return false;
  text.remove_prefix(8);
  if (text[0] == '.') {
    const size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (end == 1) return false;
    text.remove_prefix(end);
  }
  if (text == "Z" || text == "z") return true;
  if (!HasShape(text, "+00:00") && !HasShape(text, "-00:00")) return false;
  return Number(text.substr(1, 2)) <= 23 && Number(text.substr(4, 2)) <= 59;
}

bool IsDateTime(std::string_view text) {
  if (text.size() < 20) return false;
  const char separator = text[10];
  if (separator != 'T' && separator != 't' && separator != ' ') return false;
  return IsDate(text.substr(0, 10)) && IsTime(text.substr(11));
}

bool IsHostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  size_t label = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '.') {
      if (!IsAlpha(text[i]) && !IsDigit(text[i]) && text[i] != '-') return false;
      continue;
    }
    const size_t size = i - label;
    if (size == 0 || size > 63 || text[label] == '-' || text[i - 1] == '-') return false;
    label = i + 1;
  }
  return true;
}

// One @ between a local part and a host name, no white space. Full RFC 5321 syntax is not checked.
bool IsEmail(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view local = text.substr(0, at);
  const bool plain = std::none_of(local.begin(), local.end(),
                                  [](char c) { return c <= ' ' || c == '@' || c == 0x7f; });
  return plain && local.front() != '.' && local.back() != '.' && IsHostname(text.substr(at + 1));
}

// A scheme, a colon and something, all printable ASCII without blanks.
bool IsUri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  if (!IsAlpha(text[0])) return false;
  const auto is_scheme = [](char c) {
    return IsAlpha(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(colon), is_scheme)) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
}

bool IsAddress(int family, std::string_view text) {
  std::array<unsigned char, 16> address;
  return text.find('\0') == std::string_view::npos &&
         inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

}  // namespace

bool MatchesFormat(std::string_view format, std::string_view text) {
  if (format == "date") return IsDate(text);
  if (format == "time") return IsTime(text);
  if (format == "date-time") return IsDateTime(text);
  if (format == "email") return IsEmail(text);
  if (format == "uri") return IsUri(text);
  if (format == "uuid") return HasShape(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
  if (format == "ipv4") return IsAddress(AF_INET, text);
  if (format == "ipv6") return IsAddress(AF_INET6, text);
  if (format == "hostname") return IsHostname(text);
  return true;
}

}  // namespace weir::schema
