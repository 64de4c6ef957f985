#include "redact/redactor.h"

#include <string.h>

#include <utility>

#include "redact/chars.h"
#include "redact/detectors.h"
#include "redact/placeholder.h"
#include "redact/scan.h"

namespace weir::redact {
namespace {

// Below this a number is no card.
constexpr size_t kMinNumberBytes = 13;

bool TextHasPlaceholder(std::string_view text) {
  for (size_t at = text.find(kPlaceholderStart); at != std::string_view::npos;
       at = text.find(kPlaceholderStart, at + 1)) {
    if (PlaceholderLength(text.substr(at)) > 0) return true;
  }
  return false;
}

}  // namespace

Redactor::~Redactor() {
  for (auto& [placeholder, secret] : secrets_) ::explicit_bzero(secret.data(), secret.size());
  // Keys of a map are const; a node that was taken out of it is not.
  while (!placeholders_.empty()) {
    auto node = placeholders_.extract(placeholders_.begin());
    ::explicit_bzero(node.key().data(), node.key().size());
  }
}

std::vector<Finding> Redactor::Scan(std::string_view text) {
  std::vector<Finding> findings;
  (void)ScanFrom(text, 0, /*final=*/true, &findings);
  return findings;
}

std::string Redactor::Redact(std::string_view text) {
  std::string redacted;
  size_t copied = 0;
  for (const Finding& finding : Scan(text)) {
    redacted.append(text.substr(copied, finding.begin - copied));
    redacted +=
        PlaceholderFor(finding.kind, text.substr(finding.begin, finding.end - finding.begin));
    copied = finding.end;
  }
  redacted.append(text.substr(copied));
  return redacted;
}

std::string Redactor::PlaceholderFor(Kind kind, std::string_view secret) {
  std::string key(secret);
  if (const auto known = placeholders_.find(key); known != placeholders_.end()) {
    ::explicit_bzero(key.data(), key.size());
    return known->second;
  }
  if (secrets_.size() >= limits_.max_secrets ||
      secret.size() > limits_.max_secret_bytes - secret_bytes_) {
    return MakePlaceholder(kind, 0);
  }
  secret_bytes_ += secret.size();
  std::string placeholder = MakePlaceholder(kind, static_cast<uint32_t>(secrets_.size() + 1));
  secrets_.emplace(placeholder, key);
  placeholders_.emplace(std::move(key), placeholder);
  return placeholder;
}

std::string Redactor::RedactValue(std::string_view key, std::string_view text) {
  Kind kind{};
  if (EndsWithAnyCase(key, "authorization")) {
    constexpr std::string_view kHeader = "authorization: ";
    return Redact(std::string(kHeader).append(text)).substr(kHeader.size());
  }
  if (!IsAssignedSecret(key, text, &kind)) return Redact(text);
  // A kind that the value itself shows says more than the name does.
  const std::vector<Finding> findings = Scan(text);
  const bool one = findings.size() == 1 && findings[0].begin == 0 && findings[0].end == text.size();
  return PlaceholderFor(one ? findings[0].kind : kind, text);
}

json::Json Redactor::RedactUnder(std::string_view key, const json::Json& value) {
  if (value.is_object()) return RedactObject(value);
  if (value.is_array()) {
    json::Json redacted = json::Json::array();
    for (const json::Json& item : value) redacted.push_back(RedactUnder(key, item));
    return redacted;
  }
  if (value.is_string()) return RedactValue(key, value.get_ref<const std::string&>());
  if (value.is_number_integer()) {
    const std::string digits = json::Dump(value);
    if (digits.size() < kMinNumberBytes) return value;
    std::string redacted = Redact(digits);
    if (redacted != digits) return redacted;
  }
  return value;
}

json::Json Redactor::RedactObject(const json::Json& object) {
  json::Json redacted = json::Json::object();
  for (const auto& [key, value] : object.items()) {
    std::string name = Redact(key);
    // Only beyond the limits can two secrets have one placeholder; neither member is lost.
    while (redacted.contains(name)) name += '\'';
    redacted[name] = RedactUnder(key, value);
  }
  return redacted;
}

json::Json Redactor::RedactJson(const json::Json& value) { return RedactUnder("", value); }

Result<std::string> Redactor::Reveal(std::string_view placeholder) const {
  const auto found = secrets_.find(std::string(placeholder));
  if (found == secrets_.end()) {
    return MakeError(ErrorCode::kNotFound,
                     "'{}' stands for no secret of this run; use a placeholder that a tool result "
                     "of this run shows, exactly as it is written",
                     placeholder);
  }
  return found->second;
}

Result<std::string> Redactor::RevealText(std::string_view text) const {
  std::string revealed;
  while (!text.empty()) {
    const size_t at = text.find(kPlaceholderStart);
    revealed.append(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const size_t length = PlaceholderLength(text);
    if (length == 0) {
      revealed.append(kPlaceholderStart);
      text.remove_prefix(kPlaceholderStart.size());
      continue;
    }
    ASSIGN_OR_RETURN(const std::string secret, Reveal(text.substr(0, length)));
    revealed += secret;
    text.remove_prefix(length);
  }
  return revealed;
}

Result<json::Json> Redactor::RevealArguments(const json::Json& arguments) const {
  if (arguments.is_string()) {
    ASSIGN_OR_RETURN(std::string text, RevealText(arguments.get_ref<const std::string&>()));
    return json::Json(std::move(text));
  }
  if (!arguments.is_structured()) return arguments;
  json::Json revealed = arguments.is_array() ? json::Json::array() : json::Json::object();
  for (const auto& [key, value] : arguments.items()) {
    ASSIGN_OR_RETURN(json::Json item, RevealArguments(value));
    if (arguments.is_array()) {
      revealed.push_back(std::move(item));
      continue;
    }
    ASSIGN_OR_RETURN(const std::string name, RevealText(key));
    revealed[name] = std::move(item);
  }
  return revealed;
}

bool Redactor::HasPlaceholder(const json::Json& arguments) {
  if (arguments.is_string()) return TextHasPlaceholder(arguments.get_ref<const std::string&>());
  if (!arguments.is_structured()) return false;
  for (const auto& [key, value] : arguments.items()) {
    if ((arguments.is_object() && TextHasPlaceholder(key)) || HasPlaceholder(value)) return true;
  }
  return false;
}

}  // namespace weir::redact
