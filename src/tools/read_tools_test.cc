#include "tools/read_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tools/testing/temp_workspace.h"

namespace weir::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReadTools : public ::testing::Test {
 protected:
  ToolOutput Run(const std::string& tool, const json::Json& arguments) {
    return testing::Call(workspace_.Context(), tool, arguments);
  }
  std::string Say(const std::string& tool, const json::Json& arguments) {
    return Run(tool, arguments).summary;
  }
  testing::TempWorkspace workspace_;
};

TEST_F(ReadTools, ListsInNaturalOrderWithFoldersMarked) {
  workspace_.Write("b10.txt", "x");
  workspace_.Write("b9.txt", "12345");
  workspace_.MakeFolder("archive");
  const ToolOutput output = Run("list_files", json::Json::object());
  EXPECT_EQ(output.summary, "2 files and 1 folder in the workspace: archive/, b9.txt, b10.txt");
  EXPECT_EQ(output.details, "archive/\nb9.txt  5 bytes\nb10.txt  1 byte\n");
  EXPECT_EQ(output.data["entries"][1]["bytes"], 5);
}

TEST_F(ReadTools, ListsByExtensionInAnyCaseWithOrWithoutTheDot) {
  workspace_.Write("reports/a.pdf", "x");
  workspace_.Write("reports/b.PDF", "x");
  workspace_.Write("reports/c.md", "x");
  workspace_.MakeFolder("reports/d.pdf");
  for (const char* extension : {"pdf", ".pdf", "PDF", "*.pdf", " .PDF"}) {
    const std::string said = Say("list_files", {{"folder", "reports"}, {"extension", extension}});
    EXPECT_THAT(said, HasSubstr("in reports: a.pdf, b.PDF")) << extension;
    EXPECT_THAT(said, StartsWith("2 "));
  }
  EXPECT_EQ(Say("list_files", {{"folder", "reports"}, {"extension", "doc"}}),
            "no doc files in reports");
}

TEST_F(ReadTools, AnEmptyFolderHasNoFiles) {
  workspace_.MakeFolder("empty");
  EXPECT_EQ(Say("list_files", {{"folder", "empty"}}), "no files in empty");
}

TEST_F(ReadTools, ALongListIsCutAndSaysSo) {
  for (int i = 0; i < 1100; ++i) workspace_.Write("many/f" + std::to_string(i), "");
  const ToolOutput output = Run("list_files", {{"folder", "many"}});
  EXPECT_THAT(output.summary, StartsWith("1100 files in many: f0, f1, f2"));
  EXPECT_THAT(output.summary, HasSubstr("f19 and 1080 more"));
  EXPECT_THAT(output.details, HasSubstr("(cut after 1000 of 1100 entries)"));
  EXPECT_EQ(output.data["entries"].size(), 1000u);
}

TEST_F(ReadTools, WhatIsMissingIsNamedWithWhatIsNear) {
  workspace_.Write("notes.txt", "x");
  workspace_.Write("reports/q1.pdf", "x");
  EXPECT_EQ(Say("read_file", {{"path", "note.txt"}}),
            "ERROR: no file 'note.txt'; there is 'notes.txt'");
  EXPECT_EQ(Say("list_files", {{"folder", "report"}}),
            "ERROR: no folder 'report'; there is 'reports'");
  EXPECT_EQ(Say("read_file", {{"path", "report/q1.pdf"}}),
            "ERROR: no folder 'report'; there is 'reports'");
  EXPECT_EQ(Say("read_file", {{"path", "q1.pdf"}}),
            "ERROR: no file 'q1.pdf'; there is 'reports/q1.pdf'");
  EXPECT_EQ(Say("read_file", {{"path", "zzz"}}), "ERROR: no file 'zzz' in the workspace");
  EXPECT_EQ(Say("read_file", {{"path", "reports"}}),
            "ERROR: 'reports' is a folder; a file is expected");
  EXPECT_EQ(Say("list_files", {{"folder", "notes.txt"}}),
            "ERROR: 'notes.txt' is a file; a folder is expected");
  EXPECT_THAT(Say("read_file", {{"path", "notes.txt/x"}}), StartsWith("ERROR: no file"));
}

