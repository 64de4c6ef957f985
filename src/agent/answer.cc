#include "agent/answer.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir::agent {

bool IsQuestion(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return false;
  text = text.substr(0, end + 1);
  return text.ends_with('?') || text.ends_with("？");
}

bool AsksForAbilities(std::string_view request) {
  std::string words;  // lower case, single spaces, no punctuation
  for (const char c : request) {
    if (c >= 'A' && c <= 'Z') {
      words += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80) {
      words += c;
    } else if (c != '\'' && !words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  while (words.ends_with(' ')) words.pop_back();
  static constexpr std::array<std::string_view, 12> kQuestions = {"help",
                                                                  "what can you do",
                                                                  "what can you do for me",
                                                                  "what can i ask",
                                                                  "what can i ask you",
                                                                  "what are you able to do",
                                                                  "what are your tools",
                                                                  "what tools do you have",
                                                                  "which tools do you have",
                                                                  "how can you help me",
                                                                  "how can you help",
                                                                  "show me what you can do"};
  return std::find(kQuestions.begin(), kQuestions.end(), words) != kQuestions.end();
}

}  // namespace weir::agent
