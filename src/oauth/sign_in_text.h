#pragma once
// What a person reads before an authorization server is opened. Pure; any thread.

#include <string>

#include "oauth/browser.h"

namespace weir::oauth {

// Several lines, made by Weir alone: for which MCP server, where the sign-in happens (the host
// said apart, with a warning for punycode and for plain http), which rights are asked for, and the
// full URL. What strangers wrote is shown with every invisible or non-ASCII character replaced.
std::string SignInText(const SignIn& sign_in);

}  // namespace weir::oauth
