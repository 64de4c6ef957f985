#pragma once
// What a tool says: the result of a call, and what a call would do. Values; any thread.

#include <string>
#include <vector>

#include "json/json.h"
#include "policy/approved_call.h"

namespace weir::tools {

struct ToolResult {
  bool is_error = false;
  std::string summary;  // one line a model can restate, or the error sentence
  std::string text;     // details after the summary; may be empty
  json::Json data;      // structured form of the same; null when there is none
  std::string undo_id;  // "RUN/000001" when the call can be taken back; else empty

  // What goes into the conversation: summary, then details.
  std::string ForModel() const { return text.empty() ? summary : summary + "\n" + text; }
};

struct Preview {
  bool is_error = false;  // the call would fail as it stands; `body` says why
  std::string action;     // one line rendered by Weir, escaped (EscapeForDisplay in text.h) and
                          // ready to show: "move notes.txt -> archive/notes.txt"
  std::string body;       // a unified diff, or sentences; may be empty. Raw text: escape to show
  bool is_exact = false;  // `body` says all that would change, and nothing else would
  // What the call's targets looked like before the preview was made: an approval of it is bound to
  // them, and Execute refuses when one has changed.
  std::vector<policy::Precondition> preconditions{};
};

// An error as the result that a model gets to see.
ToolResult ErrorResult(const Error& error);

}  // namespace weir::tools
