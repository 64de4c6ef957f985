#pragma once
// Where a secret stands in a text, and of what kind it is. Values; any thread.

#include <cstddef>
#include <string_view>

namespace weir::redact {

enum class Kind {
  kAwsKey,  // access key id
  kAwsSecret,
  kGithubToken,
  kGitlabToken,
  kSlackToken,
  kStripeKey,
  kGoogleKey,
  kOpenAiKey,
  kAnthropicKey,
  kNpmToken,
  kPypiToken,
  kSendgridKey,
  kTwilioKey,
  kAzureKey,
  kServiceToken,  // of a service without a kind of its own
  kJwt,
  kPrivateKey,
  kAgeKey,
  kConnectionPassword,  // in a URL or a connection string
  kAuthorization,       // credentials of an HTTP header
  kSession,             // value of a session cookie
  kUrlParameter,
  kCardNumber,
  kIban,
  kPassword,  // assigned to a name such as db_password
  kToken,     // assigned to a name such as api_key
};

// The word in placeholders: "aws-key", "card-number", ... Lower-case letters and '-'.
std::string_view KindName(Kind kind);

struct Finding {
  Kind kind;
  size_t begin;  // byte offsets into the text; begin < end
  size_t end;

  bool operator==(const Finding&) const = default;
};

}  // namespace weir::redact
