// The only file that knows libcurl.
//
// Each exchange runs on a lane: an easy handle in a multi handle of its own, which keeps the
// lane's connections. The multi interface lets one thread wait for bytes, a deadline and a stop at
// once. Redirects are followed here, not by libcurl, so that what a redirect may take along is
// decided in one place.

#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/request_rules.h"
#include "net/url.h"

namespace weir::net {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = std::optional<SteadyClock::time_point>;

constexpr size_t kMaxIdleLanes = 8;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

struct Lane {
  std::string origin;  // of the last exchange
  std::unique_ptr<CURLM, MultiDeleter> multi;
  std::unique_ptr<CURL, EasyDeleter> easy;  // after multi: cleaned up before it
};

// --- one exchange ---

Error CurlError(const std::string& origin, CURLcode code) {
  ErrorCode kind = ErrorCode::kUnavailable;
  std::string_view way_out = "check the address and that the server runs, then try again";
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      kind = ErrorCode::kDeadlineExceeded;
      break;
    case CURLE_OUT_OF_MEMORY:
      kind = ErrorCode::kResourceExhausted;
      way_out = "free some memory";
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      kind = ErrorCode::kCorruptData;
      way_out = "what answers there does not speak HTTP/1.1";
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      way_out = "its certificate is not one that this machine trusts for that name";
      break;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      way_out = "the server cut the exchange off, or sent what is no HTTP; see its log";
      break;
    default:
      break;
  }
  return Error{kind, fmt::format("'{}': {}; {}", origin, curl_easy_strerror(code), way_out)};
}

// One request and its response on a lane. `will_follow`: a redirect is not shown to the sink when
// it can be followed.
class Exchange {
 public:
  Exchange(const HttpRequest& request, const Url& url, const HttpLimits& limits, HttpSink& sink)
      : request_(request), url_(url), origin_(url.Origin()), limits_(limits), sink_(sink) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void set_will_follow(bool will_follow) { will_follow_ = will_follow; }

  Result<HttpResponse> Run(Lane& lane, const Deadline& deadline, const std::stop_token& stop) {
    RETURN_IF_ERROR(SetUp(lane));
    CHECK(curl_multi_add_handle(lane.multi.get(), lane.easy.get()) == CURLM_OK);
    Status end;
    {
      const std::stop_callback wake(stop, [&] { curl_multi_wakeup(lane.multi.get()); });
      end = Drive(lane, deadline, stop);
    }
    // What has not ended is cut off, its connection with it.
    curl_multi_remove_handle(lane.multi.get(), lane.easy.get());
    RETURN_IF_ERROR(end);
    if (!head_is_whole_)
      return MakeError(ErrorCode::kUnavailable, "'{}': the server ended without a response",
                       origin_);
    return std::move(head_);
  }

 private:
  Status SetUp(Lane& lane);
  Status SetMethod(CURL* easy);
  Status SetHeaders(CURL* easy);
  Status Drive(Lane& lane, const Deadline& deadline, const std::stop_token& stop);
  Status CheckTime(const Deadline& deadline, const std::stop_token& stop) const;
  std::chrono::milliseconds WaitTime(const Deadline& deadline) const;
  Status EndOf(Lane& lane);
  Status TakeHeaderLine(std::string_view line);
  Status TakeHead();
  Status TakeBody(std::string_view bytes);
  int Begin();

  // libcurl's callbacks. Any other count than the one given ends the exchange.
  static size_t OnHeaderLine(char* bytes, size_t size, size_t n, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    exchange->status_ = exchange->TakeHeaderLine({bytes, size * n});
    return exchange->status_ ? size * n : 0;
  }
  static size_t OnBodyBytes(char* bytes, size_t size, size_t n, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    exchange->status_ = exchange->TakeBody({bytes, size * n});
    return exchange->status_ ? size * n : 0;
  }
  static int OnBegin(void* self, char*, char*, int, int) {
    return static_cast<Exchange*>(self)->Begin();
  }

  const HttpRequest& request_;
  const Url& url_;
  const std::string origin_;
  const HttpLimits& limits_;
  HttpSink& sink_;
  bool will_follow_ = false;

  HeaderList header_list_;
  CURL* easy_ = nullptr;
  int n_begun_ = 0;
  size_t head_bytes_ = 0;
  size_t body_bytes_ = 0;
  bool head_is_whole_ = false;
  bool is_followed_ = false;  // the response is a redirect that nobody is shown
  HttpResponse head_;
  SteadyClock::time_point last_byte_;  // of the body, or the end of the head
  Status status_;                      // what a callback ended the exchange with
};

