#pragma once
// Text that a stranger wrote: descriptions, titles, results, errors, resources, instructions.
//
// It keeps its origin, and comes out in two forms only: cleaned and bounded for a model, escaped
// and whole for a person. Values; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.h"

namespace weir::catalog {

// What is taken from a stranger at most.
inline constexpr size_t kMaxDescriptionBytes = 4 << 10;  // as a model sees it; the rest is cut
inline constexpr size_t kMaxTextBytes = 64 << 10;        // of a description or title at all
inline constexpr size_t kMaxSchemaBytes = 64 << 10;
inline constexpr size_t kMaxToolsOfServer = 256;

enum class TextKind { kTitle, kDescription, kResult, kError, kResource, kInstructions };

// "title", "description", "result", "error", "resource", "instructions".
std::string_view TextKindName(TextKind kind);

class UntrustedText {
 public:
  UntrustedText(std::string server, TextKind kind, std::string text)
      : server_(std::move(server)), kind_(kind), text_(std::move(text)) {}

  // Without what a reader can not see, at most `max_bytes` of it and then a note of what was cut.
  std::string ForModel(size_t max_bytes) const;
  // Whole, on several lines, every invisible character as an escape.
  std::string ForPerson() const;

  const std::string& server() const { return server_; }
  TextKind kind() const { return kind_; }
  size_t size() const { return text_.size(); }  // bytes as the stranger sent them

 private:
  std::string server_;
  TextKind kind_;
  std::string text_;
};

// Without controls (line feed and tab stay), bidi marks, zero-width, tag and filler characters and
// variation selectors; line ends become "\n", odd blanks " ", bytes that are no UTF-8 U+FFFD.
std::string RemoveInvisible(std::string_view text);

// RemoveInvisible and at most `max_bytes`, no character cut, then "\n[cut after N of M bytes]".
std::string CleanForModel(std::string_view text, size_t max_bytes);

// The schema with its descriptions, titles and comments cleaned; everything else as it is.
json::Json CleanSchema(const json::Json& schema);

struct VisibleOptions {
  bool keep_newlines = false;
  bool double_backslash = true;  // so that an escape can not be imitated; JSON text needs it not,
                                 // since \u{ is no JSON
};

// Every character that is not plainly visible as \n, \t, \r, \xNN or \u{NNNN}.
std::string Visible(std::string_view text, const VisibleOptions& options = {});

// True when Visible(text) shows the text as it is, on one line.
bool IsPlainlyVisible(std::string_view text);

}  // namespace weir::catalog
