#pragma once
// Character and word classes of the Python form. Bytes beyond ASCII count as letters. Pure.

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::chat {

inline bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// 0..15, or -1.
inline int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

inline bool IsWordChar(char c) { return IsWordStart(c) || IsDigit(c); }

// MCP servers declare names such as resolve-library-id, ns.tool or server/tool.
inline bool IsToolNameChar(char c) {
  return IsWordChar(c) || c == '.' || c == '-' || c == '/' || c == ':';
}

inline bool IsParameterChar(char c) { return IsWordChar(c) || c == '-' || c == '.'; }

// Follows text to know whether it stands inside a quoted string.
class StringTracker {
 public:
  bool inside() const { return quote_ != 0; }

  void Step(char c) {
    if (quote_ == 0) {
      if (c == '"' || c == '\'') quote_ = c;
    } else if (escape_) {
      escape_ = false;
    } else if (c == '\\') {
      escape_ = true;
    } else if (c == quote_) {
      quote_ = 0;
    }
  }

 private:
  char quote_ = 0;
  bool escape_ = false;
};

// Words that continue or start a Python expression.
inline bool IsOperatorWord(std::string_view word) {
  static constexpr std::array<std::string_view, 9> kWords = {"if", "else", "for", "async", "and",
                                                             "or", "in",   "is",  "not"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace weir::chat
