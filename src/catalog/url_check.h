#pragma once
// Which URLs a server may have. Pure; any thread.

#include <string_view>

#include "base/result.h"

namespace weir::catalog {

// https://HOST..., or http:// to a loopback host (127.x.y.z, [::1], localhost). No user name or
// password, no fragment, printable ASCII only, at most 2048 bytes. Error kInvalidArgument says what
// is wrong.
Status CheckServerUrl(std::string_view url);

}  // namespace weir::catalog
