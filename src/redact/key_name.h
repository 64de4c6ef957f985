#pragma once
// Whether a name is one that secrets have: db_password, GITHUB_TOKEN, "apiKey", --client-secret.
// The end of the name decides: token_count and password_hint are none. Pure; any thread.

#include <string_view>

namespace weir::redact {

enum class KeyClass {
  kNone,
  kPassword,   // chosen by a person: short values count too
  kToken,      // made by a machine
  kAwsSecret,  // of an AWS access key
  kAzureKey,
  kSession,    // a session cookie
  kParameter,  // a secret only as a parameter of a URL
};

KeyClass ClassifyKey(std::string_view name);

}  // namespace weir::redact
