// Everything that can be done to a log, at every place of it: is it found, and is the record that
// is named the right one?

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "audit/key_file.h"
#include "audit/merkle.h"
#include "audit/testing/log_fixture.h"
#include "base/hmac.h"

namespace weir::audit {
namespace {

using testing::HasSubstr;

constexpr uint64_t kRecords = 200;
constexpr uint64_t kSealEvery = 20;
// Where the whole log is written anew for every place. No divisor of a batch, so that all places in
// a batch are met.
constexpr size_t kStep = 5;

class TamperTest : public LogFixture {
 protected:
  void SetUp() override {
    WriteAll(AnchorPath(), "");
    MakeSealedLog(kRecords, key_, {.anchor_path = AnchorPath(), .seal_every = kSealEvery});
    lines_ = Lines();
    records_ = Records();
    ASSERT_GE(lines_.size(), kRecords);
    options_ = {.anchors = ReadAnchors(AnchorPath()).value(), .key = key_};
    const VerifyReport report = CheckWith(options_);
    ASSERT_TRUE(report.intact) << report.problem;
    ASSERT_GE(report.n_seals, 9u);
  }

  VerifyReport CheckLines(const std::vector<std::string>& lines, const VerifyOptions& options) {
    SetLines(lines);
    return CheckWith(options);
  }
  // With the key, without anchors.
  VerifyOptions KeyOnly() const { return {.anchors = {}, .key = key_}; }

  static Record ParsedLine(const std::string& line) {
    return ParseRecord(std::string_view(line).substr(0, line.size() - 1)).value();
  }

  // The records as lines, numbered and chained anew from index `from` on.
  static std::vector<std::string> Chained(std::vector<Record> records, size_t from) {
    std::vector<std::string> lines;
    for (size_t i = 0; i < records.size(); ++i) {
      if (i >= from && i > 0) {
        records[i].seq = i + 1;
        records[i].prev = records[i - 1].hash;
      }
      lines.push_back(FormatRecord(records[i]).value());
    }
    return lines;
  }

  // The same, and every seal from index `from` on is made anew by somebody who has `stolen`, the
  // key of a later epoch. `honest_epochs`: the seals say the epoch of their place, not that of the
  // key.
  static std::vector<std::string> Resealed(std::vector<Record> records, size_t from,
                                           SealingKey stolen, bool honest_epochs) {
    MerkleTree tree;
    uint64_t first = 0;
    uint64_t epoch = 0;
    std::vector<std::string> lines;
    for (size_t i = 0; i < records.size(); ++i) {
      Record& record = records[i];
      record.seq = i + 1;
      record.prev = i == 0 ? std::string(kNoPrevious) : records[i - 1].hash;
      const bool is_seal = record.event.kind == EventKind::kSeal;
      if (is_seal && i >= from) {
        const Seal seal{honest_epochs ? epoch : stolen.epoch(), first, record.seq - 1, tree.Root()};
        record.event = MakeSealEvent(seal, stolen.Mac(seal));
      }
      lines.push_back(FormatRecord(record).value());
      if (is_seal) ++epoch;
      if (is_seal || record.event.kind == EventKind::kSealingStarted) {
        first = record.seq;
        tree = {};
      }
      tree.Add(DigestFromHex(record.hash).value());
    }
    return lines;
  }

  // The index of the first seal at or behind index `i`.
  size_t SealBehind(size_t i) const {
    while (records_[i].event.kind != EventKind::kSeal) ++i;
    return i;
  }

  // The key that lies beside the log when it is stolen.
  SealingKey StolenKey() const {
    SealingKey key(key_);
    for (const Record& record : records_) {
      if (record.event.kind == EventKind::kSeal) key.Evolve();
    }
    return key;
  }

