#pragma once
// Words of requests, names and descriptions, as every scorer of tools compares them.
// training/README.md has the rules, training/shortlist.py is the reference. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace weir::catalog {

// The words of a request: stems, and <file>, <quoted>, <op>, <num> and extensions for what only
// looks like them. In order, with repetition.
std::vector<std::string> RequestWords(std::string_view text);

// Appends the stems of a text without looking for files and quotations; camelCase is split.
void AppendPlainWords(std::string_view text, std::vector<std::string>* words);

// "deleted" -> "delet".
std::string Stem(std::string_view lower_case_word);

// Whether a stem says nothing about which tool is meant.
bool IsStopWord(std::string_view stem);

// A name in lower-case words, not stemmed: "outputPath", "output_path" and "output-path" are
// "output" and "path".
std::vector<std::string> SplitName(std::string_view name);

}  // namespace weir::catalog
