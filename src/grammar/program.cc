#include "grammar/program.h"

#include <algorithm>

namespace weir::grammar {

bool LiteralSet::Extend(Position& position, char byte) const {
  const size_t n = position.n_bytes;
  // -1 where a text ends, which sorts first.
  const auto byte_at = [&](const std::string& text) {
    return n < text.size() ? static_cast<int>(static_cast<uint8_t>(text[n])) : -1;
  };
  const int wanted = static_cast<uint8_t>(byte);
  const auto begin = texts.begin();
  const auto first =
      std::partition_point(begin + position.first, begin + position.last,
                           [&](const std::string& t) { return byte_at(t) < wanted; });
  const auto last = std::partition_point(
      first, begin + position.last, [&](const std::string& t) { return byte_at(t) == wanted; });
  if (first == last) return false;
  position = {static_cast<uint32_t>(first - begin), static_cast<uint32_t>(last - begin),
              position.n_bytes + 1};
  return true;
}

}  // namespace weir::grammar