  const VerificationKey key_ = NewVerificationKey();
  std::vector<std::string> lines_;
  std::vector<Record> records_;
  VerifyOptions options_;
};

TEST_F(TamperTest, AnEditOfAnyRecordNamesThatRecord) {
  std::mt19937 random(1);
  for (size_t i = 0; i < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    lines[i][random() % (lines[i].size() - 1)] ^= static_cast<char>(1 << random() % 7);
    const VerifyReport report = CheckLines(lines, {});
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, i + 1) << report.problem;
  }
}

TEST_F(TamperTest, AnEditThatIsHashedAnewNamesTheNextRecord) {
  for (size_t i = 0; i + 1 < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    Record record = records_[i];
    record.time_us += 1;
    lines[i] = FormatRecord(record).value();
    const VerifyReport report = CheckLines(lines, {});
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, i + 2) << report.problem;
  }
}

TEST_F(TamperTest, AnEditThatIsChainedAnewNamesTheSealOverIt) {
  for (size_t i = 1; i + 1 < lines_.size(); i += kStep) {
    std::vector<Record> records = records_;
    records[i].time_us += 1;
    // A changed seal, or start of sealing, is under the seal that follows it.
    const VerifyReport report = CheckLines(Chained(records, i), {});
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, SealBehind(i + 1) + 1) << report.problem;
    EXPECT_THAT(report.problem, HasSubstr("does not seal the records"));
  }
}

TEST_F(TamperTest, ADeletedRecordIsNamedWhereItIsMissing) {
  for (size_t i = 0; i < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    const VerifyReport report = CheckLines(lines, options_);
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, i + 1) << report.problem;
  }
}

TEST_F(TamperTest, AnInsertedRecordIsNamed) {
  std::mt19937 random(2);
  for (size_t i = 0; i <= lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    std::string copy = lines_[random() % lines_.size()];
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), copy);
    const VerifyReport report = CheckLines(lines, {});
    ASSERT_FALSE(report.intact) << i;
    // A copy of the record that belongs there leaves the next one wrong.
    const bool is_copy_of_it = i < lines_.size() && copy == lines_[i];
    EXPECT_EQ(report.bad_line, i + (is_copy_of_it ? 2 : 1)) << report.problem;
  }
}

TEST_F(TamperTest, AnInsertedRecordThatIsChainedInNamesTheSealOverIt) {
  for (size_t i = 2; i < lines_.size(); i += kStep) {
    std::vector<Record> records = records_;
    Record made_up = records_[1];
    made_up.event = Intent("made up");
    records.insert(records.begin() + static_cast<std::ptrdiff_t>(i), made_up);
    const VerifyReport report = CheckLines(Chained(records, i), {});
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, SealBehind(i) + 2) << report.problem;
  }
}

TEST_F(TamperTest, SwappedRecordsNameTheFirstOfThem) {
  std::mt19937 random(3);
  for (size_t i = 0; i + 1 < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    const size_t other = i + 1 + random() % (lines_.size() - i - 1);
    std::swap(lines[i], lines[other]);
    const VerifyReport report = CheckLines(lines, {});
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, i + 1) << report.problem;
  }
}

TEST_F(TamperTest, ATailCutAnywhereIsSeenWithTheAnchor) {
  VerifyOptions options = options_;
  options.key = {};
  for (size_t n = 0; n < lines_.size(); ++n) {
    const std::vector<std::string> lines(lines_.begin(),
                                         lines_.begin() + static_cast<std::ptrdiff_t>(n));
    SetLines(lines);
    const VerifyReport report = Verify(LogPath(), options).value();  // the log alone
    ASSERT_FALSE(report.intact) << n;
    EXPECT_EQ(report.bad_line, n + 1) << report.problem;
    EXPECT_THAT(report.problem, HasSubstr("cut off"));
  }
}

TEST_F(TamperTest, ATailCutAnywhereIsSeenByTheKeyBesideTheLog) {
  for (size_t n = 0; n < lines_.size(); ++n) {
    const std::vector<std::string> lines(lines_.begin(),
                                         lines_.begin() + static_cast<std::ptrdiff_t>(n));
    const VerifyReport report = CheckLines(lines, KeyOnly());
    ASSERT_FALSE(report.intact) << n;
    EXPECT_EQ(report.bad_line, n + 1) << report.problem;
    EXPECT_FALSE(AuditLog::Open(Folder(), clock_)) << n;
  }
}

