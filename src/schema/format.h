#pragma once
// The `format` keyword: date, time, date-time, email, uri, uuid, ipv4, ipv6, hostname. Other names
// are annotations and accept everything. Pure; any thread.

#include <string_view>

namespace weir::schema {

bool MatchesFormat(std::string_view format, std::string_view text);

}  // namespace weir::schema
