#include "agent/answer.h"

#include <algorithm>
#include <cctype>

namespace weir::agent {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// A word without the punctuation that a sentence puts around it.
std::string_view Bare(std::string_view word) {
  constexpr std::string_view kAround = ".,;:!?\"'()[]";
  const size_t begin = word.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return word.substr(begin, word.find_last_not_of(kAround) - begin + 1);
}

bool IsFact(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isdigit(c) != 0 || c == '.' || c == '/' || c == '\\' || c == '_' || c >= 0x80;
  });
}

}  // namespace

bool IsQuestion(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  return trimmed.ends_with('?') || trimmed.ends_with("？");
}

std::string Grounded(std::string_view answer, std::string_view result_line) {
  std::string_view rest = Trim(answer);
  if (rest.empty()) return std::string(result_line);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(kWhiteSpace), rest.size());
    const std::string_view word = Bare(rest.substr(0, end));
    if (IsFact(word) && result_line.find(word) == std::string_view::npos) return std::string(result_line);
    rest = Trim(rest.substr(end));
  }
  return std::string(Trim(answer));
}

}  // namespace weir::agent
