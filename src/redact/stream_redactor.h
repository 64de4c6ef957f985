#pragma once
// Redacts a text that comes in pieces: the output of a process, a file that is too large to hold.
//
// The pieces put together give what Redactor::Redact gives for the whole text, however it was cut.
// A line is held back until it ends or is longer than any secret that is looked for, so at most
// 48 KiB are held, and a private key until its end. One thread at a time.

#include <string>
#include <string_view>

#include "redact/redactor.h"

namespace weir::redact {

class StreamRedactor {
 public:
  // `redactor` gives the placeholders and outlives this object.
  explicit StreamRedactor(Redactor& redactor) : redactor_(redactor) {}

  // Takes the next bytes; returns what is decided by now, which may be empty.
  std::string Push(std::string_view chunk);
  // Ends the text: returns the rest. Afterwards a new text may begin.
  std::string Finish();

 private:
  std::string Release(bool final);

  Redactor& redactor_;
  std::string text_;    // what is not decided yet, and the bytes before that detectors look back on
  size_t decided_ = 0;  // bytes of text_ that were given out
};

}  // namespace weir::redact
