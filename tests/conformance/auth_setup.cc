#include "tests/conformance/auth_setup.h"

namespace weir::conformance {

Result<std::unique_ptr<net::Authorizer>> AuthorizerFor(const std::string& /*scenario*/,
                                                       const json::Json& /*context*/,
                                                       net::HttpClient& /*http*/) {
  return std::unique_ptr<net::Authorizer>();
}

}  // namespace weir::conformance