Status Exchange::SetUp(Lane& lane) {
  easy_ = lane.easy.get();
  curl_easy_reset(easy_);  // keeps connections
  lane.origin = origin_;
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy_, option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, url_.Text().c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");  // none, whatever the environment says
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, 30L);
  set(CURLOPT_TCP_KEEPINTVL, 15L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<int64_t>(limits_.connect.count(), 1)));
  set(CURLOPT_USERAGENT, "weir");
  set(CURLOPT_HEADERFUNCTION, &OnHeaderLine);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &OnBodyBytes);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_PREREQFUNCTION, &OnBegin);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  if (!ok)
    return MakeError(ErrorCode::kInternal,
                     "libcurl refused an option; it needs version 7.87 or "
                     "later");
  RETURN_IF_ERROR(SetMethod(easy_));
  return SetHeaders(easy_);
}

Status Exchange::SetMethod(CURL* easy) {
  const std::string& method = request_.method;
  const bool has_body = !request_.body.empty() || method == "POST" || method == "PUT";
  if (method == "HEAD" && !has_body) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return {};
  }
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());  // borrowed, not copied
  }
  if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str()) != CURLE_OK)
    return MakeError(ErrorCode::kResourceExhausted, "no memory for a request to '{}'", origin_);
  return {};
}

Status Exchange::SetHeaders(CURL* easy) {
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) return false;
    if (!header_list_) header_list_.reset(longer);  // a longer list keeps its first node
    return true;
  };
  bool ok = append("Expect:");         // never wait for a 100
  ok = ok && append("Content-Type:");  // only the caller's, which comes later
  for (const auto& [name, value] : request_.headers.fields())
    ok = ok && append(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  if (!ok || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_.get()) != CURLE_OK)
    return MakeError(ErrorCode::kResourceExhausted, "no memory for a request to '{}'", origin_);
  return {};
}

Status Exchange::Drive(Lane& lane, const Deadline& deadline, const std::stop_token& stop) {
  int n_running = 1;
  while (true) {
    RETURN_IF_ERROR(CheckTime(deadline, stop));
    if (const CURLMcode code = curl_multi_perform(lane.multi.get(), &n_running); code != CURLM_OK)
      return MakeError(ErrorCode::kInternal, "'{}': {}", origin_, curl_multi_strerror(code));
    if (!status_) return status_;
    if (n_running == 0) return EndOf(lane);
    const int wait_ms = static_cast<int>(WaitTime(deadline).count());
    curl_multi_poll(lane.multi.get(), nullptr, 0, wait_ms, nullptr);
  }
}

Status Exchange::CheckTime(const Deadline& deadline, const std::stop_token& stop) const {
  if (stop.stop_requested())
    return MakeError(ErrorCode::kCancelled, "'{}': the exchange was stopped", origin_);
  const SteadyClock::time_point now = SteadyClock::now();
  if (deadline && now >= *deadline)
    return MakeError(ErrorCode::kDeadlineExceeded,
                     "'{}': no whole answer within {} ms; ask for less or allow more time", origin_,
                     limits_.total.count());
  if (head_is_whole_ && limits_.idle.count() > 0 && now >= last_byte_ + limits_.idle)
    return MakeError(ErrorCode::kDeadlineExceeded,
                     "'{}': the server was silent for {} ms in the middle of its answer", origin_,
                     limits_.idle.count());
  return {};
}

// Until the next thing that CheckTime may find; a stop wakes us before.
std::chrono::milliseconds Exchange::WaitTime(const Deadline& deadline) const {
  constexpr std::chrono::milliseconds kLongest{1000};
  SteadyClock::time_point next = SteadyClock::now() + kLongest;
  if (deadline) next = std::min(next, *deadline);
  if (head_is_whole_ && limits_.idle.count() > 0) next = std::min(next, last_byte_ + limits_.idle);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - SteadyClock::now());
  return std::clamp(wait, std::chrono::milliseconds{0}, kLongest);
}

Status Exchange::EndOf(Lane& lane) {
  int n_left = 0;
  const CURLMsg* message = curl_multi_info_read(lane.multi.get(), &n_left);
  CHECK(message != nullptr && message->msg == CURLMSG_DONE);
  if (message->data.result == CURLE_OK) return {};
  if (n_begun_ > 1 && !IsSafeMethod(request_.method))
    return MakeError(ErrorCode::kUnavailable,
                     "'{}': the server closed the connection instead of answering a {}; it may "
                     "have acted on it, so it is not sent twice",
                     origin_, request_.method);
  return MakeError(CurlError(origin_, message->data.result));
}

// libcurl sends a request again by itself when a kept connection turns out to be closed before a
// byte of answer came. A server may have acted on it by then, so only a safe method is sent again.
int Exchange::Begin() {
  ++n_begun_;
  return n_begun_ > 1 && !IsSafeMethod(request_.method) ? CURL_PREREQFUNC_ABORT
                                                        : CURL_PREREQFUNC_OK;
}

