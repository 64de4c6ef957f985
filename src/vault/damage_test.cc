// Bytes that somebody or something changed: every one is noticed, and costs only what it must.

#include <vector>

#include "vault/bucket.h"
#include "vault/key_file.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class DamageTest : public VaultFixture {
 protected:
  // Two results of the same size, and where they lie.
  void PutTwo() {
    Vault vault = OpenVault();
    first_ = Put(vault, DataClass::kResults, "the first payload");
    second_ = Put(vault, DataClass::kResults, "the other payload");
    keys_ = ReadAll(keys_path_);
    data_ = ReadAll(data_path_);
    ASSERT_EQ(keys_.size(), kKeyHeaderBytes + 2 * kSlotBytes);
    ASSERT_EQ(data_.size() % 2, 0u);
  }
  std::string Get(const Stored& stored) const {
    const Result<Payload> payload = Reader().Get(stored.reference);
    return payload ? payload->bytes : std::string(ErrorCodeName(payload.error().code));
  }
  // A slot of the results' first bucket, to change and write back.
  Slot SlotOf(uint64_t index) const {
    Slot slot;
    EXPECT_EQ(DecodeSlot(keys_.substr(static_cast<size_t>(SlotOffset(index)), kSlotBytes),
                         {{DataClass::kResults, 1}, index}, &slot),
              SlotState::kWhole);
    return slot;
  }
  void WriteSlot(uint64_t index, const Slot& slot) const {
    std::string keys = keys_;
    keys.replace(static_cast<size_t>(SlotOffset(index)), kSlotBytes,
                 EncodeSlot({{DataClass::kResults, 1}, index}, slot));
    WriteAll(keys_path_, keys);
  }

  const std::string keys_path_ = VaultPath("results/000001.keys");
  const std::string data_path_ = VaultPath("results/000001.data");
  Stored first_, second_;
  std::string keys_, data_;
};

TEST_F(DamageTest, EveryFlippedByteOfHeaderSlotAndPayloadIsNoticed) {
  PutTwo();
  for (size_t i = 0; i < keys_.size(); ++i) {
    std::string keys = keys_;
    keys[i] = static_cast<char>(keys[i] ^ 0x01);
    WriteAll(keys_path_, keys);
    const bool in_header = i < kKeyHeaderBytes;
    const bool in_first = !in_header && i < kKeyHeaderBytes + kSlotBytes;
    EXPECT_EQ(Get(first_), in_header || in_first ? "corrupt_data" : "the first payload") << i;
    EXPECT_EQ(Get(second_), in_first ? "the other payload" : "corrupt_data") << i;
  }
  WriteAll(keys_path_, keys_);
  for (size_t i = 0; i < data_.size(); ++i) {
    std::string data = data_;
    data[i] = static_cast<char>(data[i] ^ 0x80);
    WriteAll(data_path_, data);
    const bool in_first = i < data_.size() / 2;
    EXPECT_EQ(Get(first_), in_first ? "corrupt_data" : "the first payload") << i;
    EXPECT_EQ(Get(second_), in_first ? "the other payload" : "corrupt_data") << i;
  }
}

TEST_F(DamageTest, AnotherKeyOpensNothing) {
  PutTwo();
  Slot slot = SlotOf(0);
  slot.secrets.key = RecordSecrets::Random().key;
  WriteSlot(0, slot);
  EXPECT_EQ(Get(first_), "corrupt_data");
  EXPECT_EQ(Get(second_), "the other payload");
}

