#pragma once
// What a request may hold, how often it may be sent, and where a redirect may lead it. Pure; any
// thread.

#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"
#include "net/url.h"

namespace weir::net {

// RFC 9110's token: the form of methods and of names of headers.
bool IsToken(std::string_view text);

// Method and headers; the URL is ParseUrl's. Refuses line ends and other controls, which would let
// a value become a header of its own, and the headers that the client sets itself. Errors are
// kInvalidArgument and name the header, not its value.
Status CheckRequest(const HttpRequest& request);

// A method that has no effect, so that a request may be sent twice.
bool IsSafeMethod(std::string_view method);

// Where the response sends a request to `from`, if that may be followed: to http or https, not from
// https to http, and no body to another origin.
std::optional<Url> RedirectTarget(const HttpRequest& request, const Url& from,
                                  const HttpResponse& head);

// The request as it goes to `to` after a response with `status`. Another origin gets no header that
// could be meant for the first.
HttpRequest Redirected(const HttpRequest& request, const Url& from, const Url& to, int status);

}  // namespace weir::net
