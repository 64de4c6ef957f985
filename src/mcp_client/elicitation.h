#pragma once
// A server's question to the person: a flat form of few fields (form mode), or a web page to visit
// (URL mode). What is asked comes from a stranger: whoever shows it names the server, and never
// enters secrets into a form.
//
// Pure; any thread.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace weir::mcp_client {

struct ElicitField {
  enum class Kind { kText, kNumber, kInteger, kBoolean, kChoice, kChoices };

  std::string name;
  Kind kind = Kind::kText;
  std::string title = {};
  std::string description = {};
  bool required = false;
  json::Json default_value = nullptr;  // null: none; else valid for the field
  // Of kChoice and kChoices: the value and how it is shown.
  std::vector<std::pair<std::string, std::string>> options = {};
  json::Json schema = nullptr;  // as it was sent
};

struct ElicitRequest {
  enum class Mode { kForm, kUrl };

  Mode mode = Mode::kForm;
  std::string message;
  std::vector<ElicitField> fields;  // form mode
  std::string url;                  // URL mode: http or https; to be shown whole, never fetched
  std::string elicitation_id;       // URL mode; empty: none
};

struct ElicitAnswer {
  enum class Action { kAccept, kDecline, kCancel };

  Action action = Action::kDecline;
  json::Json content = nullptr;  // of an accepted form: an object of fields
};

// Errors: kInvalidArgument for what is no such question, naming the field.
Result<ElicitRequest> ParseElicitRequest(const json::Json& params);

// `content` (null: empty) with the defaults of fields that it leaves out (SEP-1034).
json::Json WithDefaults(const std::vector<ElicitField>& fields, json::Json content);

// Error kInvalidArgument names the field that is missing, unknown, or not what the form says.
Status CheckContent(const std::vector<ElicitField>& fields, const json::Json& content);

// The result to send. An accepted form gets its defaults; one that then breaks the form is an error
// (kInvalidArgument).
Result<json::Json> ToJson(const ElicitRequest& request, const ElicitAnswer& answer);

}  // namespace weir::mcp_client
