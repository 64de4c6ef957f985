#include "tools/change_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/testing/temp_workspace.h"

namespace weir::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ChangeTools : public ::testing::Test {
 protected:
  std::string Say(const std::string& tool, const json::Json& arguments) {
    return testing::Call(workspace_.Context(), tool, arguments).summary;
  }
  Plan PlanOf(const std::string& tool, const json::Json& arguments) {
    Result<Plan> plan = PlanChange(workspace_.Context(), tool, arguments);
    EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message);
    return plan ? std::move(*plan) : Plan{};
  }
  mode_t ModeOf(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::lstat((workspace_.folder() + "/" + path).c_str(), &info), 0);
    return info.st_mode & 07777;
  }
  testing::TempWorkspace workspace_;
};

TEST_F(ChangeTools, WritesANewFileAndItsFolders) {
  const Plan plan = PlanOf("write_file", {{"path", "a/b/c.txt"}, {"text", "hello\n"}});
  EXPECT_EQ(plan.action, "write the new file a/b/c.txt");
  EXPECT_THAT(plan.body, HasSubstr("makes the folder a/b\n"));
  EXPECT_THAT(plan.body, HasSubstr("+hello\n"));
  EXPECT_FALSE(workspace_.Exists("a"));
  EXPECT_EQ(Say("write_file", {{"path", "a/b/c.txt"}, {"text", "hello\n"}}),
            "wrote 1 line to the new file a/b/c.txt");
  EXPECT_EQ(workspace_.Read("a/b/c.txt"), "hello\n");
}

TEST_F(ChangeTools, OverwritingShowsADiffAndKeepsTheMode) {
  workspace_.Write("n.txt", "one\ntwo\n");
  ASSERT_EQ(::chmod((workspace_.folder() + "/n.txt").c_str(), 0640), 0);
  const Plan plan = PlanOf("write_file", {{"path", "n.txt"}, {"text", "one\n2\n"}});
  EXPECT_EQ(plan.action, "overwrite n.txt");
  EXPECT_THAT(plan.body, HasSubstr("-two\n+2\n"));
  EXPECT_EQ(workspace_.Read("n.txt"), "one\ntwo\n");
  EXPECT_EQ(Say("write_file", {{"path", "n.txt"}, {"text", "one\n2\n"}}),
            "overwrote n.txt with 2 lines");
  EXPECT_EQ(workspace_.Read("n.txt"), "one\n2\n");
  EXPECT_EQ(ModeOf("n.txt"), 0640u);
  EXPECT_EQ(Say("write_file", {{"path", "n.txt"}, {"text", "one\n2\n"}}),
            "n.txt holds exactly this text already");
}

