#include "net/sse.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "net/testing/naive_sse.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;

std::vector<SseEvent> EventsOf(std::string_view text) {
  SseParser parser;
  std::vector<SseEvent> events;
  EXPECT_TRUE(parser.Push(text, &events));
  return events;
}

std::vector<std::string> DataOf(std::string_view text) {
  std::vector<std::string> data;
  for (const SseEvent& event : EventsOf(text)) data.push_back(event.data);
  return data;
}

using Texts = std::vector<std::string>;

TEST(SseParser, ALineOverTheLimitEndsTheParserAndKeepsWhatCameBefore) {
  SseParser parser({.max_line_bytes = 10, .max_data_bytes = 100});
  std::vector<SseEvent> events;
  const Status status = parser.Push("data: a\n\ndata: 12345", &events);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data, "a");
  EXPECT_FALSE(parser.Push("\n\ndata: b\n\n", &events));
  EXPECT_EQ(events.size(), 1U);
}

TEST(SseParser, AnEventOverTheLimitIsAnErrorHoweverItIsCut) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "data: 0123456789\n";
  for (const size_t step : {size_t{1}, size_t{7}, text.size()}) {
    SseParser parser({.max_line_bytes = 100, .max_data_bytes = 100});
    std::vector<SseEvent> events;
    Status status;
    for (size_t at = 0; status && at < text.size(); at += step)
      status = parser.Push(std::string_view(text).substr(at, step), &events);
    ASSERT_FALSE(status) << step;
    EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
    EXPECT_TRUE(events.empty());
  }
}

TEST(SseParser, AStreamThatEndsWithinAnEventHasNoSuchEvent) {
  EXPECT_EQ(DataOf("data: a\n"), Texts{});
  EXPECT_EQ(DataOf("data: a"), Texts{});
  EXPECT_EQ(DataOf("data: a\n\ndata: b\n"), Texts{"a"});
}

TEST(SseParser, LinesEndWithLfCrOrBoth) {
  EXPECT_EQ(DataOf("data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\n\r"),
            (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(DataOf("data: a\r\ndata: b\r\n\r\n"), Texts{"a\nb"});
  EXPECT_EQ(DataOf("\r\n\n\r\rdata:x\n\n"), Texts{"x"});
}

TEST(SseParser, ACrlfMayBeCutInTwo) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (const char* piece : {"data: a\r", "\ndata: b\r", "\n", "\r", "\n"})
    ASSERT_TRUE(parser.Push(piece, &events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data, "a\nb");
}

TEST(SseParser, FieldsLoseOneSpaceAndNeedNoColon) {
  EXPECT_EQ(DataOf("data\n\n"), Texts{""});
  EXPECT_EQ(DataOf("data:\n\n"), Texts{""});
  EXPECT_EQ(DataOf("data\ndata\n\n"), Texts{"\n"});
  EXPECT_EQ(DataOf("data:  a: b \n\n"), Texts{" a: b "});
  EXPECT_EQ(DataOf("data :a\n\n"), Texts{});
  EXPECT_EQ(DataOf("Data: a\n\n"), Texts{});
  EXPECT_EQ(DataOf(": comment\ndata: a\n: more\nunknown: b\n\n"), Texts{"a"});
}

TEST(SseParser, AByteOrderMarkIsLeftOutAtTheStartOnly) {
  EXPECT_EQ(DataOf("\xef\xbb\xbf"
                   "data: a\n\n"),
            Texts{"a"});
  EXPECT_EQ(DataOf("\n\xef\xbb\xbf"
                   "data: a\n\n"),
            Texts{});
}

TEST(SseParser, TheIdStaysUntilAnotherAndCountsOutsideOfEvents) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(
      parser.Push("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 9\nretry: 500\n\n", &events));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].id, "1");
  EXPECT_EQ(events[1].id, "1");
  EXPECT_EQ(events[2].id, "");
  EXPECT_EQ(parser.last_event_id(), "9");
  EXPECT_EQ(parser.retry(), milliseconds(500));
  ASSERT_TRUE(parser.Push(std::string_view("id: a\0b\ndata: d\n\n", 17), &events));
  EXPECT_EQ(events[3].id, "9");
}

