#pragma once
// Who proves what in a scenario of the conformance suite.

#include <memory>
#include <string>

#include "base/result.h"
#include "json/json.h"
#include "net/authorizer.h"
#include "net/http_client.h"

namespace weir::conformance {

// Null where the scenario needs no authorization. `http` outlives the authorizer.
Result<std::unique_ptr<net::Authorizer>> AuthorizerFor(const std::string& scenario,
                                                       const json::Json& context,
                                                       net::HttpClient& http);

}  // namespace weir::conformance
