#pragma once
// What an MCP server asks the person in front in the middle of a call: a flat form of few fields,
// or a visit to a web page. Every text of it but `server` and `host` is a stranger's: escape to
// show. Values; any thread.

#include <string>
#include <utility>
#include <vector>

#include "json/json.h"

namespace weir::tools {

struct QuestionField {
  enum class Kind { kText, kNumber, kInteger, kBoolean, kChoice, kChoices };

  std::string name;  // the member of the answer
  Kind kind = Kind::kText;
  std::string label;  // what to show; may be empty
  std::string description;
  bool required = false;
  json::Json default_value = nullptr;                        // null: none
  std::vector<std::pair<std::string, std::string>> options;  // value and label, of the choices
};

struct ServerQuestion {
  std::string server;   // its key in weir.toml, never the name that it gives itself
  std::string message;  // of the server
  std::vector<QuestionField> fields;
  std::string url;   // instead of fields: a page to open; Weir never fetches it
  std::string host;  // of the url; empty when it has none that is beyond doubt
};

struct ServerAnswer {
  enum class Action { kAccept, kDecline, kCancel };

  Action action = Action::kDecline;
  json::Json content = nullptr;  // of an accepted form: an object of fields
};

}  // namespace weir::tools
