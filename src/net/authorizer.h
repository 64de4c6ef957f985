#pragma once
// Who proves to a server that a request may be made. OAuth is one (oauth/), a fixed token another.

#include <stop_token>
#include <string>

#include "base/result.h"
#include "net/http_message.h"

namespace weir::net {

class Authorizer {
 public:
  virtual ~Authorizer() = default;

  // The headers to add to a request to `url`; empty when nothing is known yet. Errors: what is
  // known can not be used any more and could not be renewed.
  virtual Result<HttpHeaders> Authorize(const std::string& url, const std::stop_token& stop) = 0;

  // The server answered 401, or 403 with a challenge. Ok: ask Authorize again and repeat the
  // request; the caller repeats as often as it is told to, the authorizer bounds that. Errors say
  // why nothing more can be done.
  virtual Status Refused(const std::string& url, const HttpResponse& response,
                         const std::stop_token& stop) = 0;
};

}  // namespace weir::net
