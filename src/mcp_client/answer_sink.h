#pragma once
// Reads one HTTP answer of an MCP server while it comes: JSON, or a stream of events, each a message.
//
// One thread at a time; the budget is shared by many.

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "mcp/json_rpc.h"
#include "mcp_client/transport.h"
#include "net/http_client.h"
#include "net/sse.h"

namespace weir::mcp_client {

// Bytes that all answers of one server may hold before they are messages. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t max_bytes) : max_bytes_(max_bytes) {}
  bool Take(size_t bytes);
  void Give(size_t bytes);

 private:
  const size_t max_bytes_;
  std::mutex mutex_;
  size_t taken_ = 0;  // guarded by mutex_
};

// Where messages go, and what is counted. Any thread.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual void TakeMessage(mcp::Message message, size_t wire_bytes) = 0;
  // A text that is no message. Error: there were too many.
  virtual Status TakeStray() = 0;
};

class AnswerSink : public net::HttpSink {
 public:
  // `awaited`: the request whose answer is waited for; the exchange ends when it has come. Empty: a
  // stream of whatever comes.
  AnswerSink(MessageSink& messages, ByteBudget& budget, std::optional<mcp::RequestId> awaited)
      : messages_(messages), budget_(budget), awaited_(std::move(awaited)) {}
  ~AnswerSink() override { Release(); }
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;

  // Ready for another answer, to the same request or to the one that resumes its stream.
  void Reset();

  Status OnHead(const net::HttpResponse& head) override;
  Status OnBody(std::string_view bytes) override;
  // After the last byte: a body of JSON becomes a message. Error kCorruptData: it is none, or not
  // the awaited one.
  Status Finish();

  bool answered() const { return answered_; }
  int status() const { return head_.status; }
  const net::HttpResponse& head() const { return head_; }
  bool is_stream() const { return kind_ == Kind::kEvents; }
  bool is_json() const { return kind_ == Kind::kJson; }
  const std::string& body() const { return body_; }

  // Of the streams so far.
  const std::string& last_event_id() const { return last_event_id_; }
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  uint64_t events() const { return events_; }

 private:
  enum class Kind { kNone, kJson, kEvents, kOther };

  Status TakeEvents(std::string_view bytes);
  Status TakeText(std::string_view text);
  Status Hold(size_t bytes);
  void Release();

  MessageSink& messages_;
  ByteBudget& budget_;
  const std::optional<mcp::RequestId> awaited_;
  Kind kind_ = Kind::kNone;
  net::HttpResponse head_;
  std::string body_;
  std::optional<net::SseParser> parser_;
  size_t held_ = 0;  // taken from the budget
  bool answered_ = false;
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;
  uint64_t events_ = 0;
};

}  // namespace weir::mcp_client
