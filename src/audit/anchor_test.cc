#include "audit/anchor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/testing/faulty_file_ops.h"
#include "audit/testing/log_fixture.h"

namespace weir::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Fault = FaultyFileOps::Fault;

const std::string kHashA(64, 'a');
const std::string kHashB(64, 'b');

TEST(Head, IsReadFromExactlyTheTextThatItIsWrittenAs) {
  EXPECT_EQ(FormatHead({17, kHashA}), "17 " + kHashA);
  EXPECT_EQ(ParseHead("17 " + kHashA), (Head{17, kHashA}));
  for (const std::string& bad :
       {std::string(), std::string("17"), "17  " + kHashA, " 17 " + kHashA, "-17 " + kHashA,
        "0 " + kHashA, "17 " + kHashA + "a", "17 " + kHashA.substr(1), "17 " + std::string(64, 'G'),
        "17\t" + kHashA, "17 " + kHashA + "\r", "99999999999999999999999 " + kHashA}) {
    EXPECT_FALSE(ParseHead(bad)) << bad;
  }
}

class AnchorTest : public LogFixture {
 protected:
  static Result<AnchorFile> OpenAnchor(const std::string& path) {
    return AnchorFile::Open(platform::SystemFileOps(), path);
  }
};

TEST_F(AnchorTest, AFileThatIsMissingOrNoFileIsAnErrorThatSaysTheWayOut) {
  for (const std::string& path : {AnchorPath(), root_ + "/no such folder/anchor", root_}) {
    const Result<AnchorFile> anchor = OpenAnchor(path);
    ASSERT_FALSE(anchor.has_value()) << path;
    EXPECT_THAT(anchor.error().message, HasSubstr(path));
    EXPECT_THAT(anchor.error().message, HasSubstr("weir audit anchor --out"));
  }
  EXPECT_EQ(OpenAnchor(AnchorPath()).error().code, ErrorCode::kNotFound);
}

TEST_F(AnchorTest, AFileThatCanNotBeWrittenIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write to every file";
  WriteAll(AnchorPath(), "");
  ASSERT_EQ(::chmod(AnchorPath().c_str(), 0400), 0);
  EXPECT_EQ(OpenAnchor(AnchorPath()).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(AnchorTest, HeadsAreAppendedOnceAndReadBackInOrder) {
  ASSERT_TRUE(MakeAnchorFile(AnchorPath()));
  {
    AnchorFile anchor = OpenAnchor(AnchorPath()).value();
    EXPECT_FALSE(anchor.last());
    ASSERT_TRUE(anchor.Append({1, kHashA}));
    ASSERT_TRUE(anchor.Append({1, kHashA}));
    ASSERT_TRUE(anchor.Append({5, kHashB}));
  }
  ASSERT_TRUE(MakeAnchorFile(AnchorPath()));  // leaves it as it is
  EXPECT_EQ(OpenAnchor(AnchorPath()).value().last(), (Head{5, kHashB}));
  EXPECT_THAT(ReadAnchors(AnchorPath()).value(), ElementsAre(Head{1, kHashA}, Head{5, kHashB}));
}

TEST_F(AnchorTest, ATornLineIsPassedOverAndEnded) {
  WriteAll(AnchorPath(), "1 " + kHashA + "\n5 bbb");
  {
    AnchorFile anchor = OpenAnchor(AnchorPath()).value();
    EXPECT_EQ(anchor.last(), (Head{1, kHashA}));
    ASSERT_TRUE(anchor.Append({6, kHashB}));
    ASSERT_TRUE(anchor.Append({7, kHashB}));
  }
  EXPECT_THAT(ReadAnchors(AnchorPath()).value(),
              ElementsAre(Head{1, kHashA}, Head{6, kHashB}, Head{7, kHashB}));
}

TEST_F(AnchorTest, NothingToCompareWithIsAnError) {
  EXPECT_EQ(ReadAnchors(AnchorPath()).error().code, ErrorCode::kNotFound);
  WriteAll(AnchorPath(), "a text\n1 " + kHashA);  // no newline: not a whole line
  EXPECT_EQ(ReadAnchors(AnchorPath()).error().code, ErrorCode::kCorruptData);
}

// ---- the log and its anchor ----

TEST_F(AnchorTest, ALogWithAMissingAnchorIsNotOpened) {
  const Result<AuditLog> log = AuditLog::Open(Folder(), clock_, {.anchor_path = AnchorPath()});
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(LogPath()));
}

TEST_F(AnchorTest, HeadsAreAnchoredAtTheStartEverySoManyRecordsAndAtTheEnd) {
  WriteAll(AnchorPath(), "");
  {
    AuditLog log = OpenLog({.anchor_path = AnchorPath(), .seal_every = 3});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(log.Append(Intent("a")));
  }
  // log_started is the first record of the first three.
  std::vector<uint64_t> seqs;
  const std::vector<Head> heads = ReadAnchors(AnchorPath()).value();
  for (const Head& head : heads) seqs.push_back(head.seq);
  EXPECT_THAT(seqs, ElementsAre(1, 3, 5));
  EXPECT_TRUE(CheckWith({.anchors = heads}).intact);
  EXPECT_THAT(CheckWith({.anchors = heads}).not_checked, ElementsAre(HasSubstr("not sealed")));
}

TEST_F(AnchorTest, ALogWhoseAnchoredEndIsGoneIsNotOpened) {
  WriteAll(AnchorPath(), "");
  {
    AuditLog log = OpenLog({.anchor_path = AnchorPath()});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(log.Append(Intent("a")));
  }
  std::vector<std::string> lines = Lines();
  lines.pop_back();
  SetLines(lines);
  const auto open = [&] { return AuditLog::Open(Folder(), clock_, {.anchor_path = AnchorPath()}); };
  EXPECT_EQ(open().error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(open().error().message, HasSubstr("its anchor is record 5"));
  std::filesystem::remove_all(Folder());
  EXPECT_EQ(open().error().code, ErrorCode::kCorruptData);
}

TEST_F(AnchorTest, AnAnchorThatFailsLaterIsToldAndEndsTheLog) {
  WriteAll(AnchorPath(), "");
  FaultyFileOps ops(Fault::kOnce, 0);
  AuditLog log = OpenLog({.ops = &ops, .anchor_path = AnchorPath(), .seal_every = 2});
  // log_started is one record; the next one makes two. Size, write and sync of the log, then the
  // write of the anchor.
  ops.Arm(Fault::kOnce, 4, EIO);
  const Result<uint64_t> seq = log.Append(Intent("a"));
  ASSERT_FALSE(seq.has_value());
  EXPECT_THAT(seq.error().message, HasSubstr("anchor file"));
  EXPECT_EQ(log.Append(Intent("b")).error().code, ErrorCode::kUnavailable);
}

TEST_F(AnchorTest, ClosingTellsOfAnAnchorThatFailed) {
  WriteAll(AnchorPath(), "");
  FaultyFileOps ops(Fault::kOnce, 0);
  AuditLog log = OpenLog({.ops = &ops, .anchor_path = AnchorPath()});
  ASSERT_TRUE(log.Append(Intent("a")));
  ops.Arm(Fault::kFromThenOn, 1, EIO);
  EXPECT_FALSE(log.Close());
  EXPECT_TRUE(log.Close());  // nothing is left to be done
  EXPECT_EQ(log.Append(Intent("b")).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace weir::audit
