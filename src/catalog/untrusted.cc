#include "catalog/untrusted.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::catalog {
namespace {

// Letters and marks that show nothing: Hangul fillers, variation selectors, joiners, blank braille.
bool IsFiller(char32_t value) {
  constexpr auto kFillers =
      std::to_array<char32_t>({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0});
  return std::binary_search(kFillers.begin(), kFillers.end(), value) ||
         (value >= 0x180B && value <= 0x180F) || (value >= 0xFE00 && value <= 0xFE0F) ||
         (value >= 0xE0100 && value <= 0xE01EF);
}

bool IsShown(char32_t value) { return unicode::IsPrintable(value) && !IsFiller(value); }

std::string EscapeOf(char32_t value, const VisibleOptions& options) {
  if (value == '\n') return options.keep_newlines ? "\n" : "\\n";
  if (value == '\t') return "\\t";
  if (value == '\r') return "\\r";
  return fmt::format("\\u{{{:04x}}}", static_cast<uint32_t>(value));
}

void CleanTexts(json::Json* schema) {
  if (schema->is_array()) {
    for (json::Json& item : *schema) CleanTexts(&item);
  }
  if (!schema->is_object()) return;
  for (auto& [key, value] : schema->items()) {
    if (key == "enum" || key == "const" || key == "default" || key == "examples") continue;
    const bool is_text = key == "description" || key == "title" || key == "$comment";
    if (is_text && value.is_string()) {
      value = CleanForModel(value.get_ref<const std::string&>(), kMaxDescriptionBytes);
    } else {
      CleanTexts(&value);
    }
  }
}

}  // namespace

std::string_view TextKindName(TextKind kind) {
  switch (kind) {
    case TextKind::kTitle:
      return "title";
    case TextKind::kDescription:
      return "description";
    case TextKind::kResult:
      return "result";
    case TextKind::kError:
      return "error";
    case TextKind::kResource:
      return "resource";
    case TextKind::kInstructions:
      return "instructions";
  }
  return "text";
}

std::string UntrustedText::ForModel(size_t max_bytes) const {
  return CleanForModel(text_, max_bytes);
}

std::string UntrustedText::ForPerson() const { return Visible(text_, {.keep_newlines = true}); }

std::string RemoveInvisible(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    const std::string_view bytes = text.substr(at, static_cast<size_t>(point.n_bytes));
    at += bytes.size();
    const bool is_line_end = point.value == '\r' || point.value == 0x85 || point.value == 0x2028 ||
                             point.value == 0x2029;
    if (!point.valid) {
      unicode::Append(unicode::kReplacement, &clean);
    } else if (point.value == '\r' && at < text.size() && text[at] == '\n') {
      continue;
    } else if (is_line_end) {
      clean += '\n';
    } else if (point.value == '\n' || point.value == '\t' || IsShown(point.value)) {
      clean += bytes;
    } else if (unicode::IsSpace(point.value) && point.value > 0x20) {
      clean += ' ';
    }
  }
  return clean;
}

std::string CleanForModel(std::string_view text, size_t max_bytes) {
  std::string clean = RemoveInvisible(text);
  if (clean.size() <= max_bytes) return clean;
  const size_t whole = clean.size();
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0U) == 0x80U) --end;
  clean.resize(end);
  return clean + fmt::format("\n[cut after {} of {} bytes]", end, whole);
}

json::Json CleanSchema(const json::Json& schema) {
  json::Json clean = schema;
  CleanTexts(&clean);
  return clean;
}

std::string Visible(std::string_view text, const VisibleOptions& options) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const unicode::CodePoint point = unicode::Decode(text, at);
    const std::string_view bytes = text.substr(at, static_cast<size_t>(point.n_bytes));
    at += bytes.size();
    if (!point.valid) {
      for (const char byte : bytes) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else if (point.value == '\\') {
      out += options.double_backslash ? "\\\\" : "\\";
    } else if (IsShown(point.value)) {
      out += bytes;
    } else {
      out += EscapeOf(point.value, options);
    }
  }
  return out;
}

bool IsPlainlyVisible(std::string_view text) {
  return Visible(text, {.double_backslash = false}) == text;
}

}  // namespace weir::catalog
