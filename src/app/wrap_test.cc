#include "app/wrap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/unique_fd.h"

namespace weir::app {
namespace {

TEST(Wrap, LinesThatFitStayAsTheyAre) {
  EXPECT_EQ(Wrapped("", 4, 20), "");
  EXPECT_EQ(Wrapped("  one  two\n\nthree ", 4, 20), "  one  two\n\nthree ");
  EXPECT_EQ(Wrapped("12345 67890", 4, 11), "12345 67890");
}

TEST(Wrap, LongLinesAreBrokenAtSpacesAndGoOnIndented) {
  EXPECT_EQ(Wrapped("one two three four", 2, 9), "one two\n  three\n  four");
  EXPECT_EQ(Wrapped("  one two three", 4, 9), "  one two\n    three");
  EXPECT_EQ(Wrapped("a\none two three", 0, 7), "a\none two\nthree");
}

TEST(Wrap, AWordThatIsTooLongIsLeftWholeOnALineOfItsOwn) {
  EXPECT_EQ(Wrapped("hash 0123456789abcdef end", 2, 10), "hash\n  0123456789abcdef\n  end");
  EXPECT_EQ(Wrapped("0123456789abcdef", 2, 10), "0123456789abcdef");
}

TEST(Wrap, ColumnsCountAndNotBytes) {
  EXPECT_EQ(Wrapped("äöü äöü äöü", 0, 7), "äöü äöü\näöü");
  EXPECT_EQ(Wrapped("日本 日本", 0, 7), "日本\n日本");
}

TEST(Wrap, OnlyTerminalsHaveColumns) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const UniqueFd read_end(fds[0]), write_end(fds[1]);
  EXPECT_EQ(TerminalColumns(write_end.get()), 0);
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.valid()) GTEST_SKIP() << "no terminals on this machine";
  struct winsize size = {24, 72, 0, 0};
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(TerminalColumns(terminal.get()), 72);
  size.ws_col = 3;
  ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(TerminalColumns(terminal.get()), 40);
}

}  // namespace
}  // namespace weir::app