// Cut at a seal, by somebody who sets the key beside the log back in number and place, too. He does
// not have the key of that number.
TEST_F(TamperTest, ATailCutWithTheKeySetBackIsSeenWithTheVerificationKey) {
  const UniqueFd folder(
      platform::SystemFileOps().OpenAt(-1, Folder().c_str(), O_RDONLY | O_DIRECTORY, 0));
  ASSERT_TRUE(folder.valid());
  uint64_t epoch = 0;
  int64_t offset = 0;
  for (size_t i = 0; i + 1 < lines_.size(); ++i) {
    if (records_[i].event.kind == EventKind::kSeal) {
      const SealingState state{SealingKey(++epoch, StolenKey().bytes()), i + 1, offset};
      ASSERT_TRUE(StoreSealingState(platform::SystemFileOps(), folder.get(), state));
      const std::vector<std::string> lines(lines_.begin(),
                                           lines_.begin() + static_cast<std::ptrdiff_t>(i + 1));
      EXPECT_TRUE(CheckLines(lines, {}).intact);
      const VerifyReport report = CheckLines(lines, KeyOnly());
      ASSERT_FALSE(report.intact) << i;
      EXPECT_THAT(report.problem, HasSubstr("is not key number"));
    }
    offset += static_cast<int64_t>(lines_[i].size());
  }
  EXPECT_GE(epoch, 8u);
}

// The flaw of CVE-2023-31439: somebody who took the machine changes old records and seals them
// anew with the key that he found.
TEST_F(TamperTest, RecordsSealedAnewWithANewerKeyNameTheFirstSuchSeal) {
  const SealingKey stolen = StolenKey();
  for (size_t i = 1; i + 1 < lines_.size(); i += kStep) {
    std::vector<Record> records = records_;
    records[i].time_us += 1;
    for (const bool honest_epochs : {false, true}) {
      const VerifyReport report =
          CheckLines(Resealed(records, i + 1, stolen, honest_epochs), KeyOnly());
      ASSERT_FALSE(report.intact) << i;
      EXPECT_EQ(report.bad_line, SealBehind(i + 1) + 1) << report.problem;
      EXPECT_THAT(report.problem, HasSubstr(honest_epochs ? "MAC" : "seal number"));
    }
  }
}

TEST_F(TamperTest, SealsThatAreLeftOutNameTheSealThatTakesTheirPlace) {
  const SealingKey stolen = StolenKey();
  for (size_t i = 1; i + 2 < lines_.size(); i += 7) {
    // Everything behind record i under one seal, made with the current key.
    std::vector<Record> records;
    for (size_t k = 0; k < records_.size(); ++k) {
      const bool is_last = k + 1 == records_.size();
      if (k <= i || is_last || records_[k].event.kind != EventKind::kSeal) {
        records.push_back(records_[k]);
      }
    }
    const VerifyReport report = CheckLines(Resealed(records, i + 1, stolen, false), KeyOnly());
    ASSERT_FALSE(report.intact) << i;
    EXPECT_EQ(report.bad_line, records.size()) << report.problem;
  }
}

TEST_F(TamperTest, ALogWrittenAnewWithoutSealsOrWithOtherKeysIsSeenWithTheVerificationKey) {
  std::filesystem::remove_all(Folder());
  MakeLog(50);
  EXPECT_TRUE(CheckWith({}).intact);
  EXPECT_FALSE(CheckWith(KeyOnly()).intact);
  EXPECT_FALSE(CheckWith({.anchors = options_.anchors, .key = {}}).intact);
  std::filesystem::remove_all(Folder());
  MakeSealedLog(50, NewVerificationKey(), {});
  EXPECT_TRUE(CheckWith({}).intact);
  EXPECT_EQ(CheckWith(KeyOnly()).bad_line, 2u);
}

TEST_F(TamperTest, AnAnchorFileThatContradictsItselfIsSeen) {
  VerifyOptions options = options_;
  options.anchors.push_back({options.anchors.front().seq, std::string(64, 'f')});
  const VerifyReport report = CheckWith(options);
  EXPECT_FALSE(report.intact);
  EXPECT_EQ(report.bad_line, options_.anchors.front().seq);
}

}  // namespace
}  // namespace weir::audit
