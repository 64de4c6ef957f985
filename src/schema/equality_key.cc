#include "schema/equality_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/decimal.h"

namespace weir::schema {
namespace {

using json::Json;

void AppendText(std::string& out, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "s{}:", text.size());
  out += text;
}

void AppendKey(std::string& out, const Json& value) {
  if (value.is_number()) {
    const Decimal decimal = ToDecimal(value);
    fmt::format_to(std::back_inserter(out), "{}{}e{};", decimal.negative ? '-' : '+',
                   decimal.digits, decimal.exponent);
  } else if (value.is_string()) {
    AppendText(out, value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    out.push_back('[');
    for (const Json& item : value) AppendKey(out, item);
    out.push_back(']');
  } else if (value.is_object()) {
    std::vector<std::pair<std::string_view, const Json*>> members;
    for (const auto& item : value.items()) members.emplace_back(item.key(), &item.value());
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out.push_back('{');
    for (const auto& [name, member] : members) {
      AppendText(out, name);
      AppendKey(out, *member);
    }
    out.push_back('}');
  } else {
    out.push_back(value.is_null() ? 'n' : (value.get<bool>() ? 't' : 'f'));
  }
}

}  // namespace

std::string EqualityKey(const Json& value) {
  std::string key;
  AppendKey(key, value);
  return key;
}

}  // namespace weir::schema
