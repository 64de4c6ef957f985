#include "changes/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "changes/testing/history_fixture.h"

namespace weir::changes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RenderTest : public testing::HistoryFixture {
 protected:
  Rendering Shown() const {
    Result<Rendering> rendering =
        Render(Changes(), OpenTree(tree_.workspace()), OpenTree(tree_.content()));
    EXPECT_TRUE(rendering.has_value()) << rendering.error().message;
    return rendering.value_or(Rendering{});
  }
};

TEST_F(RenderTest, AContentThatIsNotTheRecordedOneIsNotShown) {
  MakeSample();
  tree_.Write("content/notes.txt", "one\n2\nthree\n");
  const ChangeSet set = Changes();
  tree_.Write("content/notes.txt", "something else\n");
  const Result<Rendering> rendering =
      Render(set, OpenTree(tree_.workspace()), OpenTree(tree_.content()));
  ASSERT_FALSE(rendering.has_value());
  EXPECT_EQ(rendering.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(rendering.error().message, HasSubstr("notes.txt"));
}

TEST_F(RenderTest, EveryKindOfChangeHasItsLine) {
  MakeSample();
  ChangeEverything();
  EXPECT_THAT(
      Shown().lines,
      ElementsAre("removed empty: a folder, mode 0750",
                  HasSubstr("replaced folder: a folder, mode 0755 -> a file of 11 bytes"),
                  "removed folder/deep: a folder, mode 0755",
                  HasSubstr("deleted folder/deep/leaf.txt: a file of 5 bytes, mode 0644, sha256 "),
                  "replaced link: a link to notes.txt -> a link to photo.bin",
                  "made made: a folder, mode 0555", "made made/inside: a folder, mode 0755",
                  HasSubstr("created made/inside/file: a file of 1 bytes, mode 0400"),
                  "renamed folder/inner.txt -> moved.txt",
                  HasSubstr("created new.txt: a file of 4 bytes, mode 0640"),
                  "modified notes.txt: +1 -1 lines, mode unchanged",
                  HasSubstr("deleted photo.bin: a file of 3 bytes, mode 0644, sha256 "),
                  "modified tool.sh: content unchanged, mode 0755 -> 0700"));
}

TEST_F(RenderTest, TextHasAUnifiedDiffAndBinaryHasDigests) {
  MakeSample();
  tree_.Write("content/notes.txt", "one\n2\nthree\n");
  tree_.Write("content/photo.bin", std::string("\x00\x05", 2));
  const Rendering shown = Shown();
  EXPECT_EQ(shown.diff,
            "--- notes.txt (now)\n+++ notes.txt (after)\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n "
            "three\n");
  EXPECT_THAT(shown.lines[1], HasSubstr("modified photo.bin: 3 bytes, sha256 "));
  EXPECT_THAT(shown.lines[1], HasSubstr("-> 2 bytes, sha256 "));
}

TEST_F(RenderTest, ANameCanNotForgeASecondLine) {
  MakeSample();
  tree_.Write("content/x\ndeleted everything", "x\n");
  const Rendering shown = Shown();
  ASSERT_EQ(shown.lines.size(), 1u);
  EXPECT_THAT(shown.lines[0], Not(HasSubstr("\n")));
  EXPECT_THAT(shown.lines[0], HasSubstr("created x\\x0adeleted everything"));
  EXPECT_THAT(shown.diff, HasSubstr("+++ x\\x0adeleted everything (after)\n"));
}

}  // namespace
}  // namespace weir::changes
