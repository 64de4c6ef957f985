#pragma once
// Who proves what in a scenario of the conformance suite: an OAuth authorizer whose person is a
// program that agrees to everything at once.

#include <memory>
#include <string>

#include "base/result.h"
#include "json/json.h"
#include "net/authorizer.h"
#include "net/http_client.h"

namespace weir::conformance {

// Null where the scenario needs no authorization. `context` is what the suite hands out. `http`
// outlives the authorizer. Error kInvalidArgument: a URL that is none.
Result<std::unique_ptr<net::Authorizer>> AuthorizerFor(const std::string& scenario,
                                                       const json::Json& context,
                                                       const std::string& server_url,
                                                       net::HttpClient& http);

}  // namespace weir::conformance
