#pragma once
// Cuts a stream of text into markers and the text between them, holding back the shortest tail that
// could still become a marker. Not thread-safe.

#include <string>
#include <string_view>
#include <vector>

namespace weir::chat {

enum class Marker {
  kNone,
  kThinkStart,  // <think>
  kThinkEnd,    // </think>
  kCallStart,   // <|tool_call_start|>
  kCallEnd,     // <|tool_call_end|>
  kTurnEnd,     // <|im_end|>, <|endoftext|>
};

// The marker that is spelled exactly `text`; kNone if there is none.
Marker MarkerFromText(std::string_view text);

class MarkerSplitter {
 public:
  struct Piece {
    Marker marker = Marker::kNone;  // kNone: plain text
    std::string text;               // as it stood in the stream
  };

  std::vector<Piece> Push(std::string_view text);
  // What was held back; it is plain text now.
  std::string Finish();

 private:
  std::string held_;  // a proper prefix of a marker, or empty
};

}  // namespace weir::chat
