#include "tools/csv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr std::array<char, 4> kSeparators = {',', ';', '\t', '|'};
constexpr size_t kSniffedLines = 20;

// Splits a text into records; knows quotes and line ends.
class Reader {
 public:
  Reader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  bool AtEnd() const { return at_ >= text_.size(); }
  size_t line() const { return line_; }

  // The next record. Error: a quote that is never closed.
  Status Next(std::vector<std::string>* cells) {
    cells->clear();
    while (true) {
      std::string cell;
      RETURN_IF_ERROR(Cell(&cell));
      cells->push_back(std::move(cell));
      if (AtEnd()) return {};
      const char c = text_[at_++];
      if (c == separator_) continue;
      if (c == '\r' && !AtEnd() && text_[at_] == '\n') ++at_;
      ++line_;
      return {};
    }
  }

 private:
  bool IsEnd(char c) const { return c == separator_ || c == '\n' || c == '\r'; }

  Status Cell(std::string* cell) {
    // Spaces before an opening quote are not part of the cell.
    size_t begin = at_;
    while (begin < text_.size() && text_[begin] == ' ') ++begin;
    if (begin < text_.size() && text_[begin] == '"') {
      at_ = begin + 1;
      RETURN_IF_ERROR(Quoted(cell));
    }
    while (!AtEnd() && !IsEnd(text_[at_])) *cell += text_[at_++];
    return {};
  }

  Status Quoted(std::string* cell) {
    const size_t opened = line_;
    while (!AtEnd()) {
      const char c = text_[at_++];
      if (c == '"') {
        if (AtEnd() || text_[at_] != '"') return {};
        ++at_;
      }
      if (c == '\n') ++line_;
      *cell += c;
    }
    return MakeError(ErrorCode::kCorruptData, "the quote opened on line {} is never closed",
                     opened);
  }

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  size_t line_ = 1;
};

bool IsBlank(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(),
                     [](const std::string& cell) { return Trim(cell).empty(); });
}

// How well a separator fits: columns that all of the first lines agree on.
int SeparatorScore(std::string_view text, char separator) {
  Reader reader(text, separator);
  std::vector<std::string> cells;
  size_t width = 0;
  int agreeing = 0;
  for (size_t i = 0; i < kSniffedLines && !reader.AtEnd(); ++i) {
    if (!reader.Next(&cells)) return 0;
    if (IsBlank(cells)) continue;
    if (width == 0) width = cells.size();
    if (width < 2) return 0;
    agreeing += cells.size() == width ? 2 : -1;
  }
  return agreeing > 0 ? agreeing * 100 + static_cast<int>(std::min<size_t>(width, 99)) : 0;
}

char Sniff(std::string_view text) {
  char best = ',';
  int best_score = 0;
  for (const char separator : kSeparators) {
    const int score = SeparatorScore(text, separator);
    if (score > best_score) {
      best = separator;
      best_score = score;
    }
  }
  return best;
}

bool IsPlainNumber(std::string_view cell) {
  cell = Trim(cell);
  return !cell.empty() && cell.find_first_not_of("+-0123456789.,") == std::string_view::npos &&
         cell.find_first_of("0123456789") != std::string_view::npos;
}

void SetColumns(std::vector<std::string> first, CsvTable* table) {
  // A first row of numbers alone is data.
  table->has_header = !std::all_of(first.begin(), first.end(),
                                   [](const std::string& cell) { return IsPlainNumber(cell); });
  for (size_t i = 0; i < first.size(); ++i) {
    const std::string name(Trim(first[i]));
    const bool named = table->has_header && !name.empty();
    table->columns.push_back(named ? name : fmt::format("column {}", i + 1));
  }
  if (!table->has_header) table->rows.push_back(std::move(first));
}

}  // namespace

Result<CsvTable> ParseCsv(std::string_view text, const CsvLimits& limits) {
  CsvTable table;
  std::string converted;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return MakeError(ErrorCode::kUnsupported, "it is UTF-16; save it as UTF-8");
  }
  if (text.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kUnsupported, "it holds zero bytes, so it is no CSV table");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!IsValidUtf8(text)) {
    converted = Latin1ToUtf8(text);
    text = converted;
    table.is_latin1 = true;
  }
  if (text.size() > 5 && FoldCase(text.substr(0, 4)) == "sep=" &&
      (text[5] == '\n' || text[5] == '\r')) {
    table.separator = text[4];
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  } else {
    table.separator = Sniff(text);
  }
  Reader reader(text, table.separator);
  std::vector<std::string> cells;
  while (!reader.AtEnd()) {
    const size_t line = reader.line();
    RETURN_IF_ERROR(reader.Next(&cells));
    if (IsBlank(cells)) continue;
    if (table.columns.empty()) {
      if (cells.size() > limits.max_columns) {
        return MakeError(ErrorCode::kResourceExhausted, "it has {} columns; at most {} are read",
                         cells.size(), limits.max_columns);
      }
      SetColumns(std::move(cells), &table);
      continue;
    }
    if (table.rows.size() >= limits.max_rows) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "it has more than {} rows (line {}); split it into smaller files",
                       limits.max_rows, line);
    }
    table.n_short_rows += cells.size() < table.columns.size() ? 1 : 0;
    table.n_long_rows += cells.size() > table.columns.size() ? 1 : 0;
    cells.resize(table.columns.size());
    table.rows.push_back(std::move(cells));
  }
  if (table.columns.empty()) return MakeError(ErrorCode::kCorruptData, "it is empty");
  return table;
}

}  // namespace weir::tools
