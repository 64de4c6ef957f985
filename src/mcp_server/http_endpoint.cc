#include "mcp_server/http_endpoint.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/crypto.h"
#include "base/hmac.h"
#include "mcp/protocol.h"
#include "mcp_server/param_headers.h"

namespace weir::mcp_server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollPeriod{200};
constexpr milliseconds kKeepAlivePeriod{15'000};
constexpr std::string_view kKeepAlive = ": \n\n";  // a comment

net::HttpResponse TextResponse(int status, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain"}},
          .body = std::move(text) + "\n"};
}

net::HttpResponse RpcResponse(int status, const mcp::Response& response) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = mcp::ToLine(response)};
}

// Whether one of the Accept fields takes that type.
bool Accepts(const net::HttpHeaders& headers, std::string_view type) {
  for (std::string_view field : headers.All("Accept")) {
    while (!field.empty()) {
      const size_t comma = field.find(',');
      const std::string offered = net::MediaType(field.substr(0, comma));
      if (offered == type || offered == "*/*" ||
          (offered.ends_with("/*") &&
           type.starts_with(std::string_view(offered).substr(0, offered.size() - 1)))) {
        return true;
      }
      field = comma == std::string_view::npos ? "" : field.substr(comma + 1);
    }
  }
  return false;
}

std::string VersionHeader(const net::HttpHeaders& headers) {
  return std::string(headers.Find(mcp::kHeaderProtocolVersion).value_or(""));
}

bool HasStatelessMeta(const mcp::Message& message) {
  const auto* request = std::get_if<mcp::Request>(&message);
  if (request == nullptr || !request->params.is_object()) return false;
  const auto meta = request->params.find("_meta");
  return meta != request->params.end() && meta->is_object() &&
         meta->contains(mcp::kMetaProtocolVersion);
}

// A version that no client of the handshake era would send means the stateless era too: that one
// says which versions there are.
bool IsStateless(const net::HttpHeaders& headers, const mcp::Message& message) {
  const std::string version = VersionHeader(headers);
  if (!version.empty()) return !mcp::IsHandshakeVersion(version);
  const auto* request = std::get_if<mcp::Request>(&message);
  return HasStatelessMeta(message) || (request != nullptr && request->method == "server/discover");
}

bool SameText(std::string_view a, std::string_view b) { return SameDigest(Sha256(a), Sha256(b)); }

}  // namespace

HttpEndpoint::HttpEndpoint(McpServer* server, const Clock* clock, HttpEndpointOptions options)
    : server_(server),
      options_(std::move(options)),
      sessions_(&server->changes(), clock, options_.sessions) {}

std::optional<net::HttpResponse> HttpEndpoint::Refuse(const net::HttpRequest& request,
                                                      const net::HttpResponder& responder) const {
  const net::OriginRules rules{responder.local_port(), options_.hosts_also};
  if (Status ours = net::CheckOrigin(request, rules); !ours) {
    return TextResponse(403, ours.error().message);
  }
  if (request.url.substr(0, request.url.find('?')) != options_.path) {
    return TextResponse(404, fmt::format("there is only {}", options_.path));
  }
  if (options_.token.empty()) return std::nullopt;
  const std::string_view sent = request.headers.Find("Authorization").value_or("");
  const bool bearer = sent.size() > 7 && net::EqualsIgnoringCase(sent.substr(0, 7), "bearer ");
  if (bearer && SameText(sent.substr(7), options_.token)) return std::nullopt;
  net::HttpResponse refused =
      TextResponse(401, "send the token that weir showed as \"Authorization: Bearer TOKEN\"");
  refused.headers.Add("WWW-Authenticate", "Bearer");
  return refused;
}

void HttpEndpoint::Handle(const net::HttpRequest& request, net::HttpResponder& responder) {
  if (const std::optional<net::HttpResponse> refused = Refuse(request, responder)) {
    responder.Send(*refused);
    return;
  }
  const bool sessions = VersionHeader(request.headers) != mcp::kStatelessVersion;
  if (request.method == "POST") return Post(request, responder);
  if (request.method == "GET" && sessions) return Get(request, responder);
  if (request.method == "DELETE" && sessions) return Delete(request, responder);
  net::HttpResponse refused = TextResponse(405, "use POST");
  refused.headers.Add("Allow", sessions ? "GET, POST, DELETE" : "POST");
  responder.Send(refused);
}

