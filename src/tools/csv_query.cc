// query_csv: one column of a CSV table into SQLite, one aggregate out.
//
// No text of the file or the call becomes SQL: the table has fixed columns, and all cells are
// bound. Numbers that fit are added as exact integers of the column's scale.

#include <cmath>
#include <utility>

#include "platform/sqlite.h"
#include "tools/calculate.h"
#include "tools/csv.h"
#include "tools/json_fields.h"
#include "tools/path.h"
#include "tools/read_tools.h"
#include "tools/text.h"

namespace weir::tools {
namespace {

constexpr int64_t kMaxDatabaseBytes = int64_t{512} << 20;
constexpr std::string_view kCreate =
    "CREATE TABLE cells(group_key TEXT, unscaled INTEGER, value REAL, cell TEXT)";
constexpr std::string_view kInsert = "INSERT INTO cells VALUES(?, ?, ?, ?)";
constexpr std::string_view kSelect =
    "SELECT group_key, COUNT(*), COUNT(value), COUNT(cell), SUM(unscaled), MIN(unscaled), "
    "MAX(unscaled), SUM(value), MIN(value), MAX(value), MIN(cell), MAX(cell) "
    "FROM cells GROUP BY group_key ORDER BY MIN(rowid)";

struct Query {
  std::string path;
  std::string calculation;
  std::string column;  // as written; may be empty
  std::string group_by;
};

// One row of kSelect.
struct Group {
  std::string key;
  int64_t n_rows = 0;
  int64_t n_numbers = 0;
  int64_t n_filled = 0;
  std::string value;
};

std::string JoinNames(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 50; ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > 50) text += fmt::format(" and {} more", names.size() - 50);
  return text;
}

Result<size_t> FindColumn(const CsvTable& table, const Query& query, std::string_view name) {
  const std::string wanted = FoldCase(Trim(name));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (FoldCase(table.columns[i]) == wanted) return i;
  }
  return MakeError(ErrorCode::kNotFound, "no column '{}' in {}; the columns are {}", Trim(name),
                   query.path, JoinNames(table.columns));
}

std::vector<std::string_view> CellsOf(const CsvTable& table, size_t column) {
  std::vector<std::string_view> cells;
  cells.reserve(table.rows.size());
  for (const auto& row : table.rows) cells.push_back(row[column]);
  return cells;
}

std::vector<std::string> ColumnsWithNumbers(const CsvTable& table) {
  std::vector<std::string> names;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const NumberColumn numbers = ReadNumbers(CellsOf(table, i), table.separator);
    if (numbers.n_numbers > numbers.n_text + numbers.n_ambiguous) names.push_back(table.columns[i]);
  }
  return names;
}

// The column to calculate over when the call names none.
Result<std::string> OnlyNumberColumn(const CsvTable& table, const Query& query) {
  std::vector<std::string> names = ColumnsWithNumbers(table);
  if (names.size() == 1) return names.front();
  return MakeError(ErrorCode::kInvalidArgument,
                   "the {} of which column? {} has these with numbers: {}", query.calculation,
                   query.path, names.empty() ? "none" : JoinNames(names));
}

// 123450 with scale 2 -> "1234.5".
std::string FormatScaled(int64_t unscaled, int scale) {
  const bool negative = unscaled < 0;
  std::string digits = std::to_string(unscaled);
  if (negative) digits.erase(0, 1);
  const auto n = static_cast<size_t>(scale);
  if (digits.size() <= n) digits.insert(0, n + 1 - digits.size(), '0');
  std::string text = digits.substr(0, digits.size() - n);
  std::string fraction = digits.substr(digits.size() - n);
  while (fraction.ends_with('0')) fraction.pop_back();
  if (!fraction.empty()) text += "." + fraction;
  return (negative ? "-" : "") + text;
}

Status Load(const platform::Database& database, const CsvTable& table, const NumberColumn& numbers,
            int column, int group_column) {
  RETURN_IF_ERROR(database.Execute(kCreate));
  RETURN_IF_ERROR(database.Execute("BEGIN"));
  ASSIGN_OR_RETURN(platform::Statement insert, database.Prepare(kInsert));
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    if (group_column >= 0) {
      RETURN_IF_ERROR(insert.BindText(1, Trim(row[static_cast<size_t>(group_column)])));
    }
    if (column >= 0) {
      if (numbers.is_number[i]) {
        RETURN_IF_ERROR(insert.BindInt(2, numbers.unscaled[i]));
        RETURN_IF_ERROR(insert.BindDouble(3, numbers.values[i]));
      }
      const std::string_view cell = Trim(row[static_cast<size_t>(column)]);
      if (!cell.empty()) RETURN_IF_ERROR(insert.BindText(4, cell));
    }
    RETURN_IF_ERROR(insert.Step());
    RETURN_IF_ERROR(insert.Reset());
  }
  return database.Execute("COMMIT");
}

