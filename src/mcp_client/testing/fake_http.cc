#include "mcp_client/testing/fake_http.h"

#include <chrono>
#include <string>
#include <utility>

#include "base/pause.h"

namespace weir::mcp_client {
namespace {

class CollectingSink : public net::HttpSink {
 public:
  Status OnHead(const net::HttpResponse& /*head*/) override { return {}; }
  Status OnBody(std::string_view bytes) override {
    body += bytes;
    return {};
  }
  std::string body;
};

}  // namespace

bool FakeHttpPeer::Head(int status, net::HttpHeaders headers) {
  head_ = {.status = status, .headers = std::move(headers), .body = {}};
  status_ = sink_.OnHead(head_);
  return status_.has_value();
}

bool FakeHttpPeer::Body(std::string_view bytes) {
  if (status_ && stop_.stop_requested()) status_ = MakeError(ErrorCode::kCancelled, "stopped");
  if (status_) status_ = sink_.OnBody(bytes);
  return status_.has_value();
}

bool FakeHttpPeer::Json(int status, const json::Json& body, net::HttpHeaders headers) {
  headers.Set("Content-Type", "application/json");
  return Head(status, std::move(headers)) && Body(json::Dump(body));
}

bool FakeHttpPeer::CutOff() {
  status_ = MakeError(ErrorCode::kUnavailable, "cut off");
  return true;
}

void FakeHttpPeer::Hang() {
  PauseFor(std::chrono::seconds(10), stop_);
  status_ = MakeError(ErrorCode::kCancelled, "stopped");
}

Result<net::HttpResponse> FakeHttp::Stream(const net::HttpRequest& request,
                                           const net::HttpLimits& /*limits*/, net::HttpSink& sink,
                                           const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  FakeHttpPeer peer(sink, stop);
  handler_(request, peer);
  if (!peer.status()) return MakeError(peer.status().error());
  if (peer.head().status == 0) return MakeError(ErrorCode::kUnavailable, "nobody answers");
  return peer.head();
}

Result<net::HttpResponse> FakeHttp::Send(const net::HttpRequest& request,
                                         const net::HttpLimits& limits,
                                         const std::stop_token& stop) {
  CollectingSink sink;
  ASSIGN_OR_RETURN(net::HttpResponse response, Stream(request, limits, sink, stop));
  response.body = std::move(sink.body);
  return response;
}

std::vector<net::HttpRequest> FakeHttp::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace weir::mcp_client
