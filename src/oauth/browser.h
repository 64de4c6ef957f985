#pragma once
// Who takes a person to an authorization server and brings the answer back. Interfaces.

#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "oauth/scopes.h"

namespace weir::oauth {

struct SignIn {
  std::string url;         // to open, in full
  std::string server_url;  // the MCP server that the tokens are for
  std::string issuer;      // who signs the person in
  Scopes scopes;
  std::string state;  // what the answer must hold to be one
};

// One sign-in. The place that the person is sent back to is open as long as this lives.
class BrowserVisit {
 public:
  virtual ~BrowserVisit() = default;
  virtual const std::string& redirect_uri() const = 0;
  // Opens the URL and waits. Returns the whole URL that the person came back with, unchecked.
  // Errors: kPermissionDenied when the person said no, kDeadlineExceeded, kCancelled.
  virtual Result<std::string> Go(const SignIn& sign_in, const std::stop_token& stop) = 0;
};

class Browser {
 public:
  virtual ~Browser() = default;
  // `wanted_redirect_uri` is where an earlier visit was sent back to, or empty; the new one may
  // have to be another.
  virtual Result<std::unique_ptr<BrowserVisit>> Open(const std::string& wanted_redirect_uri) = 0;
};

// Who vouches for us where nobody signs in (RFC 7523): a workload's platform, or the identity
// provider of a company.
class AssertionSource {
 public:
  virtual ~AssertionSource() = default;
  // A signed assertion for `issuer` about access to `resource`. A secret.
  virtual Result<std::string> Assertion(const std::string& issuer, const std::string& resource,
                                        const std::stop_token& stop) = 0;
};

}  // namespace weir::oauth
