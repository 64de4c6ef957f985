#pragma once
// CSV as people have it: RFC 4180 with the variations of spreadsheets in several countries.
//
// Read: quotes with doubled quotes and line ends inside, CRLF, LF and CR line ends, a byte-order
// mark, separators , ; tab and | told from the first lines, a "sep=;" line, blank lines (skipped),
// rows that are too short or too long (counted). Not UTF-8 is read as Latin-1. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::tools {

struct CsvTable {
  char separator = ',';
  std::vector<std::string> columns;            // trimmed names; "column 3" where there is none
  std::vector<std::vector<std::string>> rows;  // each with columns.size() cells
  int n_short_rows = 0;                        // filled up with empty cells
  int n_long_rows = 0;                         // cut
  bool has_header = true;
  bool is_latin1 = false;
};

struct CsvLimits {
  size_t max_rows = 1'000'000;
  size_t max_columns = 1000;
};

// Errors name the line: a quote that is never closed, more rows or columns than the limits, UTF-16,
// an empty file, NUL bytes.
Result<CsvTable> ParseCsv(std::string_view text, const CsvLimits& limits = {});

// One column's cells as numbers, each value = unscaled / 10^scale, exact.
struct NumberColumn {
  int scale = 0;  // decimals
  std::vector<bool> is_number;
  std::vector<int64_t> unscaled;  // valid where is_number, when is_exact
  std::vector<double> values;     // valid where is_number
  bool is_exact = true;           // false: too large or with exponents; use `values`
  int n_numbers = 0;
  int n_empty = 0;
  int n_text = 0;            // cells that are no numbers
  int n_ambiguous = 0;       // "1,234" where nothing in the column says which it is
  std::string example_text;  // one of the cells that are no numbers
  std::string note;          // how numbers were read, when that is not obvious; may be empty
};

// Understands signs, surrounding spaces, one currency sign, thousands in groups of three separated
// by ',', '.', ' ' or "'", a decimal point or a decimal comma. Which of ',' and '.' is the decimal
// sign is decided for the whole column, from cells that leave no doubt; a cell that can be read in
// two ways with no such help is left out rather than guessed. "n/a", percentages, dates are no
// numbers.
NumberColumn ReadNumbers(const std::vector<std::string_view>& cells, char separator);

}  // namespace weir::tools
