#include "mcp_host/person_handlers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/host.h"
#include "tools/text.h"

namespace weir::mcp_host {
namespace {

constexpr auto kSecretWords = std::to_array<std::string_view>(
    {"password", "passwd", "passphrase", "passcode", "secret", "token", "apikey", "credential",
     "privatekey", "accesskey", "cardnumber", "creditcard", "cvv", "cvc", "pincode", "onetimecode",
     "seedphrase"});

// Lower case without what separates words, so that "API-Key" and "api key" are one.
std::string Squeezed(const std::string& text) {
  std::string squeezed = tools::FoldCase(text);
  std::erase_if(squeezed, [](char c) { return c == ' ' || c == '-' || c == '_' || c == '.'; });
  return squeezed;
}

bool NamesSecret(const std::string& text) {
  const std::string squeezed = Squeezed(text);
  return std::any_of(kSecretWords.begin(), kSecretWords.end(), [&](std::string_view word) {
    return squeezed.find(word) != std::string::npos;
  });
}

tools::QuestionField FieldOf(const mcp_client::ElicitField& field) {
  using From = mcp_client::ElicitField::Kind;
  using To = tools::QuestionField::Kind;
  constexpr std::array<std::pair<From, To>, 6> kKinds = {{{From::kText, To::kText},
                                                          {From::kNumber, To::kNumber},
                                                          {From::kInteger, To::kInteger},
                                                          {From::kBoolean, To::kBoolean},
                                                          {From::kChoice, To::kChoice},
                                                          {From::kChoices, To::kChoices}}};
  tools::QuestionField out;
  for (const auto& [from, to] : kKinds) {
    if (field.kind == from) out.kind = to;
  }
  out.name = field.name;
  out.label = field.title;
  out.description = field.description;
  out.required = field.required;
  out.default_value = field.default_value;
  out.options = field.options;
  return out;
}

}  // namespace

bool AsksForSecret(const mcp_client::ElicitRequest& request) {
  return std::any_of(request.fields.begin(), request.fields.end(), [](const auto& field) {
    return NamesSecret(field.name) || NamesSecret(field.title) || NamesSecret(field.description);
  });
}

mcp_client::ElicitAnswer PersonHandlers::OnElicit(const mcp_client::ElicitRequest& request,
                                                  const std::stop_token& stop) {
  using Action = mcp_client::ElicitAnswer::Action;
  tools::ServerQuestion question;
  question.server = server_;
  question.message = request.message;
  if (request.mode == mcp_client::ElicitRequest::Mode::kUrl) {
    question.url = request.url;
    const std::optional<std::string> host = policy::HostOfUrl(request.url);
    if (!host) return {.action = Action::kDecline};
    question.host = *host;
  } else {
    if (AsksForSecret(request)) return {.action = Action::kDecline};
    for (const auto& field : request.fields) question.fields.push_back(FieldOf(field));
  }
  const tools::ServerAnswer answer = ask_(question, stop);
  switch (answer.action) {
    case tools::ServerAnswer::Action::kAccept:
      return {.action = Action::kAccept, .content = answer.content};
    case tools::ServerAnswer::Action::kCancel:
      return {.action = Action::kCancel};
    case tools::ServerAnswer::Action::kDecline:
      break;
  }
  return {.action = Action::kDecline};
}

}  // namespace weir::mcp_host