TEST_F(DamageTest, AnotherSaltOpensThePayloadButDoesNotFitTheCommitment) {
  PutTwo();
  Slot slot = SlotOf(0);
  slot.secrets.salt = RecordSecrets::Random().salt;
  WriteSlot(0, slot);
  EXPECT_EQ(Get(first_), "the first payload");
  const Status good = Reader().Check(first_.reference, first_.commitment);
  ASSERT_FALSE(good.has_value());
  EXPECT_EQ(good.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(good.error().message, HasSubstr("does not fit the commitment"));
}

TEST_F(DamageTest, SwappedCiphertextsAreRefused) {
  PutTwo();
  const size_t half = data_.size() / 2;
  WriteAll(data_path_, data_.substr(half) + data_.substr(0, half));
  EXPECT_EQ(Get(first_), "corrupt_data");
  EXPECT_EQ(Get(second_), "corrupt_data");
}

TEST_F(DamageTest, ASlotWithKeyAndPlaceOfAnotherIsRefused) {
  PutTwo();
  // Everything of the other record, under this one's name and with good checksums.
  WriteSlot(0, SlotOf(1));
  EXPECT_EQ(Get(first_), "corrupt_data");
  // The same bytes, moved without a new checksum.
  std::string keys = keys_;
  keys.replace(kKeyHeaderBytes, kSlotBytes, keys_.substr(kKeyHeaderBytes + kSlotBytes));
  WriteAll(keys_path_, keys);
  EXPECT_EQ(Get(first_), "corrupt_data");
}

TEST_F(DamageTest, AnotherRunOrTimeIsRefused) {
  PutTwo();
  Slot slot = SlotOf(0);
  slot.run_id = "run-2";
  WriteSlot(0, slot);
  EXPECT_EQ(Get(first_), "corrupt_data");
  slot = SlotOf(0);
  slot.time_us += kDayUs;
  WriteSlot(0, slot);
  EXPECT_EQ(Get(first_), "corrupt_data");
}

TEST_F(DamageTest, FilesOfAnotherBucketAreRefused) {
  PutTwo();
  Stored elsewhere;
  {
    Vault vault = OpenVault();
    elsewhere = Put(vault, DataClass::kAnswer, "the third payload");
    Put(vault, DataClass::kAnswer, "the fifth payload");
  }
  WriteAll(keys_path_, ReadAll(VaultPath("answers/000001.keys")));
  EXPECT_EQ(Get(first_), "corrupt_data");
  WriteAll(keys_path_, keys_);
  WriteAll(data_path_, ReadAll(VaultPath("answers/000001.data")));
  EXPECT_EQ(Get(first_), "corrupt_data");
  EXPECT_EQ(Get(elsewhere), "the third payload");
}

TEST_F(DamageTest, CutAndMissingFilesAreNamed) {
  PutTwo();
  WriteAll(data_path_, data_.substr(0, data_.size() - 1));
  EXPECT_EQ(Get(first_), "the first payload");
  EXPECT_EQ(Get(second_), "corrupt_data");
  std::filesystem::remove(data_path_);
  EXPECT_EQ(Get(first_), "corrupt_data");
  WriteAll(keys_path_, keys_.substr(0, kKeyHeaderBytes - 1));
  EXPECT_EQ(Get(first_), "corrupt_data");
  WriteAll(keys_path_, "");
  EXPECT_EQ(Get(first_), "corrupt_data");
}

TEST_F(DamageTest, ADamagedHeaderCostsItsBucketAndNothingElse) {
  PutTwo();
  WriteAll(keys_path_, "x" + keys_.substr(1));
  Vault vault = OpenVault();
  const Stored next = Put(vault, DataClass::kResults, "in a bucket of its own");
  EXPECT_EQ(next.reference, "results/2/0");
  const Stored answer = Put(vault, DataClass::kAnswer, "an answer");
  const ExpiryReport report = Expire(vault, kNow + 40 * kDayUs);
  const ExpiryCount count = CountOf(report, DataClass::kResults);
  EXPECT_EQ(count.n_destroyed, 1u);
  ASSERT_EQ(count.problems.size(), 1u);
  EXPECT_THAT(count.problems[0], HasSubstr("results/000001.keys"));
  EXPECT_THAT(count.problems[0], HasSubstr("remove it and 'results/000001.data'"));
  EXPECT_TRUE(report.has_problems());
  EXPECT_THAT(GetText(vault, answer.reference), HasSubstr("expired on"));
}

TEST_F(DamageTest, ADamagedSlotExpiresWithTheEndOfItsDayAndIsTold) {
  PutTwo();
  std::string keys = keys_;
  keys[kKeyHeaderBytes] ^= 1;  // when the first was put
  WriteAll(keys_path_, keys);
  Vault vault = OpenVault();
  // The second is due at noon, the first may be of the evening.
  ExpiryCount count = CountOf(Expire(vault, kNow + 7 * kDayUs), DataClass::kResults);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_EQ(count.n_kept, 1u);
  ASSERT_EQ(count.problems.size(), 1u);
  EXPECT_THAT(count.problems[0], HasSubstr("1 damaged records"));
  // It may belong to the held run, whichever that is.
  HoldRun("some-run");
  count = CountOf(Expire(vault, kNow + 8 * kDayUs), DataClass::kResults);
  EXPECT_EQ(count.n_held, 1u);
  {
    Result<Holds> holds = Holds::Open(State());
    ASSERT_OK(holds);
    ASSERT_OK(holds->Remove(1, kNow));
  }
  count = CountOf(Expire(vault, kNow + 8 * kDayUs), DataClass::kResults);
  EXPECT_EQ(count.n_destroyed, 1u);
  EXPECT_FALSE(std::filesystem::exists(keys_path_));
}

TEST_F(DamageTest, ADataFileWithoutKeysIsTold) {
  PutTwo();
  std::filesystem::remove(keys_path_);
  Vault vault = OpenVault();
  EXPECT_EQ(Put(vault, DataClass::kResults, "next").reference, "results/2/0");
  const ExpiryCount count = CountOf(Expire(vault, kNow), DataClass::kResults);
  ASSERT_EQ(count.problems.size(), 1u);
  EXPECT_THAT(count.problems[0], HasSubstr("results/000001.data' of the vault has no key file"));
}

TEST_F(DamageTest, DamagedListsAreRefusedAndNothingIsDestroyed) {
  PutTwo();
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version":2,"expired":[]})", R"({"version":1,"expired":[{}]})",
        R"({"version":1,"expired":[{"class":"x"}]})"}) {
    WriteAll(VaultPath("expired.json"), text);
    const Result<Vault> vault = Vault::Open(State(), retention_);
    ASSERT_FALSE(vault.has_value()) << text;
    EXPECT_EQ(vault.error().code, ErrorCode::kCorruptData) << text;
    EXPECT_THAT(vault.error().message, HasSubstr("expired.json"));
  }
  std::filesystem::remove(VaultPath("expired.json"));
  for (const char* text : {"", "{}", R"({"version":1,"now_us":1,"retention":{}})",
                           R"({"version":1,"now_us":"1","retention":{}})"}) {
    WriteAll(VaultPath("expiry.json"), text);
    const Result<Vault> vault = Vault::Open(State(), retention_);
    ASSERT_FALSE(vault.has_value()) << text;
    EXPECT_THAT(vault.error().message, HasSubstr("expiry.json"));
  }
  EXPECT_EQ(Get(first_), "the first payload");
}

}  // namespace
}  // namespace weir::vault
