#pragma once
// Replaces secrets in whatever the model is shown and whatever is stored. docs/redaction.md.
//
// Every secret of a run gets a placeholder such as [secret:aws-key:1], the same for the same bytes.
// Which placeholder stands for what is known to this object alone, in memory, and wiped at its end.
// Reveal is for the arguments of a call that policy lets have them, and for nothing else: no text
// for a model, a log or a screen.
//
// Any bytes are a text, UTF-8 or not. Time is linear in the text; Scan holds nothing but its
// findings. One thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "redact/finding.h"

namespace weir::redact {

struct RedactorLimits {
  // Of the secrets kept for Reveal. One beyond gets the number 0 and can not be revealed.
  size_t max_secrets = 65'536;
  size_t max_secret_bytes = 16u << 20;  // all together
};

class Redactor {
 public:
  explicit Redactor(const RedactorLimits& limits = {}) : limits_(limits) {}
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  // The secrets of `text`, sorted, none over another. Placeholders are no secrets. Pure.
  static std::vector<Finding> Scan(std::string_view text);

  // `text` with its secrets replaced. Doing it twice changes nothing more.
  std::string Redact(std::string_view text);

  // The same for every string, number and key of a JSON value; a string that is the value of a
  // name such as "password" is judged with it.
  json::Json RedactJson(const json::Json& value);

  // The placeholder of `secret`, which was found to be of `kind`.
  std::string PlaceholderFor(Kind kind, std::string_view secret);

  // What a placeholder stands for. Error kNotFound: none of this object.
  Result<std::string> Reveal(std::string_view placeholder) const;

  // The arguments of a call with every placeholder in a string or key replaced by its secret. Error
  // kNotFound for a placeholder that is none of this object: the call must not run with it.
  Result<json::Json> RevealArguments(const json::Json& arguments) const;
  // True when there is a placeholder anywhere in the arguments: what policy decides on.
  static bool HasPlaceholder(const json::Json& arguments);

  size_t n_secrets() const { return secrets_.size(); }

 private:
  std::string RedactValue(std::string_view key, std::string_view text);
  json::Json RedactUnder(std::string_view key, const json::Json& value);
  json::Json RedactObject(const json::Json& object);
  Result<std::string> RevealText(std::string_view text) const;

  RedactorLimits limits_;
  size_t secret_bytes_ = 0;
  std::unordered_map<std::string, std::string> placeholders_;  // by secret
  std::unordered_map<std::string, std::string> secrets_;       // by placeholder
};

}  // namespace weir::redact
