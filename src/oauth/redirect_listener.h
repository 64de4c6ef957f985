#pragma once
// The place on this machine that an authorization server sends a person back to (RFC 8252, section
// 7.3): one path on 127.0.0.1, open for the time of one sign-in, and blind to everything else.

#include <chrono>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::oauth {

// One thread at a time.
class RedirectListener {
 public:
  // On `wanted_port` if that is above 0 and free, else on a port that the system chooses. Error
  // kUnavailable when there is none.
  static Result<RedirectListener> Open(int wanted_port);

  // http://127.0.0.1:PORT/callback
  const std::string& redirect_uri() const { return redirect_uri_; }

  // Waits for a GET of that path with exactly this Host and `state`, tells the person to come back
  // here, and returns the whole URL. Every other request is refused and changes nothing: a page
  // that somebody else opens can not end the sign-in. Errors: kDeadlineExceeded, kCancelled.
  Result<std::string> Wait(const std::string& state, std::chrono::milliseconds timeout,
                           const std::stop_token& stop);

 private:
  RedirectListener(UniqueFd fd, int port);

  UniqueFd fd_;
  std::string authority_;  // 127.0.0.1:PORT
  std::string redirect_uri_;
};

}  // namespace weir::oauth