void HttpEndpoint::Post(const net::HttpRequest& request, net::HttpResponder& responder) {
  if (net::MediaType(request.headers.Find("Content-Type").value_or("")) != "application/json") {
    responder.Send(TextResponse(415, "the body must be application/json"));
    return;
  }
  if (!Accepts(request.headers, "application/json") ||
      !Accepts(request.headers, "text/event-stream")) {
    responder.Send(
        TextResponse(406, "the client must accept application/json and text/event-stream"));
    return;
  }
  Result<json::Json> body = json::Parse(request.body);
  if (!body) {
    responder.Send(RpcResponse(
        400, ErrorResponse(std::nullopt, mcp::error_code::kParseError, body.error().message)));
    return;
  }
  Result<mcp::Message> message = mcp::MessageFromJson(std::move(*body));
  if (!message) {
    responder.Send(RpcResponse(400, ErrorResponse(std::nullopt, mcp::error_code::kInvalidRequest,
                                                  message.error().message)));
    return;
  }
  if (!IsStateless(request.headers, *message)) return PostHandshake(request, *message, responder);
  if (const auto* rpc = std::get_if<mcp::Request>(&*message)) {
    return PostStateless(request, *rpc, responder);
  }
  // Nothing is known that a notification could be about, and nothing was asked.
  responder.Send({.status = 202});
}

// ---- the stateless era ----

void HttpEndpoint::PostStateless(const net::HttpRequest& http, const mcp::Request& request,
                                 net::HttpResponder& responder) {
  auto checked = McpServer::CheckMeta(request);
  const auto* meta = std::get_if<StatelessMeta>(&checked);
  const auto* refusal = std::get_if<Reply>(&checked);
  // What the body says comes first where it says nothing, the header where the two differ.
  const bool incomplete =
      refusal != nullptr && refusal->response.error().code == mcp::error_code::kInvalidParams;
  if (!incomplete &&
      request.params["_meta"][mcp::kMetaProtocolVersion] != VersionHeader(http.headers)) {
    mcp::Response differs = ErrorResponse(
        request.id, mcp::error_code::kHeaderMismatch,
        fmt::format("{} and params._meta must say the same", mcp::kHeaderProtocolVersion));
    responder.Send(RpcResponse(400, differs));
    return;
  }
  if (refusal != nullptr) {
    responder.Send(RpcResponse(refusal->http_status, refusal->response));
    return;
  }
  const Features& features = server_->features();
  if (std::optional<mcp::RpcError> error = CheckMirroredHeaders(
          http.headers, request,
          features.tools != nullptr ? features.tools->List() : json::Json::array())) {
    responder.Send(RpcResponse(400, {.id = request.id, .outcome = std::move(*error)}));
    return;
  }
  if (request.method == "subscriptions/listen") return Listen(request, responder);
  PostStream out(responder, {});
  const std::string principal = options_.token.empty() ? "anybody" : "token";
  const Reply reply =
      server_->ServeStateless(request, *meta, principal, out, responder.AbandonToken());
  out.Finish(reply);
}

void HttpEndpoint::Listen(const mcp::Request& request, net::HttpResponder& responder) {
  PostStream out(responder, {});
  auto opened = Subscription::Open(request, server_->features(), server_->changes(), out);
  if (auto* error = std::get_if<mcp::RpcError>(&opened)) {
    responder.Send(RpcResponse(400, {.id = request.id, .outcome = std::move(*error)}));
    return;
  }
  Subscription& subscription = *std::get<std::unique_ptr<Subscription>>(opened);
  milliseconds since_sign_of_life{0};
  while (!responder.StopToken().stop_requested()) {
    net::HttpStream* stream = out.stream();
    if (stream == nullptr || stream->PeerIsGone()) return;
    std::this_thread::sleep_for(kPollPeriod);
    since_sign_of_life += kPollPeriod;
    if (since_sign_of_life < kKeepAlivePeriod) continue;
    since_sign_of_life = milliseconds(0);
    if (!stream->Write(kKeepAlive)) return;
  }
  subscription.End();
}

// ---- the handshake era ----

std::shared_ptr<HttpSession> HttpEndpoint::SessionOf(const net::HttpRequest& request,
                                                     net::HttpResponder& responder) {
  const std::string version = VersionHeader(request.headers);
  if (!version.empty() && !mcp::IsHandshakeVersion(version)) {
    responder.Send(TextResponse(400, fmt::format("{} is not spoken here", version)));
    return nullptr;
  }
  const auto id = request.headers.Find(mcp::kHeaderSessionId);
  if (!id) {
    responder.Send(RpcResponse(400, ErrorResponse(std::nullopt, mcp::error_code::kInvalidRequest,
                                                  fmt::format("begin with initialize, then send {}",
                                                              mcp::kHeaderSessionId))));
    return nullptr;
  }
  std::shared_ptr<HttpSession> session = sessions_.Find(*id);
  if (session == nullptr) {
    responder.Send(RpcResponse(404, ErrorResponse(std::nullopt, mcp::error_code::kInvalidRequest,
                                                  "there is no such session; initialize anew")));
  }
  return session;
}

