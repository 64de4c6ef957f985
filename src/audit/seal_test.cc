#include "audit/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/hmac.h"

namespace weir::audit {
namespace {

Seal SomeSeal() { return {3, 100, 120, Sha256("root")}; }

TEST(VerificationKey, IsReadFromExactlyTheLineThatItIsWrittenAs) {
  const VerificationKey key = NewVerificationKey();
  const std::string text = FormatVerificationKey(key);
  EXPECT_EQ(ParseVerificationKey(text).value().bytes, key.bytes);
  EXPECT_EQ(ParseVerificationKey(text.substr(0, text.size() - 1)).value().bytes, key.bytes);
  for (const std::string& bad : {std::string(), text + "\n", " " + text, text.substr(0, 40),
                                 text.substr(1), ToHex(key.bytes), std::string(5000, 'a')}) {
    const Result<VerificationKey> parsed = ParseVerificationKey(bad);
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parsed.error().message, testing::HasSubstr("weir audit key"));
  }
}

TEST(VerificationKey, HasANameThatDoesNotTellIt) {
  const VerificationKey key = NewVerificationKey();
  EXPECT_EQ(KeyId(key).size(), 16u);
  EXPECT_EQ(KeyId(key), KeyId(key));
  EXPECT_NE(KeyId(key), KeyId(NewVerificationKey()));
  EXPECT_EQ(ToHex(key.bytes).find(KeyId(key)), std::string::npos);
}

TEST(SealingKey, GoesOnAsDocumented) {
  const VerificationKey first = NewVerificationKey();
  SealingKey key(first);
  Sha256Digest expected = first.bytes;
  std::set<Sha256Digest> keys;
  for (uint64_t epoch = 0; epoch < 50; ++epoch) {
    EXPECT_EQ(key.epoch(), epoch);
    EXPECT_EQ(key.bytes(), expected);
    const Seal seal{epoch, 1, 2, Sha256("root")};
    const std::string text = R"({"epoch":)" + std::to_string(epoch) +
                             R"(,"first":1,"last":2,"root":")" + Sha256Hex("root") + "\"}";
    const Sha256Digest mac_key = HmacSha256(BytesOf(expected), "weir audit log 2: seal");
    EXPECT_EQ(key.Mac(seal), HmacSha256(BytesOf(mac_key), text));
    keys.insert(expected);
    expected = HmacSha256(BytesOf(expected), "weir audit log 2: next key");
    key.Evolve();
  }
  EXPECT_EQ(keys.size(), 50u);
}

TEST(SealingKey, EveryPartOfASealIsUnderItsMac) {
  const SealingKey key(NewVerificationKey());
  const Sha256Digest mac = key.Mac(SomeSeal());
  for (int part = 0; part < 4; ++part) {
    Seal seal = SomeSeal();
    if (part == 0) ++seal.epoch;
    if (part == 1) ++seal.first;
    if (part == 2) ++seal.last;
    if (part == 3) seal.root[31] ^= 1;
    EXPECT_NE(key.Mac(seal), mac) << part;
  }
  EXPECT_NE(SealingKey(NewVerificationKey()).Mac(SomeSeal()), mac);
}

TEST(SealEvent, IsReadBackAndNothingElseIs) {
  const Event event = MakeSealEvent(SomeSeal(), Sha256("mac"));
  EXPECT_TRUE(CheckEvent(event));
  const SealAndMac read = ReadSealEvent(event).value();
  EXPECT_EQ(read.seal, SomeSeal());
  EXPECT_EQ(read.mac, Sha256("mac"));
  for (const char* member : {"epoch", "first", "last", "root", "mac"}) {
    Event changed = event;
    changed.data[member] = "x";
    EXPECT_FALSE(ReadSealEvent(changed)) << member;
    changed.data[member] = -1;
    EXPECT_FALSE(ReadSealEvent(changed)) << member;
    changed.data.erase(member);
    EXPECT_FALSE(ReadSealEvent(changed)) << member;
  }
  Event changed = event;
  changed.data["more"] = 1;
  EXPECT_FALSE(ReadSealEvent(changed));
  changed = event;
  changed.kind = EventKind::kNotice;
  EXPECT_FALSE(ReadSealEvent(changed));
}

}  // namespace
}  // namespace weir::audit