TEST_F(ChangeTools, WriteRefusesWhatIsNoFile) {
  workspace_.MakeFolder("folder");
  workspace_.Write("file", "x");
  workspace_.Link("link", "file");
  ASSERT_EQ(::mkfifo((workspace_.folder() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Say("write_file", {{"path", "folder"}, {"text", ""}}),
            "ERROR: 'folder' is a folder; a file is expected");
  EXPECT_THAT(Say("write_file", {{"path", "link"}, {"text", ""}}), HasSubstr("'link' is a link"));
  EXPECT_THAT(Say("write_file", {{"path", "pipe"}, {"text", ""}}), HasSubstr("special file"));
  EXPECT_THAT(Say("write_file", {{"path", "file/x"}, {"text", ""}}),
              HasSubstr("'file' is a file; a folder is expected"));
  EXPECT_THAT(Say("write_file", {{"path", "."}, {"text", ""}}), StartsWith("ERROR"));
}

TEST_F(ChangeTools, AppendsALineInTheLineEndsOfTheFile) {
  workspace_.Write("a.txt", "one");
  workspace_.Write("b.txt", "one\r\n");
  workspace_.Write("c.txt", "");
  EXPECT_EQ(Say("append_file", {{"path", "a.txt"}, {"text", "two"}}), "added 1 line to a.txt");
  EXPECT_EQ(workspace_.Read("a.txt"), "one\ntwo\n");
  Say("append_file", {{"path", "b.txt"}, {"text", "two\nthree"}});
  EXPECT_EQ(workspace_.Read("b.txt"), "one\r\ntwo\r\nthree\r\n");
  Say("append_file", {{"path", "c.txt"}, {"text", "x\n"}});
  EXPECT_EQ(workspace_.Read("c.txt"), "x\n");
  EXPECT_THAT(PlanOf("append_file", {{"path", "c.txt"}, {"text", "y"}}).body, HasSubstr("+y\n"));
  EXPECT_EQ(Say("append_file", {{"path", "d.txt"}, {"text", "x"}}),
            "ERROR: no file 'd.txt'; there is 'a.txt', 'b.txt' and 'c.txt'. write_file makes a new "
            "file");
  workspace_.Write("x.bin", std::string("\0\1", 2));
  EXPECT_THAT(Say("append_file", {{"path", "x.bin"}, {"text", "x"}}), HasSubstr("not text"));
}

TEST_F(ChangeTools, EditsATextThatOccursOnce) {
  workspace_.Write("a.txt", "one\ntwo\nthree\ntwo!\n");
  EXPECT_EQ(Say("edit_file", {{"path", "a.txt"}, {"old_text", "three"}, {"new_text", "3"}}),
            "changed line 3 of a.txt");
  EXPECT_EQ(workspace_.Read("a.txt"), "one\ntwo\n3\ntwo!\n");
  EXPECT_THAT(Say("edit_file", {{"path", "a.txt"}, {"old_text", "two"}, {"new_text", "2"}}),
              HasSubstr("2 times, first on lines 2 and 4"));
  EXPECT_THAT(Say("edit_file", {{"path", "a.txt"}, {"old_text", "ONE"}, {"new_text", "1"}}),
              HasSubstr("other upper and lower case it is on line 1"));
  EXPECT_THAT(Say("edit_file", {{"path", "a.txt"}, {"old_text", "nine"}, {"new_text", "9"}}),
              HasSubstr("does not hold the text 'nine'"));
  EXPECT_THAT(Say("edit_file", {{"path", "a.txt"}, {"old_text", ""}, {"new_text", "9"}}),
              HasSubstr("'old_text' is empty"));
  EXPECT_THAT(Say("edit_file", {{"path", "a.txt"}, {"old_text", "x"}, {"new_text", "x"}}),
              HasSubstr("nothing to change"));
  workspace_.Write("crlf.txt", "a\r\nb\r\nc\r\n");
  EXPECT_EQ(Say("edit_file", {{"path", "crlf.txt"}, {"old_text", "a\nb"}, {"new_text", "x\ny"}}),
            "changed line 1 of crlf.txt");
  EXPECT_EQ(workspace_.Read("crlf.txt"), "x\r\ny\r\nc\r\n");
}

TEST_F(ChangeTools, MakesFoldersWithTheirParents) {
  EXPECT_EQ(Say("make_folder", {{"path", "a/b/c/"}}), "made the folder a/b/c");
  EXPECT_TRUE(workspace_.Exists("a/b/c"));
  EXPECT_EQ(Say("make_folder", {{"path", "a/b/c"}}), "the folder a/b/c was there already");
  workspace_.Write("file", "");
  EXPECT_EQ(Say("make_folder", {{"path", "file"}}),
            "ERROR: 'file' is a file; a folder is expected");
  EXPECT_EQ(Say("make_folder", {{"path", "file/x"}}),
            "ERROR: 'file' is a file; a folder is expected");
}

TEST_F(ChangeTools, MovesIntoFoldersAndToNewNames) {
  workspace_.Write("notes.txt", "n");
  workspace_.MakeFolder("archive");
  EXPECT_EQ(PlanOf("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}).action,
            "move notes.txt -> archive/notes.txt");
  EXPECT_EQ(Say("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}),
            "moved notes.txt to archive/notes.txt");
  EXPECT_EQ(workspace_.Read("archive/notes.txt"), "n");
  EXPECT_EQ(Say("move_file", {{"source", "archive/notes.txt"}, {"destination", "memo.txt"}}),
            "moved archive/notes.txt to memo.txt");
  EXPECT_EQ(Say("move_file", {{"source", "archive"}, {"destination", "old"}}),
            "moved archive to old");
  EXPECT_TRUE(workspace_.Exists("old"));
}

TEST_F(ChangeTools, AMissingDestinationWithoutExtensionIsANewFolder) {
  workspace_.Write("notes.txt", "n");
  const Plan plan = PlanOf("move_file", {{"source", "notes.txt"}, {"destination", "archive"}});
  EXPECT_EQ(plan.action, "move notes.txt -> archive/notes.txt");
  EXPECT_THAT(plan.body, HasSubstr("the folder archive does not exist: it is made first"));
  EXPECT_EQ(Say("move_file", {{"source", "notes.txt"}, {"destination", "archive"}}),
            "moved notes.txt to archive/notes.txt (made the folder archive)");
  workspace_.Write("Makefile", "m");
  EXPECT_EQ(Say("move_file", {{"source", "Makefile"}, {"destination", "Makefile-old"}}),
            "moved Makefile to Makefile-old");
  EXPECT_EQ(Say("move_file", {{"source", "Makefile-old"}, {"destination", "new/"}}),
            "moved Makefile-old to new/Makefile-old (made the folder new)");
  EXPECT_THAT(Say("move_file", {{"source", "archive/notes.txt"}, {"destination", "Archive"}}),
              StartsWith("ERROR: no folder 'Archive'; there is 'archive'"));
}

TEST_F(ChangeTools, NothingIsEverOverwrittenByMoveOrCopy) {
  workspace_.Write("a.txt", "a");
  workspace_.Write("b.txt", "b");
  workspace_.Write("f/a.txt", "old");
  for (const char* tool : {"move_file", "copy_file"}) {
    EXPECT_THAT(Say(tool, {{"source", "a.txt"}, {"destination", "b.txt"}}),
                StartsWith("ERROR: 'b.txt' is there already; nothing is overwritten"));
    EXPECT_THAT(Say(tool, {{"source", "a.txt"}, {"destination", "f"}}),
                StartsWith("ERROR: 'f/a.txt' is there already"));
    EXPECT_THAT(Say(tool, {{"source", "a.txt"}, {"destination", "a.txt"}}), StartsWith("ERROR"));
  }
  EXPECT_EQ(workspace_.Read("f/a.txt"), "old");
  EXPECT_EQ(workspace_.Read("b.txt"), "b");
}

TEST_F(ChangeTools, FoldersDoNotGoIntoThemselves) {
  workspace_.MakeFolder("a/b");
  for (const char* tool : {"move_file", "copy_file"}) {
    EXPECT_THAT(Say(tool, {{"source", "a"}, {"destination", "a/b"}}),
                HasSubstr("can not go into itself"));
    EXPECT_THAT(Say(tool, {{"source", "a"}, {"destination", "a"}}), StartsWith("ERROR"));
    EXPECT_THAT(Say(tool, {{"source", "."}, {"destination", "a"}}), StartsWith("ERROR"));
  }
}

TEST_F(ChangeTools, CopiesFilesAndWholeFolders) {
  workspace_.Write("a/x.txt", "x");
  workspace_.Write("a/sub/y.txt", "y");
  workspace_.Link("a/link", "x.txt");
  ASSERT_EQ(::chmod((workspace_.folder() + "/a/x.txt").c_str(), 0600), 0);
  const Plan plan = PlanOf("copy_file", {{"source", "a"}, {"destination", "b"}});
  EXPECT_THAT(plan.body, HasSubstr("a is a folder with 3 files and 1 folder"));
  EXPECT_EQ(Say("copy_file", {{"source", "a"}, {"destination", "b"}}), "copied a to b");
  EXPECT_EQ(workspace_.Read("b/sub/y.txt"), "y");
  EXPECT_EQ(workspace_.Read("b/link"), "x");
  EXPECT_EQ(ModeOf("b/x.txt"), 0600u);
  EXPECT_EQ(workspace_.Read("a/x.txt"), "x");
  EXPECT_EQ(Say("copy_file", {{"source", "a/x.txt"}, {"destination", "c/z.txt"}}),
            "copied a/x.txt to c/z.txt (made the folder c)");
  EXPECT_THAT(Say("copy_file", {{"source", "a/link"}, {"destination", "z.txt"}}),
              HasSubstr("is a link"));
  ASSERT_EQ(::mkfifo((workspace_.folder() + "/a/pipe").c_str(), 0600), 0);
  EXPECT_THAT(Say("copy_file", {{"source", "a"}, {"destination", "d"}}), StartsWith("ERROR"));
  EXPECT_FALSE(workspace_.Exists("d"));
}

TEST_F(ChangeTools, DeletesToTheTrash) {
  workspace_.Write("old.log", "log\n");
  workspace_.Write("folder/a", "a");
  const Plan plan = PlanOf("delete_file", {{"path", "folder"}});
  EXPECT_EQ(plan.action, "delete folder and all in it");
  EXPECT_THAT(plan.body, HasSubstr("folder is a folder with 1 file (1 byte) in it"));
  EXPECT_EQ(Say("delete_file", {{"path", "old.log"}}),
            "deleted old.log (weir undo brings it back)");
  EXPECT_FALSE(workspace_.Exists("old.log"));
  EXPECT_EQ(Say("delete_file", {{"path", "folder"}}), "deleted folder (weir undo brings it back)");
  EXPECT_THAT(Say("delete_file", {{"path", "."}}), StartsWith("ERROR: the workspace itself"));
  EXPECT_EQ(Say("delete_file", {{"path", "old.log"}}),
            "ERROR: no file or folder 'old.log' in the workspace");
}

TEST_F(ChangeTools, DeletingALinkLeavesWhatItPointsTo) {
  workspace_.Write("real.txt", "x");
  workspace_.Link("link", "real.txt");
  workspace_.Link("dangling", "nowhere");
  Say("delete_file", {{"path", "link"}});
  Say("delete_file", {{"path", "dangling"}});
  EXPECT_EQ(workspace_.Read("real.txt"), "x");
  EXPECT_FALSE(workspace_.Exists("link"));
  EXPECT_FALSE(workspace_.Exists("dangling"));
}

TEST_F(ChangeTools, AFileChangedBetweenPlanAndCommitIsNotOverwritten) {
  workspace_.Write("a.txt", "one\n");
  Plan plan = PlanOf("write_file", {{"path", "a.txt"}, {"text", "mine\n"}});
  workspace_.Write("a.txt", "theirs, longer\n");
  const auto committed = Commit(workspace_.Context(), std::move(plan));
  ASSERT_FALSE(committed.has_value());
  EXPECT_THAT(committed.error().message, HasSubstr("changed by something else"));
  EXPECT_EQ(workspace_.Read("a.txt"), "theirs, longer\n");

  Plan fresh = PlanOf("write_file", {{"path", "n/new.txt"}, {"text", "mine\n"}});
  workspace_.Write("n/new.txt", "theirs\n");
  EXPECT_FALSE(Commit(workspace_.Context(), std::move(fresh)).has_value());
  EXPECT_EQ(workspace_.Read("n/new.txt"), "theirs\n");
}

TEST_F(ChangeTools, AFailedCallLeavesNothingBehind) {
  workspace_.Write("a.txt", "one\n");
  Plan plan = PlanOf("move_file", {{"source", "a.txt"}, {"destination", "deep/er/b.txt"}});
  ASSERT_EQ(::unlink((workspace_.folder() + "/a.txt").c_str()), 0);
  EXPECT_FALSE(Commit(workspace_.Context(), std::move(plan)).has_value());
  EXPECT_FALSE(workspace_.Exists("deep"));
  EXPECT_TRUE(workspace_.Context().undo->RecordIds("run-1")->empty());
}

}  // namespace
}  // namespace weir::tools
