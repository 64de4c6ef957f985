#include "mcp_server/post_stream.h"

#include <utility>

#include "mcp/protocol.h"

namespace weir::mcp_server {
namespace {

constexpr int kRetryMs = 500;  // after which a client may reconnect

}  // namespace

net::HttpHeaders PostStream::Headers(std::string type) const {
  net::HttpHeaders headers{{"Content-Type", std::move(type)}, {"Cache-Control", "no-store"}};
  if (!options_.session_id.empty()) {
    headers.Add(std::string(mcp::kHeaderSessionId), options_.session_id);
  }
  return headers;
}

void PostStream::Begin() {
  if (std::exchange(begun_, true)) return;
  if (options_.events != nullptr) number_ = options_.events->NewStream();
  const Result<net::HttpStream*> stream =
      responder_.Begin({.status = 200, .headers = Headers("text/event-stream")});
  if (stream) stream_ = *stream;
  if (!options_.primes || options_.events == nullptr) return;
  const std::string id = options_.events->Append(number_, "");
  if (stream_ != nullptr && !stream_->Write(SseEvent(id, "", kRetryMs))) stream_ = nullptr;
}

void PostStream::Put(const std::string& data) {
  std::string id;
  if (options_.events != nullptr) id = options_.events->Append(number_, data);
  if (stream_ != nullptr && !closed_ && !stream_->Write(SseEvent(id, data))) stream_ = nullptr;
}

void PostStream::Send(const mcp::Message& message) {
  const std::lock_guard lock(mutex_);
  Begin();
  Put(mcp::ToLine(message));
}

void PostStream::Close() {
  const std::lock_guard lock(mutex_);
  if (options_.events == nullptr) return;  // nobody could fetch the rest
  Begin();
  closed_ = true;
  if (stream_ != nullptr) stream_->End();
}

void PostStream::Finish(const Reply& reply) {
  const std::lock_guard lock(mutex_);
  std::string data = mcp::ToLine(reply.response);
  if (!begun_) {
    responder_.Send({.status = reply.http_status,
                     .headers = Headers("application/json"),
                     .body = std::move(data)});
    return;
  }
  Put(data);
  if (options_.events != nullptr) options_.events->Finish(number_);
  if (stream_ != nullptr && !closed_) stream_->End();
}

void PostStream::Abandon() {
  const std::lock_guard lock(mutex_);
  Begin();
  if (options_.events != nullptr) options_.events->Finish(number_);
  if (stream_ != nullptr && !closed_) stream_->End();
}

net::HttpStream* PostStream::stream() {
  const std::lock_guard lock(mutex_);
  return stream_;
}

}  // namespace weir::mcp_server
