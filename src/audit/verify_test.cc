#include "audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "audit/testing/log_fixture.h"
#include "base/crypto.h"

namespace weir::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using VerifyTest = LogFixture;

TEST_F(VerifyTest, AnUntouchedLogIsIntactAndTellsItsHead) {
  MakeLog(10);
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_records, 10u);
  EXPECT_EQ(report.head, OpenLog().head());
  EXPECT_EQ(report.bad_line, 0u);
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_TRUE(Verify(LogPath()).value().intact);
}

TEST_F(VerifyTest, AnEditedRecordIsNamed) {
  MakeLog(10);
  const std::vector<std::string> lines = Lines();
  uint64_t offset = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> edited = lines;
    edited[i][edited[i].size() / 2] ^= 1;
    SetLines(edited);
    const VerifyReport report = Check();
    EXPECT_FALSE(report.intact);
    EXPECT_EQ(report.bad_line, i + 1);
    EXPECT_EQ(report.bad_offset, offset);
    EXPECT_EQ(report.n_records, i);
    EXPECT_THAT(report.problem, HasSubstr("hash"));
    offset += lines[i].size();
  }
}

TEST_F(VerifyTest, ARecordEditedAndHashedAnewIsSeenAtTheNextOne) {
  MakeLog(10);
  std::vector<std::string> lines = Lines();
  Record record = ParseRecord(lines[4].substr(0, lines[4].size() - 1)).value();
  record.event.data["arguments"]["path"] = "other.txt";
  lines[4] = FormatRecord(record).value();
  SetLines(lines);
  const VerifyReport report = Check();
  EXPECT_EQ(report.bad_line, 6u);
  EXPECT_THAT(report.problem, HasSubstr("hash of record 5"));
}

TEST_F(VerifyTest, ADeletedRecordIsSeenWhereItIsMissing) {
  MakeLog(10);
  const std::vector<std::string> lines = Lines();
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    std::vector<std::string> edited = lines;
    edited.erase(edited.begin() + static_cast<std::ptrdiff_t>(i));
    SetLines(edited);
    const VerifyReport report = Check();
    EXPECT_FALSE(report.intact);
    EXPECT_EQ(report.bad_line, i + 1);
    EXPECT_THAT(report.problem, HasSubstr("its seq is"));
  }
}

TEST_F(VerifyTest, AnInsertedRecordIsNamed) {
  MakeLog(10);
  const std::vector<std::string> lines = Lines();
  for (const size_t source : {0u, 3u, 9u}) {
    std::vector<std::string> edited = lines;
    edited.insert(edited.begin() + 5, lines[source]);
    SetLines(edited);
    EXPECT_EQ(Check().bad_line, 6u) << source;
  }
  std::vector<std::string> edited = lines;
  edited.insert(edited.begin() + 5, "\n");
  SetLines(edited);
  EXPECT_EQ(Check().bad_line, 6u);
}

TEST_F(VerifyTest, SwappedRecordsAreNamed) {
  MakeLog(10);
  std::vector<std::string> lines = Lines();
  std::swap(lines[3], lines[6]);
  SetLines(lines);
  EXPECT_EQ(Check().bad_line, 4u);
}

TEST_F(VerifyTest, BytesCutFromTheMiddleAreSeen) {
  MakeLog(10);
  const std::string bytes = ReadAll(LogPath());
  const size_t line_bytes = Lines()[5].size();
  const size_t begin = bytes.find("\"seq\":5,") - 1;
  for (size_t cut = 0; cut < line_bytes; cut += 7) {
    std::string edited = bytes;
    edited.erase(begin + cut, line_bytes / 2);
    WriteAll(LogPath(), edited);
    const VerifyReport report = Check();
    EXPECT_FALSE(report.intact) << cut;
    EXPECT_EQ(report.bad_line, 5u) << cut;
  }
}