// The wanted aggregate of the current row of kSelect, as text. `as_text`: the column has no
// numbers.
std::string ValueOf(const platform::Statement& row, const std::string& calculation,
                    const NumberColumn& numbers, bool has_column, bool as_text) {
  if (calculation == "count") return std::to_string(row.Int(has_column ? 3 : 1));
  if (as_text) return row.Text(calculation == "minimum" ? 10 : 11);
  if (row.Int(2) == 0) return "no numbers";
  const auto number = [&](int exact_column, int real_column) {
    return numbers.is_exact ? FormatScaled(row.Int(exact_column), numbers.scale)
                            : FormatNumber(row.Double(real_column));
  };
  if (calculation == "sum") return number(4, 7);
  if (calculation == "minimum") return number(5, 8);
  if (calculation == "maximum") return number(6, 9);
  const auto n = static_cast<long double>(row.Int(2));
  if (!numbers.is_exact) return FormatNumber(static_cast<long double>(row.Double(7)) / n);
  return FormatNumber(static_cast<long double>(row.Int(4)) /
                      std::pow(10.0L, static_cast<long double>(numbers.scale)) / n);
}

// What a person should know about cells that did not count.
std::string Notes(const CsvTable& table, const NumberColumn& numbers, bool uses_numbers) {
  std::vector<std::string> notes;
  if (uses_numbers) {
    if (numbers.n_empty > 0) notes.push_back(Count(numbers.n_empty, "empty cell") + " left out");
    if (numbers.n_text > 0) {
      notes.push_back(
          fmt::format("{} left out, such as '{}'",
                      Count(numbers.n_text, "cell that is no number", "cells that are no numbers"),
                      ClipUtf8(numbers.example_text, 40)));
    }
    if (numbers.n_ambiguous > 0) {
      notes.push_back(fmt::format("{} left out because 1,234 can be 1234 or 1.234 there",
                                  Count(numbers.n_ambiguous, "cell")));
    }
    if (!numbers.note.empty()) notes.push_back(numbers.note);
  }
  if (table.n_short_rows > 0) notes.push_back(Count(table.n_short_rows, "row") + " too short");
  if (table.n_long_rows > 0) notes.push_back(Count(table.n_long_rows, "row") + " too long");
  if (!table.has_header) notes.push_back("the first row is data, so columns are numbered");
  if (table.is_latin1) notes.push_back("not UTF-8, read as Latin-1");
  std::string text;
  for (size_t i = 0; i < notes.size(); ++i) text += (i > 0 ? "; " : "") + notes[i];
  return text;
}

Result<std::vector<Group>> Aggregate(const platform::Database& database, const Query& query,
                                     const NumberColumn& numbers, bool has_column, bool as_text) {
  ASSIGN_OR_RETURN(platform::Statement select, database.Prepare(kSelect));
  std::vector<Group> groups;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, select.Step());
    if (!has_row) return groups;
    Group group;
    group.key = select.IsNull(0) ? "" : select.Text(0);
    group.n_rows = select.Int(1);
    group.n_numbers = select.Int(2);
    group.n_filled = select.Int(3);
    group.value = ValueOf(select, query.calculation, numbers, has_column, as_text);
    groups.push_back(std::move(group));
  }
}

