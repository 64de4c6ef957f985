#include "oauth/system_browser.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/printable.h"
#include "net/url.h"
#include "oauth/redirect_listener.h"
#include "oauth/sign_in_text.h"
#include "platform/files.h"

namespace weir::oauth {
namespace {

// In the grandchild: only what may be called between fork and exec. 0, 1 and 2 become /dev/null,
// every other descriptor is closed by exec or here.
[[noreturn]] void BecomeProgram(const char* program, char* const* argv, char* const* env) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) ::_exit(127);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
  ::close_range(3, ~0U, 0);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, argv, env);
  ::_exit(127);
}

class SystemVisit : public BrowserVisit {
 public:
  SystemVisit(SignInPrompt& prompt, const SystemBrowserOptions& options, RedirectListener listener)
      : prompt_(prompt), options_(options), listener_(std::move(listener)) {}

  const std::string& redirect_uri() const override { return listener_.redirect_uri(); }

  Result<std::string> Go(const SignIn& sign_in, const std::stop_token& stop) override {
    ASSIGN_OR_RETURN(const bool may_open, prompt_.MayOpen(SignInText(sign_in), stop));
    if (!may_open)
      return MakeError(ErrorCode::kPermissionDenied, "you did not want to sign in to '{}'",
                       Printable(sign_in.issuer));
    if (const Status opened = OpenUrl(options_.program, sign_in.url); !opened)
      prompt_.Tell(opened.error().message + "; open the address above by hand\n");
    return listener_.Wait(sign_in.state, options_.timeout, stop);
  }

 private:
  SignInPrompt& prompt_;
  const SystemBrowserOptions& options_;
  RedirectListener listener_;
};

}  // namespace

Status OpenUrl(const std::string& program, const std::string& url) {
  RETURN_IF_ERROR(net::ParseUrl(url));
  if (::access(program.c_str(), X_OK) != 0)
    return MakeError(ErrorCode::kNotFound, "'{}' is not there to open a browser", program);
  std::string name = program;
  std::string argument = url;
  const std::array<char*, 3> argv = {name.data(), argument.data(), nullptr};
  const pid_t child = ::fork();
  if (child < 0) return MakeError(platform::SystemError(errno, "no process to open a browser"));
  if (child == 0) {
    // Its own child is nobody's to wait for.
    const pid_t grandchild = ::fork();
    if (grandchild == 0) BecomeProgram(name.c_str(), argv.data(), environ);
    ::_exit(grandchild < 0 ? 1 : 0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return MakeError(ErrorCode::kUnavailable, "'{}' could not be started", program);
  return {};
}

Result<std::unique_ptr<BrowserVisit>> SystemBrowser::Open(const std::string& wanted_redirect_uri) {
  const Result<net::Url> wanted = net::ParseUrl(wanted_redirect_uri);
  ASSIGN_OR_RETURN(RedirectListener listener, RedirectListener::Open(wanted ? wanted->port : 0));
  return std::make_unique<SystemVisit>(prompt_, options_, std::move(listener));
}

}  // namespace weir::oauth
