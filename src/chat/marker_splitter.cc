#include "chat/marker_splitter.h"

#include <array>
#include <utility>

namespace weir::chat {
namespace {

constexpr std::array<std::pair<std::string_view, Marker>, 6> kMarkers = {{
    {"<think>", Marker::kThinkStart},
    {"</think>", Marker::kThinkEnd},
    {"<|tool_call_start|>", Marker::kCallStart},
    {"<|tool_call_end|>", Marker::kCallEnd},
    {"<|im_end|>", Marker::kTurnEnd},
    {"<|endoftext|>", Marker::kTurnEnd},
}};

bool IsPrefixOfMarker(std::string_view text) {
  for (const auto& [spelling, marker] : kMarkers) {
    if (spelling.starts_with(text)) return true;
  }
  return false;
}

}  // namespace

Marker MarkerFromText(std::string_view text) {
  for (const auto& [spelling, marker] : kMarkers) {
    if (spelling == text) return marker;
  }
  return Marker::kNone;
}

std::vector<MarkerSplitter::Piece> MarkerSplitter::Push(std::string_view text) {
  std::vector<Piece> pieces;
  std::string plain;
  const auto flush_plain = [&] {
    if (!plain.empty()) pieces.push_back(Piece{Marker::kNone, std::exchange(plain, {})});
  };
  for (const char c : text) {
    if (c == '<' || !held_.empty()) {
      held_.push_back(c);
    } else {
      plain.push_back(c);
      continue;
    }
    if (const Marker marker = MarkerFromText(held_); marker != Marker::kNone) {
      flush_plain();
      pieces.push_back(Piece{marker, std::exchange(held_, {})});
    } else if (!IsPrefixOfMarker(held_)) {
      // Only a marker's first byte is '<', so nothing but `c` itself can begin another one.
      held_.pop_back();
      plain += std::exchange(held_, {});
      (c == '<' ? held_ : plain).push_back(c);
    }
  }
  flush_plain();
  return pieces;
}

std::string MarkerSplitter::Finish() { return std::exchange(held_, {}); }

}  // namespace weir::chat
