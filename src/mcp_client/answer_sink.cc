#include "mcp_client/answer_sink.h"

#include <utility>

namespace weir::mcp_client {
namespace {

constexpr size_t kMaxBodyBytes = 16u << 20;
// Of an answer that is neither JSON nor events: enough for whoever reads a refusal.
constexpr size_t kMaxOtherBytes = 64u << 10;

}  // namespace

bool ByteBudget::Take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (taken_ + bytes > max_bytes_) return false;
  taken_ += bytes;
  return true;
}

void ByteBudget::Give(size_t bytes) {
  const std::lock_guard lock(mutex_);
  taken_ -= bytes;
}

void AnswerSink::Reset() {
  Release();
  kind_ = Kind::kNone;
  head_ = {};
  body_.clear();
  parser_.reset();
}

void AnswerSink::Release() { budget_.Give(std::exchange(held_, 0)); }

Status AnswerSink::Hold(size_t bytes) {
  if (!budget_.Take(bytes)) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "the MCP server's answers are too large to be held at the same time");
  }
  held_ += bytes;
  return {};
}

Status AnswerSink::OnHead(const net::HttpResponse& head) {
  head_ = head;
  const std::string type = net::MediaType(head.headers.Find("Content-Type").value_or(""));
  if (type == "application/json") {
    kind_ = Kind::kJson;
  } else if (type == "text/event-stream" && head.status == 200) {
    kind_ = Kind::kEvents;
    parser_.emplace(net::SseLimits{.max_line_bytes = kMaxBodyBytes, .max_data_bytes = kMaxBodyBytes});
  } else {
    kind_ = Kind::kOther;
  }
  return {};
}

Status AnswerSink::OnBody(std::string_view bytes) {
  if (kind_ == Kind::kEvents) return TakeEvents(bytes);
  const size_t limit = kind_ == Kind::kJson ? kMaxBodyBytes : kMaxOtherBytes;
  if (body_.size() + bytes.size() > limit) {
    return MakeError(ErrorCode::kResourceExhausted,
                     "the MCP server's answer is longer than {} bytes", limit);
  }
  RETURN_IF_ERROR(Hold(bytes.size()));
  body_ += bytes;
  return {};
}

Status AnswerSink::TakeEvents(std::string_view bytes) {
  RETURN_IF_ERROR(Hold(bytes.size()));
  std::vector<net::SseEvent> events;
  const Status pushed = parser_->Push(bytes, &events);
  if (!parser_->last_event_id().empty()) last_event_id_ = parser_->last_event_id();
  if (parser_->retry()) retry_ = parser_->retry();
  // What is left in the parser is less than one event.
  if (!events.empty()) Release();
  for (const net::SseEvent& event : events) {
    ++events_;
    if (event.data.empty() || event.event != "message") continue;
    RETURN_IF_ERROR(TakeText(event.data));
  }
  RETURN_IF_ERROR(pushed);
  if (answered_) return MakeError(ErrorCode::kCancelled, "the answer is there");
  return {};
}

Status AnswerSink::TakeText(std::string_view text) {
  Result<mcp::Message> message = mcp::ParseMessage(text);
  if (!message) {
    if (message.error().code == ErrorCode::kResourceExhausted) return MakeError(message.error());
    return messages_.TakeStray();
  }
  auto* response = std::get_if<mcp::Response>(&*message);
  if (response != nullptr && awaited_) {
    // Without an id it can only be about the request that it answers.
    if (!response->id) response->id = awaited_;
    if (response->id == awaited_) answered_ = true;
  }
  messages_.TakeMessage(std::move(*message), text.size());
  return {};
}

Status AnswerSink::Finish() {
  if (kind_ != Kind::kJson || body_.empty()) return {};
  Result<mcp::Message> message = mcp::ParseMessage(body_);
  if (!message) return MakeError(message.error().WithContext("the MCP server's answer"));
  auto* response = std::get_if<mcp::Response>(&*message);
  if (response == nullptr) {
    return MakeError(ErrorCode::kCorruptData,
                     "the MCP server's answer: expected a response, found another message");
  }
  if (!response->id) response->id = awaited_;
  if (response->id != awaited_) {
    return MakeError(ErrorCode::kCorruptData,
                     "the MCP server's answer: expected the id of the request, found another");
  }
  answered_ = true;
  messages_.TakeMessage(std::move(*message), body_.size());
  return {};
}

}  // namespace weir::mcp_client
