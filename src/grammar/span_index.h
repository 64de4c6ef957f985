#pragma once
// The legal spans of a text, as a set of strings that can be followed byte by byte.
//
// A span starts at the start of the text, after white space, or after an opening quote or bracket;
// it ends at the end of the text, before white space, or before a closing quote, bracket or
// sentence mark. It is not empty and neither begins nor ends with white space. The exact characters
// are in span_index.cc and docs/structured-output.md. A partly written span is a range of the legal
// starts sorted by what follows them: all those whose text begins with the bytes written so far.
// Immutable after construction; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "grammar/syntax.h"
#include "schema/schema.h"

namespace weir::grammar {

class SpanIndex {
 public:
  // Starts [first, last) of the sorted order share their first `n_bytes` bytes.
  struct Position {
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t n_bytes = 0;

    bool operator==(const Position&) const = default;
  };

  // Spans of `text` with a number of characters within `length` and at most `max_bytes` bytes. A
  // span holds no control character but newline, CR and tab, and only valid UTF-8.
  SpanIndex(std::string text, schema::CountRange length, size_t max_bytes);

  bool empty() const { return starts_.empty(); }
  Position Begin() const { return {0, static_cast<uint32_t>(starts_.size()), 0}; }

  // Appends a byte; false (and no change) when no span continues with it.
  bool Extend(Position& position, char byte) const;

  // Whether a span ends here.
  bool CanEnd(const Position& position) const;

 private:
  struct Start {
    uint32_t offset;
    uint32_t reach;  // bytes of the longest legal span from here
  };

  int ByteAt(const Start& start, uint32_t n) const;
  bool IsSpan(uint32_t begin, uint32_t end) const;

  std::string text_;
  schema::CountRange length_;
  size_t max_bytes_;
  std::vector<bool> ends_;         // [size + 1] whether a span may end before this byte
  std::vector<uint32_t> n_chars_;  // [size + 1] characters before this byte
  std::vector<Start> starts_;      // sorted by the text from their offset
};

}  // namespace weir::grammar
