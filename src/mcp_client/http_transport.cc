#include "mcp_client/http_transport.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/pause.h"
#include "mcp/protocol.h"
#include "mcp_client/param_headers.h"

namespace weir::mcp_client {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxExchanges = 32;
constexpr size_t kMaxAnswerBytes = 40u << 20;
constexpr uint64_t kMaxStrayTexts = 100;
constexpr int kMaxRefusals = 10;
// Attempts in a row that bring no event.
constexpr int kMaxFruitlessResumes = 5;
constexpr milliseconds kDefaultRetry{1000};
constexpr milliseconds kMaxRetry{30'000};
constexpr milliseconds kListenWait{1000};
constexpr milliseconds kDeleteTime{1000};
constexpr size_t kMaxSessionIdBytes = 1024;
constexpr int kNotFound = 404;

// What a request says about itself: the revision in its `_meta`; empty in the handshake era.
std::string StatelessVersion(const json::Json& params) {
  if (!params.is_object()) return "";
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return "";
  const auto version = meta->find(mcp::kMetaProtocolVersion);
  return version != meta->end() && version->is_string() ? version->get<std::string>() : "";
}

// What Mcp-Name mirrors; null where the method has no such thing.
const json::Json* MirroredName(const std::string& method, const json::Json& params) {
  const char* key = nullptr;
  if (method == "tools/call" || method == "prompts/get") key = "name";
  if (method == "resources/read") key = "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") key = "taskId";
  if (key == nullptr || !params.is_object()) return nullptr;
  const auto value = params.find(key);
  return value != params.end() && value->is_string() ? &*value : nullptr;
}

bool IsSessionId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxSessionIdBytes &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

Error HttpError(int status) {
  const ErrorCode code =
      status == 401 || status == 403 ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable;
  return {code, fmt::format("the MCP server answered with HTTP status {}", status)};
}

// The sink bounds bytes, and the caller's deadline ends what lasts too long.
net::HttpLimits StreamLimits() {
  return {.total = milliseconds(0), .max_body_bytes = size_t{1} << 50};
}

}  // namespace

HttpTransport::HttpTransport(net::HttpClient& http, HttpTransportOptions options)
    : http_(http), options_(std::move(options)), budget_(kMaxAnswerBytes) {}

void HttpTransport::TakeMessage(mcp::Message message, size_t memory_bytes) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.messages;
  }
  receiver_->OnMessage(std::move(message), memory_bytes);
}

Status HttpTransport::TakeStray() {
  const std::lock_guard lock(mutex_);
  if (++counts_.stray_texts <= kMaxStrayTexts) return {};
  return MakeError(ErrorCode::kCorruptData,
                   "the MCP server sent more than {} texts that are no "
                   "messages",
                   kMaxStrayTexts);
}

TransportCounts HttpTransport::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void HttpTransport::AddSession(net::HttpHeaders& headers) const {
  const std::lock_guard lock(mutex_);
  if (!version_.empty()) headers.Set(std::string(mcp::kHeaderProtocolVersion), version_);
  if (!session_id_.empty()) headers.Set(std::string(mcp::kHeaderSessionId), session_id_);
}

net::HttpRequest HttpTransport::PostRequest(const OutgoingMessage& message) {
  net::HttpRequest request{.method = "POST", .url = options_.url, .headers = options_.headers};
  request.headers.Set("Content-Type", "application/json");
  request.headers.Set("Accept", "application/json, text/event-stream");
  for (const auto& [name, value] : message.headers.fields()) request.headers.Add(name, value);
  const auto* call = std::get_if<mcp::Request>(&message.message);
  const std::string version = call == nullptr ? "" : StatelessVersion(call->params);
  if (version.empty()) {
    AddSession(request.headers);
  } else {
    request.headers.Set(std::string(mcp::kHeaderProtocolVersion), version);
    request.headers.Set(std::string(mcp::kHeaderMethod), EncodeHeaderValue(call->method));
    if (const json::Json* name = MirroredName(call->method, call->params); name != nullptr) {
      request.headers.Set(std::string(mcp::kHeaderName),
                          EncodeHeaderValue(name->get_ref<const std::string&>()));
    }
  }
  request.body = mcp::ToLine(message.message);
  return request;
}

net::HttpRequest HttpTransport::GetRequest(const std::string& last_event_id) const {
  net::HttpRequest request{.method = "GET", .url = options_.url, .headers = options_.headers};
  request.headers.Set("Accept", "text/event-stream");
  AddSession(request.headers);
  if (!last_event_id.empty()) {
    request.headers.Set(std::string(mcp::kHeaderLastEventId), last_event_id);
  }
  return request;
}