TEST_F(VerifyTest, ACutTailNeedsAnAnchorToBeSeen) {
  MakeLog(10);
  const Head anchor = Check().head;
  std::vector<std::string> lines = Lines();
  lines.resize(7);
  SetLines(lines);
  EXPECT_TRUE(Check().intact);
  const VerifyReport report = Verify(Folder(), anchor).value();
  EXPECT_FALSE(report.intact);
  EXPECT_EQ(report.bad_line, 8u);
  EXPECT_THAT(report.problem, HasSubstr("cut off"));
}

TEST_F(VerifyTest, AnAnchorStaysInTheLogAsItGrows) {
  MakeLog(5);
  const Head anchor = Check().head;
  {
    AuditLog log = OpenLog();
    ASSERT_TRUE(log.Append(Intent("more")));
  }
  EXPECT_TRUE(Verify(Folder(), anchor).value().intact);
  const VerifyReport report = Verify(Folder(), Head{5, std::string(64, 'b')}).value();
  EXPECT_EQ(report.bad_line, 5u);
  EXPECT_THAT(report.problem, HasSubstr("anchor"));
}

TEST_F(VerifyTest, AWholeRewrittenChainNeedsAnAnchorToo) {
  MakeLog(5);
  const Head anchor = Check().head;
  std::filesystem::remove_all(Folder());
  clock_.Advance(1);
  MakeLog(5);
  EXPECT_TRUE(Check().intact);
  EXPECT_FALSE(Verify(Folder(), anchor).value().intact);
}

TEST_F(VerifyTest, ATornTailIsToldAndNoDamageToTheRest) {
  MakeLog(5);
  const std::string bytes = ReadAll(LogPath());
  WriteAll(LogPath(), bytes + "{\"seq\":6");
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact);
  EXPECT_EQ(report.n_records, 5u);
  EXPECT_EQ(report.torn_bytes, 8u);
}

TEST_F(VerifyTest, GarbageIsBadAndNeverACrash) {
  for (const std::string& bytes :
       {std::string("\n"), std::string("x\n"), std::string(5, '\0') + "\n", std::string("{}\n"),
        std::string(100, '\xff') + "\n", std::string(200'000, '[') + "\n"}) {
    std::filesystem::create_directories(Folder());
    WriteAll(LogPath(), bytes);
    const VerifyReport report = Check();
    EXPECT_FALSE(report.intact);
    EXPECT_EQ(report.bad_line, 1u);
  }
  WriteAll(LogPath(), std::string(kMaxRecordBytes + 10, 'x'));
  EXPECT_THAT(Check().problem, HasSubstr("longer than"));
  WriteAll(LogPath(), "");
  EXPECT_TRUE(Check().intact);
  EXPECT_EQ(Check().n_records, 0u);
}

TEST_F(VerifyTest, ALogMustStartAtItsStart) {
  MakeLog(3);
  Record record;
  record.seq = 1;
  record.prev = std::string(kNoPrevious);
  record.event = MakeEvent(EventKind::kNotice, "", "");
  SetLines({FormatRecord(record).value()});
  EXPECT_THAT(Check().problem, HasSubstr("log_started"));
  record.event = MakeEvent(EventKind::kLogStarted, "", "", {{"format", 2}});
  SetLines({FormatRecord(record).value()});
  EXPECT_THAT(Check().problem, HasSubstr("format"));
}

TEST_F(VerifyTest, IntentsWithoutAnOutcomeAreListed) {
  AuditLog log = OpenLog();
  const uint64_t done = log.Append(Intent("a")).value();
  const uint64_t open = log.Append(Intent("b")).value();
  OutcomeFields fields;
  fields.intent_seq = done;
  ASSERT_TRUE(log.Append(MakeOutcome(fields)));
  EXPECT_THAT(Check().unfinished, ElementsAre(open));
}

TEST_F(VerifyTest, AClockThatGoesBackIsCounted) {
  AuditLog log = OpenLog();
  clock_.Advance(-5);
  ASSERT_TRUE(log.Append(Intent("a")));
  ASSERT_TRUE(log.Append(Intent("b")));
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact);
  EXPECT_EQ(report.n_time_back, 1u);
}

TEST_F(VerifyTest, AClockSetBackByMoreThanASecondIsAFindingAndNoDamage) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.Append(Intent("a")));
  clock_.Advance(-kClockSlackUs);  // a correction
  ASSERT_TRUE(log.Append(Intent("b")));
  EXPECT_FALSE(Check().clock_back);
  clock_.Advance(-1);
  ASSERT_TRUE(log.Append(Intent("c")));
  clock_.Advance(-3'600'000'000);
  ASSERT_TRUE(log.Append(Intent("d")));
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact);
  ASSERT_TRUE(report.clock_back.has_value());
  EXPECT_EQ(report.clock_back->seq, 4u);  // the first of them
  EXPECT_EQ(report.clock_back->back_us, kClockSlackUs + 1);
  EXPECT_TRUE(report.clock_back->same_boot);
  EXPECT_EQ(report.n_time_back, 3u);
}

