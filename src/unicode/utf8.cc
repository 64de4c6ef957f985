#include "unicode/utf8.h"

#include <algorithm>

namespace weir::unicode {
namespace {

// What a lead byte promises: the length of its sequence and the range of the second byte. Length 0:
// no lead byte.
struct Lead {
  int n_bytes;
  unsigned char low;
  unsigned char high;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {1, 0x80, 0xBF};
  if (byte < 0xC2 || byte > 0xF4) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) {
    return {3, byte == 0xE0 ? static_cast<unsigned char>(0xA0) : static_cast<unsigned char>(0x80),
            byte == 0xED ? static_cast<unsigned char>(0x9F) : static_cast<unsigned char>(0xBF)};
  }
  return {4, byte == 0xF0 ? static_cast<unsigned char>(0x90) : static_cast<unsigned char>(0x80),
          byte == 0xF4 ? static_cast<unsigned char>(0x8F) : static_cast<unsigned char>(0xBF)};
}

// How many bytes from `at` on fit one sequence; `*wanted` is its full length (0: no lead byte).
int FittingBytes(std::string_view text, size_t at, int* wanted) {
  const Lead lead = LeadOf(static_cast<unsigned char>(text[at]));
  *wanted = lead.n_bytes;
  int n = 1;
  for (; n < lead.n_bytes && at + n < text.size(); ++n) {
    const auto byte = static_cast<unsigned char>(text[at + n]);
    if (byte < (n == 1 ? lead.low : 0x80) || byte > (n == 1 ? lead.high : 0xBF)) break;
  }
  return n;
}

}  // namespace

CodePoint Decode(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1, true};
  int wanted = 0;
  const int n = FittingBytes(text, at, &wanted);
  if (n != wanted) return {kReplacement, n, false};
  char32_t value = first & (0xFF >> (n + 1));
  for (int i = 1; i < n; ++i)
    value = value << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  return {value, n, true};
}

void Append(char32_t value, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | (value >> shift & 0x3F)));
  };
  if (value < 0x80) {
    out->push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out->push_back(static_cast<char>(0xC0 | value >> 6));
    tail(0);
  } else if (value < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | value >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | value >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = Decode(text, at);
    if (!point.valid) return false;
    at += point.n_bytes;
  }
  return true;
}

size_t CompletePrefix(std::string_view text) {
  // Only a lead byte among the last three can have its sequence cut off.
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const size_t at = text.size() - back;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    int wanted = 0;
    const int n = FittingBytes(text, at, &wanted);
    return n < wanted && at + n == text.size() ? at : text.size();
  }
  return text.size();
}

std::string ReplaceInvalid(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = Decode(text, at);
    if (point.valid) {
      out += text.substr(at, point.n_bytes);
    } else {
      Append(kReplacement, &out);
    }
    at += point.n_bytes;
  }
  return out;
}

}  // namespace weir::unicode