void HttpEndpoint::PostInitialize(const mcp::Request& request, net::HttpResponder& responder) {
  const std::shared_ptr<HttpSession> session = sessions_.Make();
  if (session == nullptr) {
    responder.Send(TextResponse(503, "too many sessions; end one with DELETE or try again later"));
    return;
  }
  PostStream out(responder, {.session_id = session->id});
  const Reply reply = server_->ServeHandshake(request, session->client, out, responder.StopToken());
  if (!reply.response.ok()) sessions_.Remove(session->id);
  out.Finish(reply);
}

void HttpEndpoint::PostHandshake(const net::HttpRequest& http, const mcp::Message& message,
                                 net::HttpResponder& responder) {
  const auto* request = std::get_if<mcp::Request>(&message);
  if (request != nullptr && request->method == "initialize" &&
      !http.headers.Find(mcp::kHeaderSessionId)) {
    return PostInitialize(*request, responder);
  }
  const std::shared_ptr<HttpSession> session = SessionOf(http, responder);
  if (session == nullptr) return;
  if (request == nullptr) {
    if (const auto* notification = std::get_if<mcp::Notification>(&message)) {
      McpServer::Notify(*notification, session->client.in_flight());
    } else {
      session->client.Answer(std::get<mcp::Response>(message));
    }
    responder.Send({.status = 202});
    return;
  }
  // A client that goes away may come back for the rest; only the server's end or a cancellation
  // stops the work.
  std::optional<InFlight::Entry> entry;
  entry.emplace(session->client.in_flight(), request->id, responder.StopToken());
  if (!entry->is_first()) {
    responder.Send(RpcResponse(400, ErrorResponse(request->id, mcp::error_code::kInvalidRequest,
                                                  "a request of this id is under way")));
    return;
  }
  PostStream out(responder, {.events = &session->events,
                             .primes = session->client.version() == mcp::kLatestHandshakeVersion});
  const Reply reply = server_->ServeHandshake(*request, session->client, out, entry->token());
  const bool cancelled = entry->cancelled();
  entry.reset();  // once it has the answer, the client may use the id again
  if (cancelled) {
    out.Abandon();
  } else {
    out.Finish(reply);
  }
}

void HttpEndpoint::Get(const net::HttpRequest& request, net::HttpResponder& responder) {
  if (!Accepts(request.headers, "text/event-stream")) {
    responder.Send(TextResponse(406, "the client must accept text/event-stream"));
    return;
  }
  const std::shared_ptr<HttpSession> session = SessionOf(request, responder);
  if (session == nullptr) return;
  std::string last(request.headers.Find(mcp::kHeaderLastEventId).value_or(""));
  const bool general = last.empty() || last.starts_with("0-");
  if (general && !session->TakeGeneralStream()) {
    responder.Send(TextResponse(409, "another connection reads this session's messages already"));
    return;
  }
  const bool resumes = !last.empty();
  if (!resumes) last = session->events.Append(EventStore::kGeneralStream, "");
  if (Result<EventStore::Batch> known = session->events.After(last, milliseconds(0)); !known) {
    responder.Send(TextResponse(404, known.error().message));
    if (general) session->LeaveGeneralStream();
    return;
  }
  Result<net::HttpStream*> stream = responder.Begin(
      {.status = 200,
       .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}});
  if (stream && !resumes && session->client.version() == mcp::kLatestHandshakeVersion) {
    (void)(*stream)->Write(SseEvent(last, ""));
  }
  milliseconds silence{0};
  bool over = !stream;
  while (!over && !responder.StopToken().stop_requested() && !(*stream)->PeerIsGone()) {
    const Result<EventStore::Batch> batch = session->events.After(last, kPollPeriod);
    if (!batch) break;
    silence = batch->events.empty() ? silence + kPollPeriod : milliseconds(0);
    for (const StoredEvent& event : batch->events) {
      last = event.id;
      over = over || !(*stream)->Write(SseEvent(event.id, event.data));
    }
    over = over || batch->finished;
    if (silence < kKeepAlivePeriod) continue;
    silence = milliseconds(0);
    over = over || !(*stream)->Write(kKeepAlive);
  }
  if (general) session->LeaveGeneralStream();
}

void HttpEndpoint::Delete(const net::HttpRequest& request, net::HttpResponder& responder) {
  const std::shared_ptr<HttpSession> session = SessionOf(request, responder);
  if (session == nullptr) return;
  sessions_.Remove(session->id);
  responder.Send({.status = 204});
}

}  // namespace weir::mcp_server
