#include "redact/finding.h"

namespace weir::redact {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kAwsKey:
      return "aws-key";
    case Kind::kAwsSecret:
      return "aws-secret";
    case Kind::kGithubToken:
      return "github-token";
    case Kind::kGitlabToken:
      return "gitlab-token";
    case Kind::kSlackToken:
      return "slack-token";
    case Kind::kStripeKey:
      return "stripe-key";
    case Kind::kGoogleKey:
      return "google-key";
    case Kind::kOpenAiKey:
      return "openai-key";
    case Kind::kAnthropicKey:
      return "anthropic-key";
    case Kind::kNpmToken:
      return "npm-token";
    case Kind::kPypiToken:
      return "pypi-token";
    case Kind::kSendgridKey:
      return "sendgrid-key";
    case Kind::kTwilioKey:
      return "twilio-key";
    case Kind::kAzureKey:
      return "azure-key";
    case Kind::kServiceToken:
      return "service-token";
    case Kind::kJwt:
      return "jwt";
    case Kind::kPrivateKey:
      return "private-key";
    case Kind::kAgeKey:
      return "age-key";
    case Kind::kConnectionPassword:
      return "connection-password";
    case Kind::kAuthorization:
      return "authorization";
    case Kind::kSession:
      return "session";
    case Kind::kUrlParameter:
      return "url-parameter";
    case Kind::kCardNumber:
      return "card-number";
    case Kind::kIban:
      return "iban";
    case Kind::kPassword:
      return "password";
    case Kind::kToken:
      return "token";
  }
  return "secret";
}

}  // namespace weir::redact
