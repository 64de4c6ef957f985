#pragma once
// Signing Weir in at an MCP server behind an address that wants it (OAuth 2.1, docs/mcp.md): the
// person is asked before a browser is opened, and tokens are kept in STATE/credentials.json.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "catalog/config.h"
#include "net/authorizer.h"
#include "net/http_client.h"
#include "oauth/credential_file.h"
#include "oauth/oauth_authorizer.h"
#include "oauth/system_browser.h"

namespace weir::app {

class ServerSignIn : private oauth::SignInPrompt {
 public:
  // Shows `text` and asks whether to go on; anything but a clear yes is false.
  using Ask = std::function<bool(const std::string& text, const std::stop_token& stop)>;

  // `http` outlives the object. Null for a program, and for a server whose Authorization header
  // weir.toml already gives. Errors: those of OAuthAuthorizer::Make.
  static Result<std::unique_ptr<ServerSignIn>> Make(const catalog::ServerConfig& config,
                                                    const std::string& state_folder,
                                                    net::HttpClient& http, Ask ask);

  net::Authorizer* authorizer() { return authorizer_.get(); }

 private:
  ServerSignIn(const std::string& state_folder, Ask ask)
      : ask_(std::move(ask)), credentials_(state_folder), browser_(*this) {}

  Result<bool> MayOpen(const std::string& text, const std::stop_token& stop) override;
  void Tell(const std::string& text) override;

  Ask ask_;
  oauth::CredentialFile credentials_;
  oauth::SystemBrowser browser_;
  std::unique_ptr<oauth::OAuthAuthorizer> authorizer_;
};

// Asks at the terminal that the command was started in; no without one.
bool AskAtTerminal(const std::string& text, const std::stop_token& stop);

}  // namespace weir::app
