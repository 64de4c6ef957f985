#pragma once
// Text of a stranger's file as it may stand in an error message. Pure; any thread.

#include <string>
#include <string_view>

namespace weir {

// `text` with everything but printable ASCII replaced by '?', cut after 80 characters.
std::string Printable(std::string_view text);

}  // namespace weir
