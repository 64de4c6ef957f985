#include "mcp_client/line_framer.h"

#include <algorithm>

namespace weir::mcp_client {
namespace {

tl::unexpected<Error> TooLong(size_t max_bytes) {
  return MakeError(ErrorCode::kResourceExhausted,
                   "the MCP server wrote a line of more than {} bytes", max_bytes);
}

}  // namespace

Status LineFramer::TakeLine(std::string_view line, const LineHandler& on_line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() > max_line_bytes_) return TooLong(max_line_bytes_);
  return on_line(line);
}

Status LineFramer::Hold(std::string_view bytes) {
  // One more for a carriage return.
  if (held_.size() + bytes.size() > max_line_bytes_ + 1) return TooLong(max_line_bytes_);
  // Grown by hand, so that it is never twice the longest line.
  const size_t needed = held_.size() + bytes.size();
  if (needed > held_.capacity()) {
    held_.reserve(std::max(needed, std::min(2 * held_.capacity(), max_line_bytes_ + 1)));
  }
  held_ += bytes;
  return {};
}

Status LineFramer::Push(std::string_view bytes, const LineHandler& on_line) {
  while (broken_ && !bytes.empty()) {
    const size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) {
      broken_ = Hold(bytes);
      break;
    }
    const std::string_view end = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (held_.empty()) {
      broken_ = TakeLine(end, on_line);
      continue;
    }
    broken_ = Hold(end);
    if (broken_) broken_ = TakeLine(held_, on_line);
    // A long line does not stay held.
    held_ = std::string();
  }
  return broken_;
}

}  // namespace weir::mcp_client
