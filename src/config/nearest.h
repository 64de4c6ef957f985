#pragma once
// "did you mean": the name that a misspelt one was probably meant to be. Pure; any thread.

#include <span>
#include <string>
#include <string_view>

namespace weir::config {

// "; did you mean 'tool'?" with the nearest candidate by edit distance; where none is near,
// "; expected one of a, b, c", and with no candidates nothing.
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

}  // namespace weir::config
