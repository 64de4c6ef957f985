#include "changes/read_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "changes/render.h"
#include "changes/testing/temp_tree.h"

namespace weir::changes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The content tree is an upper folder made by hand, as the kernel would write it.
class ReadChangesTest : public ::testing::Test {
 protected:
  ReadChangesTest() {
    tree_.Write("workspace/a.txt", "a\n");
    tree_.Write("workspace/folder/b.txt", "b\n");
    tree_.Write("workspace/folder/c.txt", "c\n");
    tree_.MakeFolder("content");
  }

  Result<ChangeSet> Read() const {
    return ReadChanges(*platform::Workspace::Open(tree_.workspace()),
                       *platform::Workspace::Open(tree_.content()));
  }
  std::vector<std::string> Lines() const {
    const Result<ChangeSet> set = Read();
    EXPECT_TRUE(set.has_value()) << set.error().message;
    return RenderLines(set.value_or(ChangeSet{}));
  }
  void Whiteout(const std::string& path) const {
    ASSERT_EQ(::mknod(tree_.At(path).c_str(), S_IFCHR, makedev(0, 0)), 0);
  }
  bool Mark(const std::string& path, const char* name, const std::string& value) const {
    return ::setxattr(tree_.At(path).c_str(), name, value.data(), value.size(), 0) == 0;
  }

  testing::TempTree tree_;
};

TEST_F(ReadChangesTest, WhatCanNotBePreviewedIsAProblemAndDoesNotHideTheRest) {
  ASSERT_EQ(::mkfifo(tree_.At("content/pipe").c_str(), 0644), 0);
  tree_.Write("content/set", "x", 04755);
  tree_.Write("content/fine", "x");
  const Result<ChangeSet> set = Read();
  ASSERT_TRUE(set.has_value());
  ASSERT_EQ(set->problems.size(), 2u);
  EXPECT_EQ(set->problems[0].path, "pipe");
  EXPECT_EQ(set->problems[1].path, "set");
  EXPECT_THAT(Lines(), ElementsAre(StartsWith("created fine"), StartsWith("NOT POSSIBLE pipe"),
                                   StartsWith("NOT POSSIBLE set")));
}

TEST_F(ReadChangesTest, ATreeThatIsTooDeepIsAnError) {
  std::string path = "content";
  for (int i = 0; i < kMaxDepth + 2; ++i) path += "/d";
  tree_.MakeFolder(path);
  const Result<ChangeSet> set = Read();
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().code, ErrorCode::kResourceExhausted);
}

TEST_F(ReadChangesTest, ADeletedThingThatCouldNotBePutBackIsAProblem) {
  ASSERT_EQ(::mkfifo(tree_.At("workspace/folder/pipe").c_str(), 0644), 0);
  Whiteout("content/folder");
  const Result<ChangeSet> set = Read();
  ASSERT_TRUE(set.has_value());
  ASSERT_EQ(set->problems.size(), 1u);
  EXPECT_EQ(set->problems[0].path, "folder/pipe");
}

TEST_F(ReadChangesTest, TheModeOfTheWorkspaceItselfIsAProblem) {
  tree_.Chmod("content", 0700);
  const Result<ChangeSet> set = Read();
  ASSERT_TRUE(set.has_value());
  ASSERT_EQ(set->problems.size(), 1u);
  EXPECT_EQ(set->problems[0].path, ".");
}

TEST_F(ReadChangesTest, AnEmptyUpperFolderIsNoChange) { EXPECT_THAT(Lines(), IsEmpty()); }

TEST_F(ReadChangesTest, FoldersPassedThroughAndFilesWrittenAsTheyWereAreNoChange) {
  tree_.Write("content/a.txt", "a\n");
  tree_.MakeFolder("content/folder");
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(ReadChangesTest, AWhiteoutRemovesAFileOrAFolderWithAllInIt) {
  Whiteout("content/a.txt");
  Whiteout("content/folder");
  EXPECT_THAT(Lines(),
              ElementsAre(StartsWith("deleted a.txt"), StartsWith("removed folder"),
                          StartsWith("deleted folder/b.txt"), StartsWith("deleted folder/c.txt")));
}

TEST_F(ReadChangesTest, AWhiteoutOfNothingIsNoChange) {
  Whiteout("content/never-there");
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(ReadChangesTest, AWhiteoutMayBeAnEmptyFileWithAnAttribute) {
  tree_.Write("content/a.txt", "");
  if (!Mark("content/a.txt", "user.overlay.whiteout", "")) {
    GTEST_SKIP() << "no attributes in the temporary folder";
  }
  EXPECT_THAT(Lines(), ElementsAre(StartsWith("deleted a.txt")));
}

TEST_F(ReadChangesTest, AnOpaqueFolderHidesWhatLiesBelow) {
  tree_.Write("content/folder/c.txt", "c\n");
  if (!Mark("content/folder", "user.overlay.opaque", "y")) {
    GTEST_SKIP() << "no attributes in the temporary folder";
  }
  EXPECT_THAT(Lines(), ElementsAre(StartsWith("deleted folder/b.txt")));
}

TEST_F(ReadChangesTest, AFolderThatBecameAFileLosesWhatWasInIt) {
  tree_.Write("content/folder", "file\n");
  EXPECT_THAT(Lines(),
              ElementsAre(StartsWith("replaced folder: a folder"),
                          StartsWith("deleted folder/b.txt"), StartsWith("deleted folder/c.txt")));
}

TEST_F(ReadChangesTest, AFileThatBecameAFolderHasNewThingsInIt) {
  tree_.Write("content/a.txt/inside", "x");
  EXPECT_THAT(Lines(), ElementsAre(StartsWith("replaced a.txt: a file"),
                                   StartsWith("created a.txt/inside")));
}

TEST_F(ReadChangesTest, NamesThatDifferInCaseAreDifferent) {
  tree_.Write("content/A.txt", "other\n");
  EXPECT_THAT(Lines(), ElementsAre(StartsWith("created A.txt")));
}

}  // namespace
}  // namespace weir::changes