TEST(SseParser, RetryIsDigitsOnly) {
  for (const char* bad :
       {"retry: -1", "retry: 1.5", "retry: 5s", "retry:", "retry:  1", "retry: 0x1"}) {
    SseParser parser;
    std::vector<SseEvent> events;
    ASSERT_TRUE(parser.Push(std::string(bad) + "\ndata: a\n\n", &events));
    EXPECT_FALSE(events.at(0).retry) << bad;
    EXPECT_FALSE(parser.retry()) << bad;
  }
  EXPECT_EQ(EventsOf("retry: 0500\ndata: a\n\n").at(0).retry, milliseconds(500));
  EXPECT_EQ(EventsOf("retry: 99999999999999999999999\ndata: a\n\n").at(0).retry,
            std::chrono::hours(24));
}

TEST(SseParser, TheTypeIsOfOneEvent) {
  const std::vector<SseEvent> events =
      EventsOf("event: x\ndata: a\n\ndata: b\n\nevent: y\n\ndata: c\n\nevent\ndata: d\n\n");
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].event, "x");
  for (int i = 1; i < 4; ++i) EXPECT_EQ(events[i].event, "message");
}

std::string RandomStream(std::mt19937& random) {
  constexpr std::array<std::string_view, 24> kParts = {"data",
                                                       "event",
                                                       "id",
                                                       "retry",
                                                       ":",
                                                       ": ",
                                                       " ",
                                                       "\n",
                                                       "\r",
                                                       "\r\n",
                                                       "\n\n",
                                                       "\r\n\r\n",
                                                       "a",
                                                       "bc",
                                                       "{\"a\":1}",
                                                       "12",
                                                       "0",
                                                       "::",
                                                       "data: x\n",
                                                       "data:y\r",
                                                       "id: 7\n",
                                                       "retry: 30\n",
                                                       "\xef\xbb\xbf",
                                                       std::string_view("\0", 1)};
  std::string text;
  for (int n = static_cast<int>(random() % 40); n > 0; --n)
    text += kParts[random() % kParts.size()];
  return text;
}

TEST(SseParser, AgreesWithTheJudgeHoweverTheBytesAreCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = RandomStream(random);
    const NaiveStream expected = ReadSseNaively(text);
    SseParser parser;
    std::vector<SseEvent> events;
    for (size_t at = 0; at < text.size();) {
      const size_t n = 1 + random() % 9;
      ASSERT_TRUE(parser.Push(std::string_view(text).substr(at, n), &events));
      at += n;
    }
    ASSERT_EQ(events, expected.events) << "round " << round << ": " << text;
    ASSERT_EQ(parser.last_event_id(), expected.last_event_id) << text;
    ASSERT_EQ(parser.retry(), expected.retry) << text;
  }
}

TEST(SseText, IsReadAsTheEventThatItWas) {
  for (const SseEvent& event :
       {SseEvent{}, SseEvent{.data = "{\"jsonrpc\":\"2.0\"}"},
        SseEvent{.event = "endpoint", .data = "/x"},
        SseEvent{.data = "a\nb\n\n c", .id = "1:2", .retry = milliseconds(500)},
        SseEvent{.data = " leading"}, SseEvent{.data = "\n"}})
    EXPECT_EQ(EventsOf(SseText(event)), std::vector<SseEvent>{event});
}

TEST(SseText, NothingInAFieldBecomesAnotherField) {
  const std::vector<SseEvent> events = EventsOf(
      SseText({.event = "x\ndata: evil\n\n", .data = "a\r\nid: 5\rb", .id = "1\r\nretry: 5"}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0],
            (SseEvent{.event = "xdata: evil", .data = "a\nid: 5\nb", .id = "1retry: 5"}));
}

}  // namespace
}  // namespace weir::net
