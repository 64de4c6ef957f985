#include "tools/text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tools/path.h"

namespace weir::tools {
namespace {

TEST(Text, FoldsLettersBeyondAscii) {
  EXPECT_EQ(FoldCase("Notes.TXT"), "notes.txt");
  EXPECT_EQ(FoldCase("ÜBERSICHT"), "übersicht");
  EXPECT_EQ(FoldCase("ОТЧЁТ"), "отчёт");
  EXPECT_EQ(FoldCase("ΑΘΉΝΑ"), "αθήνα");
  EXPECT_EQ(FoldCase("ŁÓDŹ ČŠŽ"), "łódź čšž");
  EXPECT_EQ(FoldCase("日本語"), "日本語");
}

TEST(Text, FoldsDecomposedAccentsToTheSameAsComposedOnes) {
  EXPECT_EQ(FoldCase("re\xCC\x81sume\xCC\x81"), FoldCase("RÉSUMÉ"));
}

TEST(Text, FoldingKeepsBytesThatAreNotUtf8) { EXPECT_EQ(FoldCase("A\xFF\xC3"), "a\xFF\xC3"); }

TEST(Text, SortsNumbersByValue) {
  std::vector<std::string> names = {"b", "a10", "A2", "a1", "ä", "a02"};
  std::sort(names.begin(), names.end(), NaturalLess);
  EXPECT_EQ(names, (std::vector<std::string>{"a1", "A2", "a02", "a10", "b", "ä"}));
}

TEST(Text, GlobsKnowStarsAndQuestionMarks) {
  EXPECT_TRUE(GlobMatch("*.pdf", "Q1.PDF"));
  EXPECT_TRUE(GlobMatch("q?.*", "q3.md"));
  EXPECT_TRUE(GlobMatch("?bersicht*", "Übersicht.md"));
  EXPECT_TRUE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("a*b*c", "axxbyyc"));
  EXPECT_FALSE(GlobMatch("a*b*c", "axxbyy"));
  EXPECT_FALSE(GlobMatch("*.pdf", "q1.pdf.txt"));
  EXPECT_FALSE(GlobMatch("reports*", "reports/q1.pdf"));
}

TEST(Text, NearNamesAreFoundByTyposAndPrefixes) {
  const std::vector<std::string> names = {"notes.txt", "reports", "report.pdf", "todo.md"};
  EXPECT_EQ(NearNames("note.txt", names, 3), std::vector<std::string>{"notes.txt"});
  EXPECT_EQ(NearNames("ntoes.txt", names, 3), std::vector<std::string>{"notes.txt"});
  EXPECT_EQ(NearNames("report", names, 3), (std::vector<std::string>{"reports", "report.pdf"}));
  EXPECT_TRUE(NearNames("invoice", names, 3).empty());
}

TEST(Text, EscapesEverythingThatCanHide) {
  EXPECT_EQ(EscapeForDisplay("a\x1b[2Jb"), "a\\u{1b}[2Jb");
  EXPECT_EQ(EscapeForDisplay("safe\xE2\x80\xAEtxt.exe"), "safe\\u{202e}txt.exe");
  EXPECT_EQ(EscapeForDisplay("a\xE2\x80\x8B"
                             "b\\"),
            "a\\u{200b}b\\\\");
  EXPECT_EQ(EscapeForDisplay("x\ny"), "x\\ny");
  EXPECT_EQ(EscapeForDisplay("x\ny\r", true), "x\ny\\u{d}");
  EXPECT_EQ(EscapeForDisplay("\xFF\xED\xA0\x80"), "\\xff\\xed\\xa0\\x80");
  EXPECT_EQ(EscapeForDisplay("résumé 日本語"), "résumé 日本語");
}

TEST(Text, ClipsBetweenCharacters) {
  EXPECT_EQ(ClipUtf8("aé", 2), "a");
  EXPECT_EQ(ClipUtf8("aé", 3), "aé");
}

TEST(Text, SplitsLinesOfAllSystems) {
  EXPECT_EQ(SplitLines("a\r\nb\n\nc"), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_TRUE(SplitLines("").empty());
}

TEST(Text, SaysSizesAsPeopleDo) {
  EXPECT_EQ(FormatBytes(1), "1 byte");
  EXPECT_EQ(FormatBytes(999), "999 bytes");
  EXPECT_EQ(FormatBytes(12'500), "12.5 KB");
  EXPECT_EQ(FormatBytes(999'990), "1.0 MB");
}

TEST(Path, NormalFormDropsDotsAndSlashes) {
  EXPECT_EQ(*NormalizePath("./reports//2026/"), "reports/2026");
  EXPECT_EQ(*NormalizePath("."), ".");
  EXPECT_EQ(*NormalizePath(""), ".");
  EXPECT_EQ(*NormalizePath("a/../b"), "b");
}

TEST(Path, WhatLeavesTheWorkspaceIsRefused) {
  for (const char* path : {"/etc/passwd", "../x", "a/../../x", "~", "~/x"}) {
    EXPECT_FALSE(NormalizePath(path).has_value()) << path;
  }
  EXPECT_FALSE(NormalizePath(std::string("a\0b", 3)).has_value());
  EXPECT_FALSE(NormalizePath(std::string(300, 'x')).has_value());
  EXPECT_FALSE(NormalizePath(std::string(5000, '/') + "x").has_value());
}

TEST(Path, TakesNamesApart) {
  EXPECT_EQ(LeafOf("a/b.txt"), "b.txt");
  EXPECT_EQ(FolderOf("a/b/c"), "a/b");
  EXPECT_EQ(FolderOf("c"), ".");
  EXPECT_EQ(ExtensionOf("a.b/c"), "");
  EXPECT_EQ(ExtensionOf(".bashrc"), "");
  EXPECT_EQ(ExtensionOf("x.tar.GZ"), "GZ");
  EXPECT_TRUE(IsInside("a/b", "a"));
  EXPECT_FALSE(IsInside("ab", "a"));
}

}  // namespace
}  // namespace weir::tools
