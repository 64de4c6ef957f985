#pragma once
// Watches answer text for a list of calls that lost its start marker (`[f(a=1)]` before an orphan
// end marker, or plain JSON), so that such text is held back while it could still be one and let go
// the moment it can not. Works byte by byte: decisions depend on what was seen, not on how the
// stream was cut. Not thread-safe.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "chat/python_chars.h"

namespace weir::chat {

class OrphanCalls {
 public:
  // `tools` may be null; else only lists whose first call names one of them are held. Not owned.
  explicit OrphanCalls(const std::vector<ToolDefinition>* tools) : tools_(tools) {}

  // Takes answer text, appends to `released` what is certainly no list of calls.
  void Push(std::string_view text, std::string* released);

  // The text held back; empty when nothing could be a list of calls. Ends the watch.
  std::string TakeHeld();
  const std::string& held() const { return held_; }

 private:
  enum class Phase { kIdle, kOpen, kName, kJson, kBody, kClosed };

  bool Step(char c);  // false: not a list of calls
  bool StepOpen(char c);
  bool StepName(char c);
  bool StepJson(char c);
  bool StepBody(char c);

  const std::vector<ToolDefinition>* tools_;
  Phase phase_ = Phase::kIdle;
  std::string held_;
  std::string name_;  // kName: the name so far; kJson: the text since `{`
  int depth_ = 0;     // open brackets
  StringTracker string_;
};

}  // namespace weir::chat
