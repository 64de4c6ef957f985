#include "schema/messages.h"

#include <algorithm>

namespace weir::schema {
namespace {

constexpr size_t kShownBytes = 60;

}  // namespace

std::string Show(const json::Json& value) {
  std::string text = json::Dump(value);
  if (text.size() > kShownBytes) {
    size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end) + "...";
  }
  return text;
}

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
