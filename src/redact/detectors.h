#pragma once
// What the scan asks at one place of a text: does a secret begin exactly here, and how long is it?
//
// A detector sees nothing but the view of its place. Every part of a view is bounded, and all but
// one end with the line, so a text that comes in pieces is judged as the whole text is, and one
// place costs a bounded time. Pure; any thread.

#include <cstddef>
#include <string_view>

#include "redact/finding.h"

namespace weir::redact {

inline constexpr size_t kLookBehindBytes = 256;
inline constexpr size_t kLookAheadBytes = 16384;  // holds a PEM block of an RSA key of 16384 bits

struct View {
  std::string_view before;    // up to the place, at most kLookBehindBytes
  std::string_view line;      // from the place to the end of its line, at most kLookAheadBytes
  std::string_view ahead;     // from the place on, over lines, at most kLookAheadBytes
  bool ahead_is_all = false;  // `ahead` is full or reaches the end of the text
};

struct Match {
  Kind kind = Kind::kToken;
  size_t size = 0;          // bytes from the place on; 0: no secret begins here
  bool needs_more = false;  // can not be judged before `ahead` is longer
};

// A word may begin at the place: nothing word-like and no placeholder stands directly before.
bool AtWordStart(const View& view);
// A word ends at `n` of the line: nothing word-like and no placeholder follows.
bool EndsWordAt(const View& view, size_t n);

Match MatchPrivateKey(const View& view);     // at '-'
Match MatchToken(const View& view);          // at a word start
Match MatchJwt(const View& view);            // at a word start
Match MatchCardNumber(const View& view);     // at a word start
Match MatchIban(const View& view);           // at a word start
Match MatchUrlPassword(const View& view);    // after ':' or '/'
Match MatchAuthorization(const View& view);  // after a blank
Match MatchAssigned(const View& view);       // after a quote, a separator or a blank

// The same judgement for a value that is held apart from its key, as in a JSON document: true when
// `key` is the name of a secret and `value` looks like one.
bool IsAssignedSecret(std::string_view key, std::string_view value, Kind* kind);

}  // namespace weir::redact
