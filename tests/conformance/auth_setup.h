#pragma once
// What the conformance client needs where a scenario's server wants a token: an authorizer whose
// person is a program that says yes to everything at once.

#include <memory>
#include <string>

#include "base/result.h"
#include "net/authorizer.h"
#include "net/http_client.h"

namespace weir::conformance {

// Owns all that its authorizer borrows but the HTTP client.
class AuthSetup {
 public:
  virtual ~AuthSetup() = default;
  virtual net::Authorizer& authorizer() = 0;
};

// `scenario` and `context` as the suite gives them: "auth/..." and a JSON text, or "". `http`
// outlives what is returned. Error: a context without what the scenario needs.
Result<std::unique_ptr<AuthSetup>> MakeAuthSetup(const std::string& scenario,
                                                 const std::string& context,
                                                 const std::string& server_url,
                                                 net::HttpClient& http);

}  // namespace weir::conformance
