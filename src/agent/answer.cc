#include "agent/answer.h"

namespace weir::agent {

bool IsQuestion(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return false;
  text = text.substr(0, end + 1);
  return text.ends_with('?') || text.ends_with("？");
}

}  // namespace weir::agent
