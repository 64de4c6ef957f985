#include "audit/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "audit/testing/log_fixture.h"
#include "base/crypto.h"
#include "base/hmac.h"

namespace weir::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Keeps payloads in memory.
class MemorySink : public PayloadSink {
 public:
  struct Payload {
    std::string payload_class, run_id, call_id, bytes, salt;
  };

  Result<PayloadRef> Put(std::string_view payload_class, std::string_view run_id,
                         std::string_view call_id, std::string_view bytes) override {
    if (is_full) return MakeError(ErrorCode::kResourceExhausted, "the sink is full");
    const std::string reference = "payload-" + std::to_string(payloads.size());
    const std::string salt = NewSalt();
    payloads[reference] = {std::string(payload_class), std::string(run_id), std::string(call_id),
                           std::string(bytes), salt};
    return PayloadRef{reference, Commitment(salt, bytes)};
  }

  std::map<std::string, Payload> payloads;
  bool is_full = false;
};

TEST(Commitment, IsAnHmacUnderASaltOf32Bytes) {
  const std::string salt = NewSalt();
  EXPECT_EQ(salt.size(), 32u);
  EXPECT_NE(salt, NewSalt());
  EXPECT_EQ(Commitment(salt, "1234"), ToHex(HmacSha256(salt, "1234")));
  EXPECT_NE(Commitment(salt, "1234"), Commitment(NewSalt(), "1234"));
  EXPECT_NE(Commitment(salt, "1234"), Commitment(salt, "1235"));
}

class PayloadTest : public LogFixture {
 protected:
  // What a call leaves in the log: decision, approval, intent, outcome.
  void AppendCall(AuditLog& log, const std::string& pin) {
    const std::string arguments = R"({"pin":")" + pin + "\"}";
    ASSERT_TRUE(
        log.Append(MakeEvent(EventKind::kDecision, "run-1", "call-1",
                             {{"tool", "unlock"}, {"arguments_digest", Sha256Hex(arguments)}})));
    ASSERT_TRUE(
        log.Append(MakeEvent(EventKind::kApproval, "run-1", "call-1",
                             {{"answer", "yes"}, {"request", Sha256Hex("unlock" + arguments)}})));
    IntentFields intent;
    intent.run_id = "run-1";
    intent.call_id = "call-1";
    intent.tool = "unlock";
    intent.canonical_arguments = arguments;
    intent.nonce = RandomHex(16);
    intent.approval_digest = Sha256Hex("unlock" + arguments + intent.nonce);
    const Result<uint64_t> seq = log.Append(MakeIntent(intent).value());
    ASSERT_TRUE(seq.has_value());
    OutcomeFields outcome;
    outcome.run_id = "run-1";
    outcome.call_id = "call-1";
    outcome.intent_seq = *seq;
    outcome.result = pin;
    ASSERT_TRUE(log.Append(MakeOutcome(outcome)));
  }

  MemorySink sink_;
};

TEST_F(PayloadTest, ASinkThatFailsLeavesNoRecordAndTheLogUsable) {
  AuditLog log = OpenLog({.payloads = &sink_});
  sink_.is_full = true;
  EXPECT_EQ(log.Append(Intent("a")).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(log.head().seq, 1u);
  EXPECT_EQ(log.Append(MakeEvent(EventKind::kNotice, "", "", {{"notice", "x"}})).value(), 2u);
  sink_.is_full = false;
  EXPECT_EQ(log.Append(Intent("a")).value(), 3u);
  EXPECT_TRUE(Check().intact);
}

TEST_F(PayloadTest, AnEventThatIsRefusedPutsNothingAside) {
  AuditLog log = OpenLog({.payloads = &sink_});
  Event event = Intent("a");
  event.data["reasoning"] = "x";
  EXPECT_EQ(log.Append(event).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(sink_.payloads.empty());
}

TEST_F(PayloadTest, ContentsAndTheirDigestsAreInTheSinkAndNotInTheLog) {
  AuditLog log = OpenLog({.payloads = &sink_});
  AppendCall(log, "4711");
  const std::string text = ReadAll(LogPath());
  EXPECT_EQ(text.find("4711"), std::string::npos);
  EXPECT_EQ(text.find("_digest"), std::string::npos);
  EXPECT_EQ(text.find("nonce"), std::string::npos);
  EXPECT_TRUE(Check().intact);

  std::vector<std::string> found;
  for (const Record& record : Records()) {
    for (const char* stem : {"arguments", "request", "result"}) {
      if (!record.event.data.contains(std::string(stem) + "_payload")) continue;
      const auto& payload =
          sink_.payloads.at(record.event.data[std::string(stem) + "_payload"].get<std::string>());
      EXPECT_EQ(record.event.data[std::string(stem) + "_commitment"],
                Commitment(payload.salt, payload.bytes));
      EXPECT_EQ(payload.run_id, "run-1");
      EXPECT_EQ(payload.call_id, "call-1");
      found.push_back(std::string(EventKindName(record.event.kind)) + " " + payload.payload_class);
    }
  }
  EXPECT_THAT(found, ElementsAre("decision arguments", "approval arguments", "intent arguments",
                                 "outcome results"));
  const json::Json of_intent = json::Parse(sink_.payloads.at("payload-2").bytes).value();
  EXPECT_EQ(of_intent["arguments"]["pin"], "4711");
  EXPECT_EQ(of_intent["nonce"].get<std::string>().size(), 32u);
}

// The payloads and their salts are erased; what can somebody do who has the log and tries all PINs?
TEST_F(PayloadTest, AnErasedValueOfFewPossibilitiesCanNotBeGuessed) {
  const auto n_guessed = [this](PayloadSink* sink) {
    std::filesystem::remove_all(Folder());
    AuditLog log = OpenLog({.payloads = sink});
    AppendCall(log, "0815");
    std::string nonce;
    for (const Record& record : Records()) nonce = record.event.data.value("nonce", nonce);
    const std::string text = ReadAll(LogPath());
    int n = 0;
    for (int pin = 0; pin < 10'000; ++pin) {
      const std::string guess = fmt::format("{:04}", pin);
      const std::string arguments = R"({"pin":")" + guess + "\"}";
      for (const std::string& bytes :
           {guess, arguments, "unlock" + arguments, "unlock" + arguments + nonce}) {
        n += text.find(Sha256Hex(bytes)) != std::string::npos ? 1 : 0;
      }
    }
    return n;
  };
  EXPECT_EQ(n_guessed(&sink_), 0);
  EXPECT_GE(n_guessed(nullptr), 4);  // without a sink all of them are
}

TEST_F(PayloadTest, WithoutASinkRecordsAreAsBefore) {
  AuditLog log = OpenLog();
  ASSERT_TRUE(log.Append(Intent("a")));
  EXPECT_THAT(ReadAll(LogPath()), HasSubstr(R"("arguments":{"path":"a.txt","text":"hello"})"));
}

}  // namespace
}  // namespace weir::audit