TEST_F(VerifyTest, SmallStepsBackAddUp) {
  AuditLog log = OpenLog();
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(-kClockSlackUs / 2);
    ASSERT_TRUE(log.Append(Intent("a")));
  }
  ASSERT_TRUE(Check().clock_back.has_value());
  EXPECT_EQ(Check().clock_back->seq, 4u);
}

TEST_F(VerifyTest, AClockThatIsBehindAfterARestartOfTheMachineIsAFindingToo) {
  MakeLog(3);
  std::vector<std::string> lines = Lines();
  Record record = Records()[2];
  record.boot = "another boot";
  record.time_us -= 5'000'000;
  lines[2] = FormatRecord(record).value();
  SetLines(lines);
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact);
  ASSERT_TRUE(report.clock_back.has_value());
  EXPECT_EQ(report.clock_back->seq, 3u);
  EXPECT_FALSE(report.clock_back->same_boot);
}

TEST_F(VerifyTest, ALogThatIsNotSealedIsToldAsThat) {
  MakeLog(3);
  EXPECT_THAT(Check().not_checked, ElementsAre(HasSubstr("weir audit key"), HasSubstr("--anchor")));
  const Head head = Check().head;
  EXPECT_THAT(Verify(Folder(), head).value().not_checked, ElementsAre(HasSubstr("weir audit key")));
  ASSERT_TRUE(OpenLog().Append(Intent("more")));
  EXPECT_THAT(Verify(Folder(), head).value().not_checked,
              ElementsAre(HasSubstr("weir audit key"), HasSubstr("newest anchor is record 3")));
}

TEST_F(VerifyTest, ARecordInAnotherFormThanTheCanonicalOneIsNamed) {
  MakeLog(3);
  std::vector<std::string> lines = Lines();
  // The same members with the same values, in other bytes, and a hash that fits.
  std::string content = lines[2].substr(0, lines[2].size() - 76);
  content.replace(content.find("\"text\":\"hello\""), 14, R"("text": "hello")");
  lines[2] = content + ",\"hash\":\"" + Sha256Hex(content) + "\"}\n";
  SetLines(lines);
  EXPECT_EQ(Check().bad_line, 3u);
  EXPECT_THAT(Check().problem, HasSubstr("canonical"));
}

TEST_F(VerifyTest, ALogThatIsNotThereIsAnError) {
  EXPECT_EQ(Verify(Folder()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Verify("/dev/null").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(VerifyTest, ManyRecordsStreamThroughSmallBuffers) {
  // Records of very different sizes, so that lines fall on every side of a buffer's end.
  Record record;
  std::string bytes, prev(kNoPrevious);
  constexpr int kRecords = 3000;
  for (int i = 1; i <= kRecords; ++i) {
    record.seq = static_cast<uint64_t>(i);
    record.prev = prev;
    record.event =
        i == 1 ? MakeEvent(EventKind::kLogStarted, "", "", {{"format", 1}})
               : MakeEvent(EventKind::kNotice, "", "",
                           {{"notice", std::string(static_cast<size_t>(i * 37 % 3001), 'n')}});
    bytes += FormatRecord(record).value();
    prev = record.hash;
  }
  std::filesystem::create_directories(Folder());
  WriteAll(LogPath(), bytes);
  const VerifyReport report = Check();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.n_records, static_cast<uint64_t>(kRecords));
}

}  // namespace
}  // namespace weir::audit
