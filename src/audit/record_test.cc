#include "audit/record.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace weir::audit {
namespace {

Record SomeRecord() {
  Record record;
  record.seq = 7;
  record.time_us = 1'700'000'000'000'000;
  record.boot = "b-1";
  record.prev = std::string(64, 'a');
  record.event =
      MakeEvent(EventKind::kDenied, "run \"1\"", "c\n\u2028", {{"tool", "x"}, {"by", "é"}});
  return record;
}

std::string Bare(Record record) {
  std::string line = FormatRecord(record).value();
  line.pop_back();
  return line;
}

TEST(Record, IsOneLineInTheDocumentedForm) {
  Record record = SomeRecord();
  const std::string line = FormatRecord(record).value();
  const std::string sealed = R"({"seq":7,"time_us":1700000000000000,"boot":"b-1","prev":")" +
                             std::string(64, 'a') +
                             R"(","kind":"denied","run":"run \"1\"","call":"c\n)"
                             "\u2028"
                             R"(","data":{"by":"é","tool":"x"})";
  EXPECT_EQ(line, sealed + R"(,"hash":")" + Sha256Hex(sealed) + "\"}\n");
  EXPECT_EQ(record.hash, Sha256Hex(sealed));
}

TEST(Record, ReadsBackWhatWasWritten) {
  const Record record = ParseRecord(Bare(SomeRecord())).value();
  EXPECT_EQ(record.seq, 7u);
  EXPECT_EQ(record.time_us, 1'700'000'000'000'000);
  EXPECT_EQ(record.boot, "b-1");
  EXPECT_EQ(record.prev, std::string(64, 'a'));
  EXPECT_EQ(record.event.kind, EventKind::kDenied);
  EXPECT_EQ(record.event.run_id, "run \"1\"");
  EXPECT_EQ(record.event.call_id, "c\n\u2028");
  EXPECT_EQ(record.event.data["by"], "é");
}

TEST(Record, EveryChangedByteAndEveryCutIsSeen) {
  const std::string line = Bare(SomeRecord());
  for (size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(ParseRecord(changed)) << i;
    EXPECT_FALSE(ParseRecord(line.substr(0, i))) << i;
    EXPECT_FALSE(ParseRecord(line + line[i]));
  }
  EXPECT_TRUE(ParseRecord(line));
}

// A line whose hash fits, whatever it says.
std::string Sealed(const std::string& content) {
  return content + ",\"hash\":\"" + Sha256Hex(content) + "\"}";
}

TEST(Record, AFittingHashDoesNotExcuseAWrongForm) {
  const std::string zeros = "\"" + std::string(64, '0') + "\"";
  const std::string rest =
      R"(,"boot":"b","prev":)" + zeros + R"(,"kind":"denied","run":"","call":"","data":{})";
  EXPECT_TRUE(ParseRecord(Sealed(R"({"seq":1,"time_us":2)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":-1,"time_us":2)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":1.5,"time_us":2)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":"1","time_us":2)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":1,"time_us":18446744073709551615)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"time_us":2,"seq":1)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":1,"time_us":2,"more":1)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":1,"seq":1,"time_us":2)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed(R"({"seq":1)" + rest)));
  EXPECT_FALSE(ParseRecord(Sealed("[1")));
  EXPECT_FALSE(ParseRecord(Sealed("")));
  EXPECT_FALSE(ParseRecord(Sealed(
      R"({"seq":1,"time_us":2,"boot":"b","prev":"0","kind":"denied","run":"","call":"","data":{})")));
  const Result<Record> unknown =
      ParseRecord(Sealed(R"({"seq":1,"time_us":2,"boot":"b","prev":)" + zeros +
                         R"(,"kind":"dream","run":"","call":"","data":{})"));
  EXPECT_EQ(unknown.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(unknown.error().message.find("'dream'"), std::string::npos);
}

TEST(Record, WhatHasNoJsonFormIsRefused) {
  Record record = SomeRecord();
  record.event.run_id = "\xff";
  EXPECT_FALSE(FormatRecord(record));
  record = SomeRecord();
  record.event.data["by"] = "\xc3";
  EXPECT_FALSE(FormatRecord(record));
}

TEST(Record, DeepArgumentsAreReadBack) {
  json::Json deep = 1;
  for (int i = 0; i < 62; ++i) deep = json::Json::array({deep});
  Record record = SomeRecord();
  record.event = MakeEvent(EventKind::kIntent, "", "", {{"arguments", {{"a", deep}}}});
  EXPECT_TRUE(ParseRecord(Bare(record)));
}

TEST(Record, TooLargeIsRefused) {
  Record record = SomeRecord();
  record.event = MakeEvent(EventKind::kIntent, "", "",
                           {{"arguments", {{"a", std::string(kMaxRecordBytes, 'x')}}}});
  EXPECT_EQ(FormatRecord(record).error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace weir::audit
