#pragma once
// Signing in with the person at this machine: asks first, opens the person's browser, and waits on
// 127.0.0.1 for the answer.

#include <chrono>
#include <memory>
#include <string>

#include "oauth/browser.h"

namespace weir::oauth {

// The person. Implemented by the front end.
class SignInPrompt {
 public:
  virtual ~SignInPrompt() = default;
  // Shows `text` in full and asks. Anything but a clear yes is a no.
  virtual Result<bool> MayOpen(const std::string& text, const std::stop_token& stop) = 0;
  // Says something that needs no answer.
  virtual void Tell(const std::string& text) = 0;
};

// Opens a URL in the person's browser: runs PROGRAM with the URL as its one argument, without a
// shell, away from our terminal and process group. The URL must be http or https. Errors:
// kInvalidArgument, kNotFound (no such program), kUnavailable. Does not wait. Any thread.
Status OpenUrl(const std::string& program, const std::string& url);

struct SystemBrowserOptions {
  std::string program = "/usr/bin/xdg-open";
  std::chrono::milliseconds timeout = std::chrono::minutes(5);
};

// `prompt` is borrowed. Any thread; the prompt is asked by the thread that signs in.
class SystemBrowser : public Browser {
 public:
  explicit SystemBrowser(SignInPrompt& prompt, SystemBrowserOptions options = {})
      : prompt_(prompt), options_(std::move(options)) {}

  Result<std::unique_ptr<BrowserVisit>> Open(const std::string& wanted_redirect_uri) override;

 private:
  SignInPrompt& prompt_;
  const SystemBrowserOptions options_;
};

}  // namespace weir::oauth
