#include "app/server_sign_in.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "app/escape.h"
#include "app/interrupt.h"
#include "app/wrap.h"
#include "base/clock.h"

namespace weir::app {

Result<std::unique_ptr<ServerSignIn>> ServerSignIn::Make(const catalog::ServerConfig& config,
                                                         const std::string& state_folder,
                                                         net::HttpClient& http, Ask ask) {
  if (config.is_program()) return std::unique_ptr<ServerSignIn>();
  for (const auto& [name, value] : config.headers) {
    if (net::EqualsIgnoringCase(name, "Authorization")) return std::unique_ptr<ServerSignIn>();
  }
  std::unique_ptr<ServerSignIn> sign_in(new ServerSignIn(state_folder, std::move(ask)));
  ASSIGN_OR_RETURN(
      sign_in->authorizer_,
      oauth::OAuthAuthorizer::Make({.server_url = config.url}, {.http = http,
                                                                .clock = SystemClock(),
                                                                .store = sign_in->credentials_,
                                                                .browser = &sign_in->browser_}));
  return sign_in;
}

Result<bool> ServerSignIn::MayOpen(const std::string& text, const std::stop_token& stop) {
  return ask_(text, stop);
}

void ServerSignIn::Tell(const std::string& text) { PrintMessage(EscapeForTerminal(text)); }

bool AskAtTerminal(const std::string& text, const std::stop_token& stop) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return false;
  std::fprintf(stderr, "%s\nOpen the browser and sign in? [y/N] ",
               EscapeForTerminal(text, {.keep_newlines = true}).c_str());
  const std::optional<std::string> line = ReadLine(STDIN_FILENO, stop);
  return line && (*line == "y" || *line == "yes");
}

}  // namespace weir::app