Status Exchange::TakeHeaderLine(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > limits_.max_head_bytes)
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}': the head of the answer has more than {} bytes", origin_,
                     limits_.max_head_bytes);
  if (head_is_whole_) return {};  // trailers say nothing that we use
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty()) return TakeHead();
  if (line.starts_with("HTTP/")) {  // also of the answer after an interim one
    head_ = HttpResponse{};
    return {};
  }
  const size_t colon = line.find(':');
  if (!IsToken(line.substr(0, colon))) return {};  // folded, or no field at all
  if (colon == std::string_view::npos) return {};
  std::string_view value = line.substr(colon + 1);
  const size_t first = value.find_first_not_of(" \t");
  value = first == std::string_view::npos ? "" : value.substr(first);
  value = value.substr(0, value.find_last_not_of(" \t") + 1);
  head_.headers.Add(std::string(line.substr(0, colon)), std::string(value));
  return {};
}

Status Exchange::TakeHead() {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 100 && status < 200) return {};  // interim: another head follows
  head_is_whole_ = true;
  last_byte_ = SteadyClock::now();
  head_.status = static_cast<int>(status);
  is_followed_ = will_follow_ && RedirectTarget(request_, url_, head_).has_value();
  return is_followed_ ? Status() : sink_.OnHead(head_);
}

Status Exchange::TakeBody(std::string_view bytes) {
  last_byte_ = SteadyClock::now();
  body_bytes_ += bytes.size();
  if (body_bytes_ > limits_.max_body_bytes)
    return MakeError(ErrorCode::kResourceExhausted,
                     "'{}': the answer has more than {} bytes; ask for less or raise the limit",
                     origin_, limits_.max_body_bytes);
  return is_followed_ ? Status() : sink_.OnBody(bytes);
}

// --- the client ---

class CollectingSink : public HttpSink {
 public:
  Status OnHead(const HttpResponse&) override { return {}; }
  Status OnBody(std::string_view bytes) override {
    body_ += bytes;
    return {};
  }
  std::string TakeBody() { return std::move(body_); }

 private:
  std::string body_;
};

class CurlClient : public HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest& request, const HttpLimits& limits,
                            const std::stop_token& stop) override {
    CollectingSink sink;
    ASSIGN_OR_RETURN(HttpResponse response, Stream(request, limits, sink, stop));
    response.body = sink.TakeBody();
    return response;
  }

  Result<HttpResponse> Stream(const HttpRequest& request, const HttpLimits& limits, HttpSink& sink,
                              const std::stop_token& stop) override {
    Deadline deadline;
    if (limits.total.count() > 0) deadline = SteadyClock::now() + limits.total;
    HttpRequest next = request;
    for (int n_redirects = 0;; ++n_redirects) {
      RETURN_IF_ERROR(CheckRequest(next));
      ASSIGN_OR_RETURN(const Url url, ParseUrl(next.url));
      Exchange exchange(next, url, limits, sink);
      const bool may_follow = n_redirects < limits.max_redirects;
      exchange.set_will_follow(may_follow);
      ASSIGN_OR_RETURN(HttpResponse head, RunOnLane(exchange, url.Origin(), deadline, stop));
      const std::optional<Url> to = may_follow ? RedirectTarget(next, url, head) : std::nullopt;
      if (!to) return head;
      next = Redirected(next, url, *to, head.status);
    }
  }

 private:
  Result<HttpResponse> RunOnLane(Exchange& exchange, const std::string& origin,
                                 const Deadline& deadline, const std::stop_token& stop) {
    std::optional<Lane> lane = TakeLane(origin);
    if (!lane)
      return MakeError(ErrorCode::kResourceExhausted, "no memory for a connection to '{}'", origin);
    Result<HttpResponse> response = exchange.Run(*lane, deadline, stop);
    GiveBack(*std::move(lane));
    return response;
  }

  // An idle lane, best one that has talked to `origin`, or a new one; nothing without memory.
  std::optional<Lane> TakeLane(const std::string& origin) {
    {
      const std::lock_guard lock(mutex_);
      auto found = std::ranges::find(idle_, origin, &Lane::origin);
      if (found == idle_.end() && idle_.size() >= kMaxIdleLanes) found = idle_.begin();
      if (found != idle_.end()) {
        Lane lane = std::move(*found);
        idle_.erase(found);
        return lane;
      }
    }
    Lane lane;
    lane.multi.reset(curl_multi_init());
    lane.easy.reset(curl_easy_init());
    if (!lane.multi || !lane.easy) return std::nullopt;
    return lane;
  }

  void GiveBack(Lane lane) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdleLanes) idle_.push_back(std::move(lane));
  }

  std::mutex mutex_;  // guards idle_
  std::vector<Lane> idle_;
};

}  // namespace

std::unique_ptr<HttpClient> NewHttpClient() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(initialised == CURLE_OK);
  return std::make_unique<CurlClient>();
}

}  // namespace weir::net
