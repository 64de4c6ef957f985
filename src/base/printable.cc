#include "base/printable.h"

namespace weir {

std::string Printable(std::string_view text) {
  constexpr size_t kMaxShown = 80;
  std::string out;
  for (const char c : text.substr(0, kMaxShown)) out += c >= ' ' && c < 127 ? c : '?';
  if (text.size() > kMaxShown) out += "...";
  return out;
}

}  // namespace weir
