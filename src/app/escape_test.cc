#include "app/escape.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

TEST(Escape, LeavesVisibleTextOfAllScriptsAlone) {
  EXPECT_EQ(EscapeForTerminal("rm old.log, Übersicht.md, 日本語メモ.txt"),
            "rm old.log, Übersicht.md, 日本語メモ.txt");
}

TEST(Escape, ShowsTerminalControlSequencesAsText) {
  EXPECT_EQ(EscapeForTerminal("\x1b[2J\x1b]0;title\x07"), "\\u{001B}[2J\\u{001B}]0;title\\u{0007}");
  EXPECT_EQ(EscapeForTerminal("a\rb\nc\td"), "a\\rb\\nc\\td");
}

TEST(Escape, KeepsLineBreaksOnlyWhenAskedTo) {
  EXPECT_EQ(EscapeForTerminal("a\nb\r\n", {.keep_newlines = true}), "a\nb\\r\n");
}

TEST(Escape, ShowsBidiOverridesZeroWidthAndTags) {
  EXPECT_EQ(EscapeForTerminal("a\u202Egpj.exe"), "a\\u{202E}gpj.exe");
  EXPECT_EQ(EscapeForTerminal("pay\u200Bpal"), "pay\\u{200B}pal");
  EXPECT_EQ(EscapeForTerminal("x\U000E0041y"), "x\\u{E0041}y");
  EXPECT_EQ(EscapeForTerminal("a\u00A0b\u3164c"), "a\\u{00A0}b\\u{3164}c");
}

TEST(Escape, AnEscapeCannotBeImitated) {
  EXPECT_EQ(EscapeForTerminal("\\u{202E}"), "\\\\u{202E}");
  EXPECT_NE(EscapeForTerminal("\u202E"), EscapeForTerminal("\\u{202E}"));
}

TEST(Escape, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(EscapeForTerminal("a\xff\xc3z"), "a\\xFF\\xC3z");
}

TEST(Ellipsize, CutsAtCodePointsAndCountsWideOnesTwice) {
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(Ellipsize("short", 10), "short");
  EXPECT_EQ(Ellipsize("日本語メモ", 8), "日本...");
}

}  // namespace
}  // namespace weir::app
