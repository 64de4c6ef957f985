#include "audit/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"

namespace weir::audit {
namespace {

using testing::HasSubstr;

TEST(Event, KindsHaveNamesAndBack) {
  for (const EventKind kind :
       {EventKind::kLogStarted, EventKind::kTornTail, EventKind::kSealingStarted, EventKind::kSeal,
        EventKind::kRunStarted, EventKind::kDecision, EventKind::kApproval, EventKind::kIntent,
        EventKind::kOutcome, EventKind::kDenied, EventKind::kRunFinished, EventKind::kUndo,
        EventKind::kNotice}) {
    EXPECT_EQ(EventKindFromName(EventKindName(kind)), kind);
  }
  EXPECT_FALSE(EventKindFromName("reasoning"));
}

TEST(Event, TheKindsThatOnlyTheLogWritesAreKnown) {
  for (const EventKind kind : {EventKind::kLogStarted, EventKind::kTornTail, EventKind::kSeal,
                               EventKind::kSealingStarted}) {
    EXPECT_TRUE(IsWrittenByTheLog(kind));
  }
  for (const EventKind kind : {EventKind::kRunStarted, EventKind::kDecision, EventKind::kIntent,
                               EventKind::kOutcome, EventKind::kNotice}) {
    EXPECT_FALSE(IsWrittenByTheLog(kind));
  }
}

TEST(Event, NothingButTheMembersOfItsKindIsAccepted) {
  const auto check = [](EventKind kind, json::Json data) {
    return CheckEvent(MakeEvent(kind, "run", "call", std::move(data)));
  };
  EXPECT_TRUE(check(EventKind::kDenied, {{"by", "policy"}}));
  EXPECT_TRUE(check(EventKind::kDenied, json::Json::object()));
  for (const char* member : {"reasoning", "thinking", "answer_text", "result", "text", ""}) {
    const Status status = check(EventKind::kOutcome, {{member, "x"}});
    ASSERT_FALSE(status) << member;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(check(EventKind::kOutcome, {{"result", "x"}}).error().message,
              HasSubstr("a outcome event has no member 'result'"));
  EXPECT_FALSE(check(EventKind::kDenied, json::Json::array()));
  EXPECT_FALSE(check(EventKind::kDenied, nullptr));
}

TEST(Event, MembersHaveTypesAndBounds) {
  const auto outcome = [](json::Json data) {
    return CheckEvent(MakeEvent(EventKind::kOutcome, "", "", std::move(data)));
  };
  EXPECT_TRUE(outcome({{"duration_us", 5}}));
  EXPECT_FALSE(outcome({{"duration_us", -5}}));
  EXPECT_FALSE(outcome({{"duration_us", 5.5}}));
  EXPECT_FALSE(outcome({{"duration_us", "5"}}));
  EXPECT_FALSE(outcome({{"duration_us", (int64_t{1} << 53) + 1}}));
  EXPECT_FALSE(outcome({{"is_error", 1}}));
  EXPECT_TRUE(outcome({{"undo", std::string(16384, 'x')}}));
  EXPECT_FALSE(outcome({{"undo", std::string(16385, 'x')}}));
  EXPECT_FALSE(CheckEvent(MakeEvent(EventKind::kNotice, std::string(257, 'x'), "")));
}

TEST(Event, AnIntentCarriesItsArgumentsAndTheirDigest) {
  IntentFields fields;
  fields.tool = "write_file";
  fields.canonical_arguments = R"({"a":1,"b":"é"})";
  const Event event = MakeIntent(fields).value();
  EXPECT_TRUE(CheckEvent(event));
  EXPECT_EQ(event.data["arguments"]["b"], "é");
  EXPECT_EQ(event.data["arguments_digest"], Sha256Hex(fields.canonical_arguments));
  for (const char* bad : {R"({"b":1,"a":2})", R"({"a": 1})", "[1]", "1", "", "{", R"({"a":1.0})"}) {
    fields.canonical_arguments = bad;
    EXPECT_FALSE(MakeIntent(fields)) << bad;
  }
}

TEST(Event, AnOutcomeHoldsTheDigestOfTheResultAndNotTheResult) {
  OutcomeFields fields;
  fields.result = "the secret";
  fields.intent_seq = 7;
  fields.is_error = true;
  const Event event = MakeOutcome(fields);
  EXPECT_TRUE(CheckEvent(event));
  EXPECT_EQ(event.data["result_digest"], Sha256Hex("the secret"));
  EXPECT_EQ(event.data["result_bytes"], 10);
  EXPECT_EQ(event.data["intent"], 7);
  EXPECT_EQ(json::Dump(event.data).find("secret"), std::string::npos);
}

}  // namespace
}  // namespace weir::audit
