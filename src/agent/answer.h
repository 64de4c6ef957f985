#pragma once
// Judgements about a model's text that must not be left to the model. Pure; any thread.

#include <string>
#include <string_view>

namespace weir::agent {

// True when the text asks the person something: its last character that is no white space is a question mark.
bool IsQuestion(std::string_view text);

// A small model's one-line answer after a tool result, or the result's own first line when the answer states a number,
// or a word with a digit, a dot or a slash in it (a file name), that does not occur in that line. A wrong total is worse
// than a plain sentence.
std::string Grounded(std::string_view answer, std::string_view result_line);

}  // namespace weir::agent
