#pragma once
// Cuts a stream of bytes into lines, however the bytes come, and never holds more than one line of
// the permitted length. One thread at a time.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::mcp_client {

class LineFramer {
 public:
  // Gets a line without its newline and without a carriage return before that; valid for the call.
  // An error ends the framing.
  using LineHandler = std::function<Status(std::string_view line)>;

  explicit LineFramer(size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // Hands over every line that is whole now. What follows the last newline waits for more, and is
  // no line if there is none. Errors: that of the handler, or kResourceExhausted when a line is
  // longer than permitted; every later call says the same.
  Status Push(std::string_view bytes, const LineHandler& on_line);

 private:
  Status TakeLine(std::string_view line, const LineHandler& on_line);
  Status Hold(std::string_view bytes);

  const size_t max_line_bytes_;
  std::string held_;  // the beginning of a line
  Status broken_;
};

}  // namespace weir::mcp_client