Status HttpTransport::RoundTrip(const net::HttpRequest& request, const net::HttpLimits& limits,
                                AnswerSink& sink, const std::stop_token& stop) {
  for (int refusals = 0;; ++refusals) {
    net::HttpRequest authorized = request;
    if (options_.authorizer != nullptr) {
      ASSIGN_OR_RETURN(const net::HttpHeaders proof,
                       options_.authorizer->Authorize(options_.url, stop));
      for (const auto& [name, value] : proof.fields()) authorized.headers.Set(name, value);
    }
    sink.Reset();
    const Result<net::HttpResponse> response = http_.Stream(authorized, limits, sink, stop);
    if (sink.answered()) return {};
    if (!response) return MakeError(response.error());
    const bool is_refused =
        sink.status() == 401 ||
        (sink.status() == 403 && sink.head().headers.Find("WWW-Authenticate").has_value());
    if (!is_refused || options_.authorizer == nullptr) return {};
    if (refusals >= kMaxRefusals) return MakeError(HttpError(sink.status()));
    net::HttpResponse refusal = sink.head();
    refusal.body = sink.body();
    RETURN_IF_ERROR(options_.authorizer->Refused(options_.url, refusal, stop));
  }
}

Status HttpTransport::Send(OutgoingMessage message, int64_t deadline_us,
                           const std::stop_token& stop) {
  ReapExchanges();
  if (const auto* call = std::get_if<mcp::Request>(&message.message)) {
    const std::lock_guard lock(mutex_);
    if (closed_) return MakeError(ErrorCode::kUnavailable, "the MCP server is not connected");
    if (exchanges_.size() >= kMaxExchanges) {
      return MakeError(ErrorCode::kResourceExhausted,
                       "{} requests to the MCP server are on their way; no more at once",
                       kMaxExchanges);
    }
    if (call->method == "initialize") {
      session_id_.clear();
      version_.clear();
    }
    Exchange& exchange =
        exchanges_.emplace_back(Exchange{.id = call->id, .done = false, .thread = {}});
    exchange.thread =
        std::jthread([this, &exchange, message = std::move(message)](const std::stop_token& ended) {
          RunExchange(message, exchange.id, ended);
          const std::lock_guard done_lock(mutex_);
          exchange.done = true;
        });
    return {};
  }
  const int64_t left_us = deadline_us - SystemClock().MonotonicMicros();
  if (left_us <= 0) return MakeError(ErrorCode::kDeadlineExceeded, "no time is left to send");
  AnswerSink sink(*this, budget_, std::nullopt);
  RETURN_IF_ERROR(
      RoundTrip(PostRequest(message), {.total = milliseconds(left_us / 1000 + 1)}, sink, stop));
  if (!IsSuccess(sink.status())) return MakeError(HttpError(sink.status()));
  return {};
}

void HttpTransport::RunExchange(const OutgoingMessage& message, const mcp::RequestId& id,
                                const std::stop_token& stop) {
  AnswerSink::HeadHandler on_head;
  // Needed by whatever is sent once the answer has been taken.
  if (std::get<mcp::Request>(message.message).method == "initialize") {
    on_head = [this](const net::HttpResponse& head) { KeepSession(head); };
  }
  AnswerSink sink(*this, budget_, id, std::move(on_head));
  Result<SendFailure> failure = TryExchange(message, sink, stop);
  if (sink.answered()) return;
  receiver_->OnSendFailure(id,
                           failure ? std::move(*failure) : SendFailure{.error = failure.error()});
}

// The value counts only while the sink has no answer.
Result<SendFailure> HttpTransport::TryExchange(const OutgoingMessage& message, AnswerSink& sink,
                                               const std::stop_token& stop) {
  const net::HttpRequest request = PostRequest(message);
  const bool has_session = request.headers.Find(mcp::kHeaderSessionId).has_value();
  const bool is_stateless = request.headers.Find(mcp::kHeaderMethod).has_value();
  const Status sent = RoundTrip(request, StreamLimits(), sink, stop);
  if (sink.answered()) return SendFailure{};
  const bool broke_off = !sent && sent.error().code == ErrorCode::kUnavailable &&
                         sink.is_stream() && !sink.last_event_id().empty();
  if (!sent && !broke_off) return MakeError(sent.error());
  if (has_session && sink.status() == kNotFound) {
    return SendFailure{.error = Error{ErrorCode::kUnavailable, "the MCP server ended the session"},
                       .http_status = kNotFound,
                       .session_lost = true};
  }
  if (sink.is_json()) {
    const Status taken = sink.Finish();
    if (!taken && IsSuccess(sink.status())) return MakeError(taken.error());
  }
  if (sink.answered()) return SendFailure{};
  if (!IsSuccess(sink.status())) {
    return SendFailure{.error = HttpError(sink.status()), .http_status = sink.status()};
  }
  if (!sink.is_stream()) {
    return SendFailure{
        .error = Error{ErrorCode::kCorruptData,
                       fmt::format("the MCP server's answer with HTTP status {}: expected JSON or "
                                   "events, found neither",
                                   sink.status())},
        .http_status = sink.status()};
  }
  if (!is_stateless) RETURN_IF_ERROR(Resume(sink, stop));
  return SendFailure{
      .error = Error{ErrorCode::kUnavailable, "the MCP server's stream ended before the answer"}};
}

