#include "mcp_server/event_store.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace weir::mcp_server {
namespace {

using std::chrono::milliseconds;

std::string Data(const Result<EventStore::Batch>& batch) {
  if (!batch) return "error";
  std::string text;
  for (const StoredEvent& event : batch->events) text += event.data;
  return text + (batch->finished ? "|" : "");
}

TEST(EventStore, AnIdThatWasNeverGivenOutIsAnError) {
  EventStore store;
  const uint64_t stream = store.NewStream();
  store.Append(stream, "a");
  for (const char* id :
       {"", "-", "1", "x-1", "1-x", "9-1", "1-99", "1--1", "18446744073709551616-0"})
    EXPECT_FALSE(store.After(id, milliseconds(0))) << id;
}

TEST(EventStore, AStreamIsResumedWhereItBrokeAndStreamsDoNotMix) {
  EventStore store;
  const uint64_t one = store.NewStream();
  const uint64_t two = store.NewStream();
  const std::string first = store.Append(one, "a");
  store.Append(two, "x");
  store.Append(one, "b");
  const std::string third = store.Append(one, "c");
  EXPECT_EQ(Data(store.After(first, milliseconds(0))), "bc");
  EXPECT_EQ(Data(store.After(third, milliseconds(0))), "");
  store.Finish(one);
  EXPECT_EQ(Data(store.After(first, milliseconds(0))), "bc|");
  EXPECT_EQ(Data(store.After(third, milliseconds(0))), "|");
}

TEST(EventStore, WhoWaitsIsWokenByTheNextEvent) {
  EventStore store;
  const uint64_t stream = store.NewStream();
  const std::string id = store.Append(stream, "");
  const std::jthread writer([&] { store.Append(stream, "late"); });
  EXPECT_EQ(Data(store.After(id, milliseconds(10'000))), "late");
}

TEST(EventStore, TheOldestEventsGoFirstWhenThereIsNoRoom) {
  EventStore by_count(1u << 20, 3);
  const uint64_t stream = by_count.NewStream();
  const std::string first = by_count.Append(stream, "a");
  for (const char* data : {"b", "c", "d", "e"}) by_count.Append(stream, data);
  EXPECT_EQ(Data(by_count.After(first, milliseconds(0))), "cde");
  EventStore by_bytes(10, 1000);
  const uint64_t other = by_bytes.NewStream();
  const std::string begin = by_bytes.Append(other, "");
  for (int i = 0; i < 5; ++i) by_bytes.Append(other, "xxxx");
  EXPECT_EQ(Data(by_bytes.After(begin, milliseconds(0))), "xxxxxxxx");
}

TEST(EventStore, AClosedStoreHasOnlyEnds) {
  EventStore store;
  const std::string id = store.Append(EventStore::kGeneralStream, "a");
  store.Close();
  EXPECT_EQ(Data(store.After(id, milliseconds(10'000))), "|");
}

TEST(SseEvent, HasItsFieldsInOrder) {
  EXPECT_EQ(SseEvent("1-2", "{}"), "id: 1-2\ndata: {}\n\n");
  EXPECT_EQ(SseEvent("1-2", "", 500), "id: 1-2\nretry: 500\ndata: \n\n");
  EXPECT_EQ(SseEvent("", "x"), "data: x\n\n");
}

}  // namespace
}  // namespace weir::mcp_server