TEST_F(ReadTools, ArgumentsOfAWrongTypeAreErrors) {
  EXPECT_EQ(Say("read_file", {{"path", 7}}), "ERROR: 'path' is a number; a text is expected");
  EXPECT_EQ(Say("read_file", json::Json::object()), "ERROR: 'path' is missing; a text is expected");
  EXPECT_THAT(Say("read_file", {{"path", ""}}), StartsWith("ERROR: 'path' is empty"));
}

TEST_F(ReadTools, FindsByPartOrPatternAcrossFolders) {
  workspace_.Write("invoices/2026/Invoice-001.txt", "x");
  workspace_.Write("invoices/2025/invoice-117.txt", "x");
  workspace_.Write("Übersicht.md", "x");
  workspace_.Write(".git/invoice.txt", "x");
  const ToolOutput found = Run("find_files", {{"name", "INVOICE-"}});
  EXPECT_EQ(found.summary,
            "2 found for 'INVOICE-': invoices/2025/invoice-117.txt, invoices/2026/Invoice-001.txt");
  EXPECT_THAT(found.details, HasSubstr("(1 hidden folder not searched)"));
  EXPECT_EQ(Say("find_files", {{"name", "übersicht"}}), "1 found for 'übersicht': Übersicht.md");
  EXPECT_EQ(Say("find_files", {{"name", "*.md"}}), "1 found for '*.md': Übersicht.md");
  EXPECT_EQ(Say("find_files", {{"name", "*001*"}, {"folder", "invoices/2026"}}),
            "1 found for '*001*': invoices/2026/Invoice-001.txt");
  EXPECT_EQ(Say("find_files", {{"name", "117 invoice"}}),
            "1 found for '117 invoice': invoices/2025/invoice-117.txt");
  EXPECT_EQ(Say("find_files", {{"name", "nothing"}}),
            "no file or folder named 'nothing' in the workspace");
  EXPECT_THAT(Say("find_files", {{"name", " "}}), StartsWith("ERROR: 'name' is empty"));
}

TEST_F(ReadTools, SearchesTextAndSkipsWhatIsNoText) {
  workspace_.Write("a.txt", "first\nthe Budget is here\n");
  workspace_.Write("sub/b.md", "BUDGET\nbudget again\n");
  workspace_.Write("c.bin", std::string("budget\0", 7));
  workspace_.Write("d.pdf", "%PDF-1.4 budget");
  const ToolOutput output = Run("search_text", {{"text", "budget"}});
  EXPECT_EQ(output.summary, "'budget' is on 3 lines in 2 files: a.txt, sub/b.md");
  EXPECT_EQ(output.details,
            "a.txt:2: the Budget is here\nsub/b.md:1: BUDGET\nsub/b.md:2: budget again\n");
  EXPECT_EQ(Say("search_text", {{"text", "budget"}, {"folder", "a.txt"}}),
            "'budget' is on 1 line in 1 file: a.txt");
  EXPECT_EQ(Say("search_text", {{"text", "nowhere"}}), "'nowhere' was not found in the workspace");
  EXPECT_THAT(Say("search_text", {{"text", ""}}), StartsWith("ERROR"));
  EXPECT_THAT(Say("search_text", {{"text", "a\nb"}}), StartsWith("ERROR"));
}

TEST_F(ReadTools, SearchShowsOnlyAPartOfALongLine) {
  workspace_.Write("long.txt", std::string(5000, 'x') + "needle" + std::string(5000, 'y'));
  const ToolOutput output = Run("search_text", {{"text", "needle"}});
  EXPECT_LT(output.details.size(), 500u);
  EXPECT_THAT(output.details, HasSubstr("needle"));
}

