#pragma once
// What servers may ask of the person, and nothing else: forms and web pages. Weir declares no roots
// (they would widen what some servers read) and declines sampling.

#include <functional>
#include <stop_token>
#include <string>

#include "mcp_client/handlers.h"
#include "tools/server_question.h"

namespace weir::mcp_host {

// Asks whoever sits in front. Called from a thread of the client, or from that of the call.
using AskPerson =
    std::function<tools::ServerAnswer(const tools::ServerQuestion&, const std::stop_token&)>;

class PersonHandlers : public mcp_client::ClientHandlers {
 public:
  // `server` is the key of the configuration.
  PersonHandlers(std::string server, AskPerson ask)
      : server_(std::move(server)), ask_(std::move(ask)) {}

  mcp_client::HandlerSupport support() const override {
    return {.elicitation_form = true, .elicitation_url = true};
  }
  // Declined without asking: forms with a field that looks as if it wants a secret, and URLs whose
  // host can be read in two ways.
  mcp_client::ElicitAnswer OnElicit(const mcp_client::ElicitRequest& request,
                                    const std::stop_token& stop) override;

 private:
  std::string server_;
  AskPerson ask_;
};

// Whether a form asks for something that is nobody's business but the person's: a password, token,
// key or card number, by the words of its fields. Pure.
bool AsksForSecret(const mcp_client::ElicitRequest& request);

}  // namespace weir::mcp_host
