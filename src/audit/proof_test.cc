#include "audit/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/merkle.h"
#include "audit/testing/log_fixture.h"
#include "base/hmac.h"
#include "json/json.h"

namespace weir::audit {
namespace {

using testing::HasSubstr;

class ProofTest : public LogFixture {
 protected:
  void MakeIt() {
    WriteAll(AnchorPath(), "");
    MakeSealedLog(60, key_, {.anchor_path = AnchorPath(), .seal_every = 13});
    n_records_ = Check().n_records;
  }

  const VerificationKey key_ = NewVerificationKey();
  uint64_t n_records_ = 0;
};

TEST_F(ProofTest, EverySealedRecordHasAProofThatFitsKeyAndAnchor) {
  MakeIt();
  const std::vector<Record> records = Records();
  const std::vector<Head> anchors = ReadAnchors(AnchorPath()).value();
  for (uint64_t seq = 2; seq < n_records_; ++seq) {
    const Result<std::string> text = MakeProof(Folder(), seq);
    ASSERT_TRUE(text.has_value()) << seq << text.error().message;
    const Proof proof = ReadProof(*text).value();
    EXPECT_EQ(proof.record.seq, seq);
    EXPECT_EQ(proof.record.hash, records[seq - 1].hash);
    EXPECT_TRUE(FitsKey(proof, key_)) << seq;
    EXPECT_TRUE(FitsAnchors(proof, anchors)) << seq;
    EXPECT_FALSE(FitsKey(proof, NewVerificationKey()));
    EXPECT_FALSE(FitsAnchors(proof, {}));
    EXPECT_FALSE(FitsAnchors(proof, {{proof.seal_head.seq, std::string(64, 'a')}}));
  }
}

TEST_F(ProofTest, RecordsUnderNoSealHaveNone) {
  MakeIt();
  EXPECT_EQ(MakeProof(Folder(), 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MakeProof(Folder(), n_records_ + 1).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(MakeProof(Folder(), 1).error().message, HasSubstr("older than the sealing"));
  EXPECT_THAT(MakeProof(Folder(), n_records_).error().message, HasSubstr("not sealed yet"));
  std::filesystem::remove_all(Folder());
  MakeLog(3);
  EXPECT_THAT(MakeProof(Folder(), 2).error().message, HasSubstr("under no seal"));
}

TEST_F(ProofTest, ADamagedLogGivesNoProof) {
  MakeIt();
  const std::vector<std::string> good = Lines();
  std::vector<std::string> lines = good;
  lines[4][20] ^= 1;
  SetLines(lines);
  EXPECT_EQ(MakeProof(Folder(), 3).error().code, ErrorCode::kCorruptData);
  lines = good;
  lines.erase(lines.begin() + 5);
  SetLines(lines);
  EXPECT_EQ(MakeProof(Folder(), 3).error().code, ErrorCode::kCorruptData);
}

TEST_F(ProofTest, NoChangedPartOfAProofHolds) {
  MakeIt();
  const std::string text = MakeProof(Folder(), 20).value();
  const json::Json good = json::Parse(text).value();
  const json::Json other = json::Parse(MakeProof(Folder(), 21).value()).value();
  const json::Json far = json::Parse(MakeProof(Folder(), 50).value()).value();
  ASSERT_EQ(good["seal"], other["seal"]);
  std::vector<json::Json> bad;
  for (const char* member : {"format", "record", "path", "seal"}) {
    json::Json changed = good;
    changed[member] = 7;
    bad.push_back(changed);
    changed.erase(member);
    bad.push_back(changed);
    changed = good;
    changed[member] = far[member];
    if (changed != good) bad.push_back(changed);
  }
  json::Json changed = good;
  changed["record"] = other["record"];  // of the same seal, at another place
  bad.push_back(changed);
  changed = good;
  changed["path"].push_back(changed["path"][0]);
  bad.push_back(changed);
  changed = good;
  changed["path"][0] = "x";
  bad.push_back(changed);
  changed["path"][0] = 1;
  bad.push_back(changed);
  changed = good;
  changed["more"] = 1;
  bad.push_back(changed);
  EXPECT_EQ(bad.size(), 16u);
  for (const json::Json& proof : bad) {
    const Result<Proof> read = ReadProof(json::Dump(proof));
    ASSERT_FALSE(read.has_value()) << json::Dump(proof);
    EXPECT_EQ(read.error().code, ErrorCode::kCorruptData);
  }
  EXPECT_FALSE(ReadProof(""));
  EXPECT_FALSE(ReadProof("[]"));
  EXPECT_FALSE(ReadProof(text.substr(0, text.size() / 2)));
  EXPECT_TRUE(ReadProof(text));
}

TEST_F(ProofTest, AForgedSealFitsNeitherKeyNorAnchorAndCostsNoTime) {
  MakeIt();
  Record record = Records()[19];
  record.event = Intent("made up");
  const std::string line = FormatRecord(record).value();
  for (const uint64_t epoch : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 52}) {
    MerkleTree tree;
    tree.Add(DigestFromHex(record.hash).value());
    Record seal_record = record;
    seal_record.seq = record.seq + 1;
    const Seal seal{epoch, record.seq, record.seq, tree.Root()};
    seal_record.event = MakeSealEvent(seal, SealingKey(NewVerificationKey()).Mac(seal));
    const std::string seal_line = FormatRecord(seal_record).value();
    const json::Json forged = {{"format", 1},
                               {"record", line.substr(0, line.size() - 1)},
                               {"path", json::Json::array()},
                               {"seal", seal_line.substr(0, seal_line.size() - 1)}};
    const Result<Proof> proof = ReadProof(json::Dump(forged));
    ASSERT_TRUE(proof.has_value()) << proof.error().message;
    EXPECT_FALSE(FitsKey(*proof, key_));
    EXPECT_FALSE(FitsAnchors(*proof, ReadAnchors(AnchorPath()).value()));
  }
}

}  // namespace
}  // namespace weir::audit