TEST_F(ReadTools, ReadsTextAndSaysWhatOtherFilesAre) {
  workspace_.Write("notes.txt", "one\ntwo\n");
  workspace_.Write("empty.txt", "");
  workspace_.Write("q1.pdf", "%PDF-1.4\n");
  workspace_.Write("x.bin", std::string("\0\1\2", 3));
  workspace_.Write("latin.txt", "M\xFCnchen\n");
  workspace_.Write("bom.txt", "\xEF\xBB\xBFhello\n");
  const ToolOutput notes = Run("read_file", {{"path", "notes.txt"}});
  EXPECT_EQ(notes.summary, "notes.txt (2 lines):");
  EXPECT_EQ(notes.details, "one\ntwo\n");
  EXPECT_EQ(Say("read_file", {{"path", "empty.txt"}}), "empty.txt is empty");
  EXPECT_EQ(Say("read_file", {{"path", "q1.pdf"}}),
            "q1.pdf is a PDF document of 9 bytes; it can not be shown as text");
  EXPECT_EQ(Say("read_file", {{"path", "x.bin"}}),
            "x.bin is a binary file of 3 bytes; it can not be shown as text");
  EXPECT_EQ(Run("read_file", {{"path", "latin.txt"}}).details, "München\n");
  EXPECT_EQ(Run("read_file", {{"path", "bom.txt"}}).details, "hello\n");
}

TEST_F(ReadTools, ALongFileIsCutBetweenLinesAndSaysSo) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  workspace_.Write("long.txt", text);
  const ToolOutput output = Run("read_file", {{"path", "long.txt"}});
  EXPECT_LT(output.details.size(), kMaxResultTextBytes + 100);
  EXPECT_THAT(output.details, HasSubstr("of 50000 lines)"));
}

TEST_F(ReadTools, TellsSizeDateAndType) {
  workspace_.Write("notes.txt", "one\n");
  workspace_.Write("p.png", "\x89PNG\r\n\x1a\n123");
  workspace_.MakeFolder("folder/sub");
  EXPECT_THAT(Say("file_info", {{"path", "notes.txt"}}),
              StartsWith("notes.txt is a text of 4 bytes, changed 20"));
  EXPECT_THAT(Say("file_info", {{"path", "p.png"}}),
              StartsWith("p.png is a PNG image of 11 bytes"));
  EXPECT_THAT(Say("file_info", {{"path", "folder"}}),
              StartsWith("folder is a folder with 0 files and 1 folder in it"));
}

TEST_F(ReadTools, ComparesFiles) {
  workspace_.Write("a.txt", "1\n2\n");
  workspace_.Write("b.txt", "1\n3\n4\n");
  workspace_.Write("c.txt", "1\n2\n");
  workspace_.Write("d.bin", std::string("\0", 1));
  const ToolOutput output = Run("compare_files", {{"first", "a.txt"}, {"second", "b.txt"}});
  EXPECT_EQ(output.summary, "a.txt and b.txt differ: 1 line only in a.txt, 2 lines only in b.txt");
  EXPECT_THAT(output.details, HasSubstr("-2\n+3\n+4\n"));
  EXPECT_EQ(Say("compare_files", {{"first", "a.txt"}, {"second", "c.txt"}}),
            "a.txt and c.txt are the same");
  EXPECT_THAT(Say("compare_files", {{"first", "a.txt"}, {"second", "d.bin"}}),
              HasSubstr("they are not text"));
}