ToolOutput Describe(const Query& query, const std::string& column, const std::string& group_column,
                    const std::vector<Group>& groups, const std::string& notes) {
  ToolOutput output;
  const std::string what =
      fmt::format("{} of {}", query.calculation, column.empty() ? "rows" : column);
  output.data = {{"path", query.path}, {"calculation", query.calculation}, {"column", column}};
  if (group_column.empty()) {
    const Group& all = groups.front();
    std::string inside = column.empty() ? "" : Count(all.n_rows, "row");
    if (!notes.empty()) inside += (inside.empty() ? "" : "; ") + notes;
    output.summary = fmt::format("{} in {}: {}", what, query.path, all.value);
    if (!inside.empty()) output.summary += fmt::format(" ({})", inside);
    output.data["value"] = all.value;
    output.data["rows"] = all.n_rows;
    return output;
  }
  std::string listed;
  output.data["groups"] = json::Json::array();
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::string key = groups[i].key.empty() ? "(empty)" : groups[i].key;
    if (i < kMaxNamesInSummary) {
      listed += fmt::format("{}{} {}", i > 0 ? ", " : "", key, groups[i].value);
    }
    if (i < kMaxListedEntries) {
      output.details +=
          fmt::format("{}: {} ({})\n", key, groups[i].value, Count(groups[i].n_rows, "row"));
      output.data["groups"].push_back({{"key", groups[i].key}, {"value", groups[i].value}});
    }
  }
  if (groups.size() > kMaxNamesInSummary) {
    listed += fmt::format(" and {} more", groups.size() - kMaxNamesInSummary);
  }
  if (groups.size() > kMaxListedEntries) {
    output.details +=
        fmt::format("(cut after {} of {} groups)\n", kMaxListedEntries, groups.size());
  }
  output.summary = fmt::format("{} by {} in {}: {}", what, group_column, query.path, listed);
  if (!notes.empty()) output.summary += fmt::format(" ({})", notes);
  return output;
}

Result<ToolOutput> Run(Query query, const CsvTable& table) {
  const bool is_count = query.calculation == "count";
  if (query.column.empty() && !is_count) {
    ASSIGN_OR_RETURN(query.column, OnlyNumberColumn(table, query));
  }
  int column = -1;
  int group_column = -1;
  if (!query.column.empty()) {
    ASSIGN_OR_RETURN(const size_t found, FindColumn(table, query, query.column));
    column = static_cast<int>(found);
  }
  if (!query.group_by.empty()) {
    ASSIGN_OR_RETURN(const size_t found, FindColumn(table, query, query.group_by));
    group_column = static_cast<int>(found);
  }
  if (table.rows.empty() && !is_count) {
    return MakeError(ErrorCode::kNotFound, "{} has a header and no rows", query.path);
  }
  const auto name_of = [&](int i) {
    return i < 0 ? std::string() : table.columns[static_cast<size_t>(i)];
  };
  NumberColumn numbers;
  if (column >= 0) {
    numbers = ReadNumbers(CellsOf(table, static_cast<size_t>(column)), table.separator);
  }
  const bool is_extreme = query.calculation == "minimum" || query.calculation == "maximum";
  const bool as_text = is_extreme && numbers.n_numbers == 0 && numbers.n_text > 0;
  if (!is_count && !as_text && numbers.n_numbers == 0) {
    const std::string notes = Notes(table, numbers, true);
    return MakeError(ErrorCode::kInvalidArgument,
                     "the column '{}' of {} has no numbers to take the {} of ({}); columns with "
                     "numbers: {}",
                     name_of(column), query.path, query.calculation, notes,
                     JoinNames(ColumnsWithNumbers(table)));
  }
  ASSIGN_OR_RETURN(const platform::Database database,
                   platform::Database::OpenInMemory(kMaxDatabaseBytes));
  RETURN_IF_ERROR(Load(database, table, numbers, column, group_column));
  ASSIGN_OR_RETURN(std::vector<Group> groups,
                   Aggregate(database, query, numbers, column >= 0, as_text));
  if (groups.empty()) groups.push_back({"", 0, 0, 0, "0"});
  std::string notes = Notes(table, numbers, !is_count && !as_text);
  if (as_text) notes += notes.empty() ? "compared as text" : "; compared as text";
  return Describe(query, name_of(column), name_of(group_column), groups, notes);
}

}  // namespace

Result<ToolOutput> QueryCsv(const ToolContext& context, const json::Json& arguments) {
  Query query;
  ASSIGN_OR_RETURN(query.path, PathArgument(arguments, "path"));
  ASSIGN_OR_RETURN(query.calculation, StringField(arguments, "calculation"));
  ASSIGN_OR_RETURN(query.column, StringFieldOr(arguments, "column", ""));
  ASSIGN_OR_RETURN(query.group_by, StringFieldOr(arguments, "group_by", ""));
  if (Trim(query.column).empty()) query.column.clear();
  if (Trim(query.group_by).empty()) query.group_by.clear();
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(context, query.path, kMaxTextFileBytes));
  Result<CsvTable> table = ParseCsv(text);
  if (!table) return MakeError(table.error().WithContext(fmt::format("'{}'", query.path)));
  return Run(std::move(query), *table);
}

}  // namespace weir::tools
