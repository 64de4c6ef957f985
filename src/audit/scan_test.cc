// The fast reader against ParseRecord: what it takes, the other takes and reads alike.

#include "audit/scan.h"

#include <gtest/gtest.h>

#include <random>

#include "audit/record.h"
#include "base/hmac.h"

namespace weir::audit {
namespace {

const std::string kZeros(64, '0');

// A line whose hash fits, whatever it says.
std::string WithHash(const std::string& content) {
  return content + ",\"hash\":\"" + Sha256Hex(content) + "\"}";
}

std::string Content(const std::string& data) {
  return R"({"seq":1,"time_us":2,"boot":"b","prev":")" + kZeros +
         R"(","kind":"intent","run":"r","call":"c","data":)" + data;
}

// Whether the line was scanned; then ParseRecord must say the same.
bool ScansAsParsed(const std::string& line) {
  const std::optional<RecordView> view = ScanRecord(line);
  if (!view) return false;
  const Result<Record> record = ParseRecord(line);
  EXPECT_TRUE(record.has_value()) << line << "\n" << record.error().message;
  if (!record) return true;
  EXPECT_EQ(view->seq, record->seq);
  EXPECT_EQ(view->time_us, record->time_us);
  EXPECT_EQ(view->boot, record->boot);
  EXPECT_EQ(view->prev, record->prev);
  EXPECT_EQ(view->hash, record->hash);
  EXPECT_EQ(ToHex(view->digest), record->hash);
  EXPECT_EQ(view->kind, record->event.kind);
  const auto intent = record->event.data.find("intent");
  const bool has_intent = intent != record->event.data.end() && intent->is_number_unsigned();
  EXPECT_EQ(view->intent.has_value(), has_intent) << line;
  if (view->intent && has_intent) {
    EXPECT_EQ(*view->intent, intent->get<uint64_t>());
  }
  return true;
}

TEST(ScanRecord, TakesWhatLogsMostlyConsistOf) {
  for (
      const char* data :
      {"{}", R"({"a":1})", R"({"intent":7})", R"({"intent":"7"})", R"({"a":{"intent":7}})",
       R"({"arguments":{"path":"a.txt","text":"line\nline\t\"x\" \\ é 漢 😀"},"b":[1,-2,true,null]})",
       R"({"a":[],"b":[[],{}],"c":{}})", R"({"a":0,"b":999999999999999,"c":-1})",
       R"({"a":"\u0000\u001f"})", R"({"":1,"A":1,"a":1})"}) {
    EXPECT_TRUE(ScansAsParsed(WithHash(Content(data)))) << data;
  }
  EXPECT_TRUE(ScansAsParsed(WithHash(Content("{\"a\":\"\x7f\"}"))));
  Record record;
  record.event =
      MakeEvent(EventKind::kOutcome, "run", "call", {{"intent", 12}, {"is_error", true}});
  record.prev = kZeros;
  std::string line = FormatRecord(record).value();
  line.pop_back();
  EXPECT_TRUE(ScansAsParsed(line));
}

TEST(ScanRecord, LeavesTheUncommonToParseRecord) {
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  for (const std::string& data :
       {std::string(R"({"a":0.5})"), std::string(R"({"a":1e+21})"),
        std::string(R"({"a":9007199254740992})"), std::string(R"({"\n":1})"),
        std::string(R"({"é":1})"), R"({"a":)" + deep + "}"}) {
    const std::string line = WithHash(Content(data));
    EXPECT_FALSE(ScanRecord(line)) << data;
    EXPECT_TRUE(ParseRecord(line)) << data;
  }
}

TEST(ScanRecord, TakesNoOtherForm) {
  for (const char* data : {R"({"a": 1})",
                           R"({ "a":1})",
                           R"({"b":1,"a":1})",
                           R"({"a":1,"a":1})",
                           R"({"a":01})",
                           R"({"a":-0})",
                           R"({"a":1.0})",
                           R"({"a":+1})",
                           R"({"a":1,})",
                           R"({"a"})",
                           R"({"a":})",
                           R"({a:1})",
                           R"({"a":tru})",
                           R"({"a":[1,]})",
                           R"({"a":[1 ]})",
                           R"({"a":"\/"})",
                           R"({"a":"\u0041"})",
                           R"({"a":"\u000a"})",
                           R"({"a":"\u001F"})",
                           R"({"a":"\x"})",
                           R"({"a":"\)",
                           R"({"a":"x)",
                           R"({"a":1}})",
                           R"({"a":1}x)",
                           "[]",
                           "1",
                           "",
                           "{",
                           "null",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xc3\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\x01\"}"}) {
    const std::string line = WithHash(Content(data));
    EXPECT_FALSE(ScanRecord(line)) << data;
    EXPECT_FALSE(ParseRecord(line)) << data;
  }
}

