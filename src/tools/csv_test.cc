#include "tools/csv.h"

#include <gtest/gtest.h>

#include "tools/testing/temp_workspace.h"

namespace weir::tools {
namespace {

using testing::Call;
using testing::TempWorkspace;

CsvTable Parse(std::string_view text) {
  Result<CsvTable> table = ParseCsv(text);
  EXPECT_TRUE(table.has_value()) << (table ? "" : table.error().message);
  return table ? *table : CsvTable{};
}

using Row = std::vector<std::string>;

TEST(Csv, ReadsQuotesAsRfc4180Says) {
  const CsvTable table = Parse("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"two\nlines\",3\n");
  EXPECT_EQ(table.columns, (Row{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (Row{"x, y", "say \"hi\""}));
  EXPECT_EQ(table.rows[1], (Row{"two\nlines", "3"}));
}

TEST(Csv, TellsTheSeparator) {
  EXPECT_EQ(Parse("a;b\n1,5;2\n").separator, ';');
  EXPECT_EQ(Parse("a\tb\n1\t2\n").separator, '\t');
  EXPECT_EQ(Parse("a,b\n1,2\n").separator, ',');
  EXPECT_EQ(Parse("a|b\n1|2\n").separator, '|');
  EXPECT_EQ(Parse("name\nx\n").separator, ',');
  EXPECT_EQ(Parse("a,b;c\n1,2;3\n2,3;4\n").columns.size(), 2u);
  EXPECT_EQ(Parse("\"a;b\",c\n\"1;2;3\",4\n").separator, ',');
}

TEST(Csv, ReadsMarksLineEndsAndTheSepLine) {
  EXPECT_EQ(Parse("\xEF\xBB\xBF"
                  "a,b\r\n1,2\r\n")
                .columns,
            (Row{"a", "b"}));
  EXPECT_EQ(Parse("a,b\r1,2\r3,4\r").rows.size(), 2u);
  EXPECT_EQ(Parse("sep=;\r\na;b\r\n1;2\r\n").columns, (Row{"a", "b"}));
  EXPECT_EQ(Parse("a,b\n1,2").rows[0], (Row{"1", "2"}));
}

TEST(Csv, CountsRaggedRowsAndSkipsBlankOnes) {
  const CsvTable table = Parse("a,b,c\n1,2\n\n , ,\n1,2,3,4\n1,2,3\n");
  EXPECT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.n_short_rows, 1);
  EXPECT_EQ(table.n_long_rows, 1);
  EXPECT_EQ(table.rows[0], (Row{"1", "2", ""}));
}

TEST(Csv, AFirstRowOfNumbersIsData) {
  const CsvTable table = Parse("1,2\n3,4\n");
  EXPECT_FALSE(table.has_header);
  EXPECT_EQ(table.columns, (Row{"column 1", "column 2"}));
  EXPECT_EQ(table.rows.size(), 2u);
}

TEST(Csv, SaysWhatItCanNotRead) {
  EXPECT_NE(ParseCsv("a,b\n1,\"open\n2,3\n").error().message.find("line 2"), std::string::npos);
  EXPECT_FALSE(ParseCsv("").has_value());
  EXPECT_FALSE(ParseCsv("\n\n").has_value());
  EXPECT_FALSE(ParseCsv("\xFF\xFE"
                        "a")
                   .has_value());
  EXPECT_FALSE(ParseCsv(std::string_view("a\0b", 3)).has_value());
  EXPECT_FALSE(ParseCsv("a\n1\n2\n3\n", {.max_rows = 2}).has_value());
  EXPECT_FALSE(ParseCsv(std::string(2000, ','), {}).has_value() &&
               ParseCsv("x" + std::string(2000, ','), {}).has_value());
}

TEST(Csv, Latin1IsReadAsSuch) {
  const CsvTable table = Parse(
      "Stra\xDF"
      "e\nM\xFCnchen\n");
  EXPECT_TRUE(table.is_latin1);
  EXPECT_EQ(table.columns[0], "Straße");
}

std::string Sum(const std::vector<std::string_view>& cells, char separator = ',') {
  const NumberColumn column = ReadNumbers(cells, separator);
  double sum = 0;
  for (size_t i = 0; i < cells.size(); ++i) sum += column.is_number[i] ? column.values[i] : 0;
  return fmt::format("{} of {} ambiguous {}", sum, column.n_numbers, column.n_ambiguous);
}

TEST(CsvNumbers, ReadsPlainNumbers) {
  EXPECT_EQ(Sum({"1", "2.5", "-3", "+4", " 5 ", "1e2"}), "109.5 of 6 ambiguous 0");
  EXPECT_EQ(Sum({"", "n/a", "12%", "2026-01-02", "1-2", "0x10", "--1"}), "0 of 0 ambiguous 0");
}

TEST(CsvNumbers, ReadsThousandsOfManyCountries) {
  EXPECT_EQ(Sum({"1,234.50", "1,000"}), "2234.5 of 2 ambiguous 0");
  EXPECT_EQ(Sum({"1.234,50", "1.000"}, ';'), "2234.5 of 2 ambiguous 0");
  EXPECT_EQ(Sum({"1 234,50", "2,5"}, ';'), "1237 of 2 ambiguous 0");
  EXPECT_EQ(Sum({"1'234.50",
                 "1\xC2\xA0"
                 "000"}),
            "2234.5 of 2 ambiguous 0");
  EXPECT_EQ(Sum({"1,234,567"}), "1234567 of 1 ambiguous 0");
  EXPECT_EQ(Sum({"12 34", "1,2345"}, ','), "1.2345 of 1 ambiguous 0");
}

TEST(CsvNumbers, ReadsOneCurrencySign) {
  EXPECT_EQ(Sum({"$1.50", "€ 2.50", "3.00 €", "-$4", "$-4", "EUR 1"}), "0 of 6 ambiguous 0");
}

TEST(CsvNumbers, LeavesOutWhatCanBeReadInTwoWays) {
  EXPECT_EQ(Sum({"1,234"}, ';'), "0 of 0 ambiguous 1");
  EXPECT_EQ(Sum({"1.234"}, ';'), "0 of 0 ambiguous 1");
  EXPECT_EQ(Sum({"1,234"}, ','), "1234 of 1 ambiguous 0");
  EXPECT_EQ(Sum({"1.234"}, ','), "1.234 of 1 ambiguous 0");
  EXPECT_EQ(Sum({"1.5", "2,5", "1,234"}, ','), "4 of 2 ambiguous 1");
  EXPECT_EQ(Sum({"1.234", "1,234"}, ','), "0 of 0 ambiguous 2");
}

class CsvQuery : public ::testing::Test {
 protected:
  std::string Ask(const json::Json& arguments) {
    return Call(workspace_.Context(), "query_csv", arguments).summary;
  }
  TempWorkspace workspace_;
};

TEST_F(CsvQuery, AddsExactly) {
  workspace_.Write("sales.csv", "item, Amount \na,0.10\nb,0.20\nc,1234.20\n");
  EXPECT_EQ(Ask({{"path", "sales.csv"}, {"calculation", "sum"}, {"column", "amount"}}),
            "sum of Amount in sales.csv: 1234.5 (3 rows)");
  EXPECT_EQ(Ask({{"path", "sales.csv"}, {"calculation", "average"}, {"column", "AMOUNT"}}),
            "average of Amount in sales.csv: 411.5 (3 rows)");
  EXPECT_EQ(Ask({{"path", "sales.csv"}, {"calculation", "minimum"}, {"column", " amount "}}),
            "minimum of Amount in sales.csv: 0.1 (3 rows)");
  EXPECT_EQ(Ask({{"path", "sales.csv"}, {"calculation", "maximum"}, {"column", "amount"}}),
            "maximum of Amount in sales.csv: 1234.2 (3 rows)");
  EXPECT_EQ(Ask({{"path", "sales.csv"}, {"calculation", "count"}}),
            "count of rows in sales.csv: 3");
}

TEST_F(CsvQuery, TakesTheOnlyNumberColumnWhenNoneIsNamed) {
  workspace_.Write("one.csv", "name,price\na,1\nb,2\n");
  workspace_.Write("two.csv", "name,price,tax\na,1,3\nb,2,4\n");
  EXPECT_EQ(Ask({{"path", "one.csv"}, {"calculation", "sum"}}),
            "sum of price in one.csv: 3 (2 rows)");
  EXPECT_EQ(Ask({{"path", "two.csv"}, {"calculation", "sum"}}),
            "ERROR: the sum of which column? two.csv has these with numbers: price, tax");
}

TEST_F(CsvQuery, Groups) {
  workspace_.Write("s.csv", "region,n\nnorth,1\nsouth,2\nnorth,3\n,5\n");
  EXPECT_EQ(
      Ask({{"path", "s.csv"}, {"calculation", "sum"}, {"column", "n"}, {"group_by", "Region"}}),
      "sum of n by region in s.csv: north 4, south 2, (empty) 5");
  EXPECT_EQ(Ask({{"path", "s.csv"}, {"calculation", "count"}, {"group_by", "region"}}),
            "count of rows by region in s.csv: north 2, south 1, (empty) 1");
}

TEST_F(CsvQuery, SaysWhatWasLeftOut) {
  workspace_.Write("s.csv", "n\n1\nn/a\n\"\"\n2\n");
  EXPECT_EQ(Ask({{"path", "s.csv"}, {"calculation", "sum"}, {"column", "n"}}),
            "sum of n in s.csv: 3 (3 rows; 1 cell that is no number left out, such as 'n/a')");
  workspace_.Write("g.csv", "a;n\nx;1,50\ny;2,25\n");
  EXPECT_EQ(Ask({{"path", "g.csv"}, {"calculation", "sum"}, {"column", "n"}}),
            "sum of n in g.csv: 3.75 (2 rows; decimal commas)");
}

TEST_F(CsvQuery, ErrorsNameTheColumnsThereAre) {
  workspace_.Write("s.csv", "region,amount\nnorth,1\n");
  EXPECT_EQ(Ask({{"path", "s.csv"}, {"calculation", "sum"}, {"column", "price"}}),
            "ERROR: no column 'price' in s.csv; the columns are region, amount");
  const std::string text = Ask({{"path", "s.csv"}, {"calculation", "sum"}, {"column", "region"}});
  EXPECT_NE(text.find("has no numbers"), std::string::npos) << text;
  EXPECT_NE(text.find("columns with numbers: amount"), std::string::npos) << text;
  EXPECT_EQ(Ask({{"path", "s.cvs"}, {"calculation", "count"}}),
            "ERROR: no file 's.cvs'; there is 's.csv'");
}

TEST_F(CsvQuery, ComparesTextForTheExtremesOfTextColumns) {
  workspace_.Write("d.csv", "day,n\n2026-02-01,1\n2026-01-15,2\n");
  EXPECT_EQ(Ask({{"path", "d.csv"}, {"calculation", "minimum"}, {"column", "day"}}),
            "minimum of day in d.csv: 2026-01-15 (2 rows; compared as text)");
}

TEST_F(CsvQuery, NothingInAFileOrCallBecomesSql) {
  workspace_.Write("x.csv", "\"a\"\"); DROP TABLE cells; --\",n\n\"'; DROP TABLE cells; --\",4\n");
  EXPECT_EQ(Ask({{"path", "x.csv"},
                 {"calculation", "sum"},
                 {"column", "n"},
                 {"group_by", "a\"); DROP TABLE cells; --"}}),
            "sum of n by a\"); DROP TABLE cells; -- in x.csv: '; DROP TABLE cells; -- 4");
  EXPECT_NE(
      Ask({{"path", "x.csv"}, {"calculation", "sum"}, {"column", "n; SELECT 1"}}).find("no column"),
      std::string::npos);
}

TEST_F(CsvQuery, AddsHugeAndScientificNumbersAsReals) {
  workspace_.Write("h.csv", "n,x\n9000000000000000000,a\n9000000000000000000,b\n");
  EXPECT_EQ(Ask({{"path", "h.csv"}, {"calculation", "sum"}, {"column", "n"}}),
            "sum of n in h.csv: 1.8e+19 (2 rows)");
  workspace_.Write("e.csv", "n,x\n1e3,a\n0.5,b\n");
  EXPECT_EQ(Ask({{"path", "e.csv"}, {"calculation", "sum"}, {"column", "n"}}),
            "sum of n in e.csv: 1000.5 (2 rows)");
}

TEST_F(CsvQuery, AHeaderAloneHasNoRows) {
  workspace_.Write("h.csv", "a,b\n");
  EXPECT_EQ(Ask({{"path", "h.csv"}, {"calculation", "count"}}), "count of rows in h.csv: 0");
  EXPECT_EQ(Ask({{"path", "h.csv"}, {"calculation", "sum"}, {"column", "a"}}),
            "ERROR: h.csv has a header and no rows");
}

}  // namespace
}  // namespace weir::tools