Status HttpTransport::Resume(AnswerSink& sink, const std::stop_token& stop) {
  int fruitless = 0;
  while (!sink.answered() && !sink.last_event_id().empty()) {
    if (!PauseFor(std::min(sink.retry().value_or(kDefaultRetry), kMaxRetry), stop)) {
      return MakeError(ErrorCode::kCancelled, "stopped");
    }
    const uint64_t events = sink.events();
    const Status came = RoundTrip(GetRequest(sink.last_event_id()), StreamLimits(), sink, stop);
    if (sink.answered()) return {};
    if (came && !sink.is_stream()) return MakeError(HttpError(sink.status()));
    fruitless = sink.events() > events ? 0 : fruitless + 1;
    if (fruitless >= kMaxFruitlessResumes) {
      return MakeError(ErrorCode::kUnavailable,
                       "the MCP server's stream broke off {} times without a word", fruitless);
    }
  }
  return {};
}

void HttpTransport::RunListening(const std::stop_token& stop) {
  // Whoever waits is told as soon as the head is there.
  AnswerSink sink(*this, budget_, std::nullopt, [this](const net::HttpResponse&) {
    {
      const std::lock_guard lock(mutex_);
      listening_known_ = true;
    }
    changed_.notify_all();
  });
  milliseconds backoff = kDefaultRetry;
  while (!stop.stop_requested()) {
    const uint64_t events = sink.events();
    const Status came = RoundTrip(GetRequest(sink.last_event_id()), StreamLimits(), sink, stop);
    // Offering no stream is the server's good right; a refusal will not change by asking again.
    if (!came && came.error().code != ErrorCode::kUnavailable) break;
    if (came && !sink.is_stream()) break;
    backoff = sink.events() > events ? kDefaultRetry : std::min(2 * backoff, kMaxRetry);
    if (!PauseFor(std::clamp(sink.retry().value_or(backoff), milliseconds(100), kMaxRetry), stop)) {
      return;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    listening_known_ = true;
  }
  changed_.notify_all();
}

void HttpTransport::SetVersion(std::string_view version) {
  const std::lock_guard lock(mutex_);
  version_ = version;
}

void HttpTransport::Listen(int64_t deadline_us) {
  {
    const std::lock_guard listening(listener_mutex_);
    listener_ = {};  // of a session before
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      listening_known_ = false;
    }
    listener_ = std::jthread([this](const std::stop_token& stop) { RunListening(stop); });
  }
  const auto left = std::chrono::microseconds(deadline_us - SystemClock().MonotonicMicros());
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::min<std::chrono::microseconds>(left, kListenWait),
                    [&] { return listening_known_ || closed_; });
}

void HttpTransport::KeepSession(const net::HttpResponse& head) {
  const std::optional<std::string_view> id = head.headers.Find(mcp::kHeaderSessionId);
  if (!IsSuccess(head.status) || !id || !IsSessionId(*id)) return;
  const std::lock_guard lock(mutex_);
  session_id_ = *id;
}

void HttpTransport::DeleteSession() {
  {
    const std::lock_guard lock(mutex_);
    if (session_id_.empty()) return;
  }
  net::HttpRequest request = GetRequest("");
  request.method = "DELETE";
  if (options_.authorizer != nullptr) {
    const Result<net::HttpHeaders> proof = options_.authorizer->Authorize(options_.url, {});
    if (!proof) return;
    for (const auto& [name, value] : proof->fields()) request.headers.Set(name, value);
  }
  // A server may keep its sessions as long as it likes, so any answer will do; and nobody is asked
  // for anything any more.
  (void)http_.Send(request, {.connect = kDeleteTime, .total = kDeleteTime}, {});
}

void HttpTransport::Forget(const mcp::RequestId& id) {
  const std::lock_guard lock(mutex_);
  for (Exchange& exchange : exchanges_) {
    if (exchange.id == id) exchange.thread.request_stop();
  }
}

void HttpTransport::ReapExchanges() {
  std::list<Exchange> done;
  const std::lock_guard lock(mutex_);
  for (auto exchange = exchanges_.begin(); exchange != exchanges_.end();) {
    const auto next = std::next(exchange);
    if (exchange->done) done.splice(done.end(), exchanges_, exchange);
    exchange = next;
  }
}

void HttpTransport::Close() {
  std::list<Exchange> open;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    open.splice(open.end(), exchanges_);
    for (Exchange& exchange : open) exchange.thread.request_stop();
  }
  open.clear();
  {
    const std::lock_guard listening(listener_mutex_);
    listener_ = {};
  }
  DeleteSession();
}

}  // namespace weir::mcp_client
