#include "schema/messages.h"

#include <algorithm>

namespace weir::schema {
namespace {

constexpr size_t kShownBytes = 60;
constexpr size_t kShortBytes = 200;

// Whole characters of `text`, and dots if there are more.
std::string CutTo(size_t end, std::string_view text) {
  if (text.size() <= end) return std::string(text);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

std::string Show(const json::Json& value) { return CutTo(kShownBytes, json::Dump(value)); }

std::string Short(std::string_view text) { return CutTo(kShortBytes, text); }

std::string ShowList(const std::vector<json::Json>& values) {
  std::string list;
  for (const json::Json& value : values) {
    if (list.size() > 4 * kShownBytes) {
      list += ", ...";
      break;
    }
    list += (list.empty() ? "" : ", ") + Show(value);
  }
  return list;
}

std::string KindNames(KindSet kinds) {
  std::string names;
  const auto add = [&](std::string_view name) {
    if (!names.empty()) names += " or ";
    names += name;
  };
  if (kinds & kNull) add("null");
  if (kinds & kBoolean) add("boolean");
  if (kinds & kFraction) {
    add("number");
  } else if (kinds & kInteger) {
    add("integer");
  }
  if (kinds & kString) add("string");
  if (kinds & kArray) add("array");
  if (kinds & kObject) add("object");
  return names.empty() ? "nothing" : names;
}

int64_t CountChars(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace weir::schema