TEST(ScanRecord, TakesNoOtherHead) {
  const std::string rest =
      R"(,"boot":"b","prev":")" + kZeros + R"(","kind":"denied","run":"","call":"","data":{})";
  EXPECT_TRUE(ScansAsParsed(WithHash(R"({"seq":1,"time_us":2)" + rest)));
  EXPECT_TRUE(ScansAsParsed(WithHash(R"({"seq":18446744073709551615,"time_us":0)" + rest)));
  EXPECT_TRUE(ScansAsParsed(WithHash(R"({"seq":0,"time_us":9223372036854775807)" + rest)));
  for (const char* head :
       {R"({"seq":-1,"time_us":2)", R"({"seq":1,"time_us":-2)", R"({"seq":01,"time_us":2)",
        R"({"seq":18446744073709551616,"time_us":2)", R"({"seq":1,"time_us":9223372036854775808)",
        R"({"seq":1.0,"time_us":2)", R"({"seq":"1","time_us":2)", R"({"time_us":2,"seq":1)",
        R"({"seq":1)", R"( {"seq":1,"time_us":2)", R"({"seq":,"time_us":2)", R"({"seq":)"}) {
    const std::string line = WithHash(head + rest);
    EXPECT_FALSE(ScanRecord(line)) << head;
    EXPECT_FALSE(ParseRecord(line)) << head;
  }
  std::string dream = R"({"seq":1,"time_us":2)" + rest;
  dream.replace(dream.find("denied"), 6, "dreamt");
  EXPECT_FALSE(ScanRecord(WithHash(dream)));
}

// A value of any shape, mostly common ones.
json::Json SomeValue(std::mt19937& random, int depth) {
  switch (random() % (depth > 0 ? 9 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int64_t>(random()) - (int64_t{1} << 31);
    case 3:
      return static_cast<double>(random() % 1000) / 8;
    case 4:
      return std::string(random() % 20, static_cast<char>(random() % 128));
    case 5:
      return "é漢😀";
    case 6:
      return random() % 100;
    case 7: {
      json::Json array = json::Json::array();
      for (size_t i = random() % 4; i > 0; --i) array.push_back(SomeValue(random, depth - 1));
      return array;
    }
    default: {
      json::Json object = json::Json::object();
      for (size_t i = random() % 4; i > 0; --i) {
        object[std::string(1 + random() % 3, static_cast<char>('a' + random() % 3))] =
            SomeValue(random, depth - 1);
      }
      return object;
    }
  }
}

TEST(ScanRecord, AgreesWithParseRecordOnManyRecordsAndOnDamagedOnes) {
  std::mt19937 random(7);
  int n_scanned = 0;
  int n_damaged_scanned = 0;
  for (int i = 0; i < 2000; ++i) {
    Record record;
    record.seq = random();
    record.time_us = random();
    record.boot = "boot";
    record.prev = Sha256Hex(std::to_string(i));
    json::Json arguments = json::Json::object();
    arguments["a"] = SomeValue(random, 4);
    record.event = MakeEvent(EventKind::kIntent, "run", "", {{"arguments", arguments}});
    std::string line = FormatRecord(record).value();
    line.pop_back();
    ASSERT_TRUE(ParseRecord(line));
    n_scanned += ScansAsParsed(line) ? 1 : 0;
    // Any byte of the content another one, with a hash that fits.
    std::string content = line.substr(0, line.size() - 75);
    content[random() % content.size()] = static_cast<char>(random());
    n_damaged_scanned += ScansAsParsed(WithHash(content)) ? 1 : 0;
    EXPECT_FALSE(ScanRecord(content + line.substr(line.size() - 75)) &&
                 content + line.substr(line.size() - 75) != line);
  }
  EXPECT_GT(n_scanned, 1000);
  EXPECT_GT(n_damaged_scanned, 20);  // letters inside texts
}

}  // namespace
}  // namespace weir::audit
