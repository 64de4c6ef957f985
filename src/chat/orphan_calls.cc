#include "chat/orphan_calls.h"

#include <array>
#include <utility>

#include "chat/python_chars.h"
#include "chat/python_reader.h"

namespace weir::chat {
namespace {

// Longer than a list of calls whose start marker was lost has any business to be; text that only
// looks like one waits for no more than this.
constexpr size_t kMaxHeldBytes = 16u << 10;
constexpr size_t kMaxNameBytes = 128;

// The first key of a call in JSON form, quote included.
constexpr std::array<std::string_view, 5> kFirstKeys = {"\"name\"", "\"arguments\"",
                                                        "\"parameters\"", "\"type\"", "\"id\""};

}  // namespace

void OrphanCalls::Push(std::string_view text, std::string* released) {
  for (const char c : text) {
    if (phase_ == Phase::kIdle && c != '[' && c != '{') {
      released->push_back(c);
      continue;
    }
    if (phase_ != Phase::kIdle && !(held_.size() < kMaxHeldBytes && Step(c))) {
      *released += TakeHeld();
      if (c != '[' && c != '{') {
        released->push_back(c);
        continue;
      }
    }
    if (phase_ == Phase::kIdle) {
      phase_ = c == '[' ? Phase::kOpen : Phase::kJson;
      depth_ = 1;
    }
    held_.push_back(c);
  }
}

std::string OrphanCalls::TakeHeld() {
  phase_ = Phase::kIdle;
  name_.clear();
  depth_ = 0;
  string_ = {};
  return std::exchange(held_, {});
}

bool OrphanCalls::Step(char c) {
  switch (phase_) {
    case Phase::kOpen:
      return StepOpen(c);
    case Phase::kName:
      return StepName(c);
    case Phase::kJson:
      return StepJson(c);
    case Phase::kBody:
      return StepBody(c);
    case Phase::kClosed:
      return IsSpace(c);
    case Phase::kIdle:
      break;
  }
  return false;
}

// Behind "[".
bool OrphanCalls::StepOpen(char c) {
  if (IsSpace(c)) return true;
  if (c == '{') {
    phase_ = Phase::kJson;
    ++depth_;
    return true;
  }
  phase_ = Phase::kName;
  return IsToolNameChar(c) && StepName(c);
}

// Within the name of the first call.
bool OrphanCalls::StepName(char c) {
  if (c == '(') {
    phase_ = Phase::kBody;
    ++depth_;
    return !name_.empty() && (tools_ == nullptr || FindTool(tools_, name_, true) != nullptr);
  }
  name_.push_back(c);
  return IsToolNameChar(c) && name_.size() <= kMaxNameBytes;
}

// Within the first key of the first object.
bool OrphanCalls::StepJson(char c) {
  if (name_.empty() && IsSpace(c)) return true;
  name_.push_back(c);
  for (const std::string_view key : kFirstKeys) {
    if (key == name_) phase_ = Phase::kBody;
    if (key.starts_with(name_)) return true;
  }
  return false;
}

// Behind that, by brackets and strings alone, up to the bracket that closes the list.
bool OrphanCalls::StepBody(char c) {
  string_.Step(c);
  if (string_.inside()) return true;
  if (c == '(' || c == '[' || c == '{') ++depth_;
  if (c == ')' || c == ']' || c == '}') --depth_;
  if (depth_ == 0) phase_ = Phase::kClosed;
  return true;
}

}  // namespace weir::chat