TEST_F(ReadTools, CalculatesAndTellsTheTime) {
  EXPECT_EQ(Say("calculate", {{"expression", "15% of 80"}}), "15% of 80 = 12");
  EXPECT_EQ(Say("calculate", {{"expression", "2+2 = ?"}}), "2+2 = 4");
  EXPECT_THAT(Say("calculate", {{"expression", "1/0"}}), StartsWith("ERROR"));
  ToolContext context = workspace_.Context();
  const FakeClock clock(1'772'000'000'000'000);  // 2026-02-25 06:13:20 UTC, a Wednesday
  context.clock = &clock;
  const ToolOutput time = testing::Call(context, "current_time", json::Json::object());
  EXPECT_THAT(time.summary, HasSubstr("(2026-02-25 06:13:20 UTC)"));
  EXPECT_THAT(time.summary, HasSubstr("day, 2026-02-2"));
}

TEST_F(ReadTools, APipeInTheWayDoesNotHoldThemUp) {
  ASSERT_EQ(::mkfifo((workspace_.folder() + "/pipe").c_str(), 0600), 0);
  workspace_.Write("a.txt", "needle\n");
  EXPECT_EQ(Say("read_file", {{"path", "pipe"}}),
            "ERROR: 'pipe' is a special file; it has no content to read");
  EXPECT_THAT(Say("search_text", {{"text", "needle"}}), HasSubstr("1 line in 1 file"));
  EXPECT_THAT(Say("query_csv", {{"path", "pipe"}, {"calculation", "count"}}), StartsWith("ERROR"));
  EXPECT_THAT(Say("compare_files", {{"first", "a.txt"}, {"second", "pipe"}}), StartsWith("ERROR"));
  EXPECT_THAT(Say("file_info", {{"path", "pipe"}}), StartsWith("pipe is a special file"));
}

TEST_F(ReadTools, LinksThatStayInsideAreReadAndNotWalked) {
  workspace_.Write("real/a.txt", "needle\n");
  workspace_.Link("link.txt", "real/a.txt");
  workspace_.Link("loop", ".");
  EXPECT_EQ(Run("read_file", {{"path", "link.txt"}}).details, "needle\n");
  EXPECT_THAT(Say("search_text", {{"text", "needle"}}), HasSubstr("1 line in 1 file: real/a.txt"));
  EXPECT_THAT(Run("list_files", json::Json::object()).details, HasSubstr("loop  (link)"));
}

TEST(SampleWorkspace, AnswersWhatPeopleTryFirst) {
  const auto workspace = platform::Workspace::Open(WEIR_SOURCE_DIR "/examples/workspace");
  ASSERT_TRUE(workspace.has_value()) << workspace.error().message;
  ToolContext context;
  context.workspace = &*workspace;
  context.clock = &SystemClock();
  const auto say = [&](const std::string& tool, const json::Json& arguments) {
    return testing::Call(context, tool, arguments).summary;
  };
  EXPECT_EQ(say("list_files", {{"folder", "reports"}, {"extension", "PDF"}}),
            "3 PDF files in reports: annual 2025.pdf, q1.pdf, q2.pdf");
  EXPECT_EQ(say("query_csv", {{"path", "sales.csv"}, {"calculation", "sum"}, {"column", "amount"}}),
            "sum of amount in sales.csv: 10721.2 (24 rows)");
  EXPECT_EQ(say("query_csv", {{"path", "expenses.csv"}, {"calculation", "sum"}}),
            "sum of amount in expenses.csv: 1943.25 (12 rows; decimal commas)");
  EXPECT_EQ(say("query_csv", {{"path", "отчёт.csv"}, {"calculation", "sum"}, {"column", "СУММА"}}),
            "sum of сумма in отчёт.csv: 3580 (3 rows)");
  EXPECT_THAT(say("read_file", {{"path", "日本語メモ.txt"}}), HasSubstr("2 lines"));
  EXPECT_THAT(say("search_text", {{"text", "budget"}}), HasSubstr("lines in"));
  EXPECT_THAT(say("file_info", {{"path", "photos/garden.png"}}), HasSubstr("is a PNG image of"));
}

TEST_F(ReadTools, AWalkStopsAtItsDeadlineAndSaysSo) {
  workspace_.Write("a.txt", "needle\n");
  ToolContext context = workspace_.Context();
  context.deadline_us = 1;
  const ToolOutput output = testing::Call(context, "search_text", {{"text", "needle"}});
  EXPECT_THAT(output.details, HasSubstr("(stopped: it takes too long"));
}

}  // namespace
}  // namespace weir::tools
