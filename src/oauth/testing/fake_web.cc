#include "oauth/testing/fake_web.h"

#include <algorithm>

#include "base/check.h"

namespace weir::oauth {
namespace {

using json::Json;

class FakeVisit : public BrowserVisit {
 public:
  explicit FakeVisit(FakeBrowser& browser)
      : browser_(browser), redirect_uri_(browser.redirect_uri) {}
  const std::string& redirect_uri() const override { return redirect_uri_; }
  Result<std::string> Go(const SignIn& sign_in, const std::stop_token&) override {
    browser_.sign_ins.push_back(sign_in);
    return browser_.answer(sign_in, redirect_uri_);
  }

 private:
  FakeBrowser& browser_;
  const std::string redirect_uri_;
};

std::string WellKnown(const std::string& issuer) {
  const Result<net::Url> url = net::ParseUrl(issuer);
  CHECK(url.has_value());
  return url->Origin() + "/.well-known/oauth-authorization-server" +
         (url->path == "/" ? "" : url->path);
}

}  // namespace

net::HttpResponse JsonResponse(int status, const Json& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = json::Dump(body)};
}

net::HttpResponse Refusal(int status, const std::string& challenge) {
  net::HttpResponse response{.status = status};
  if (!challenge.empty()) response.headers.Add("WWW-Authenticate", challenge);
  return response;
}

void FakeWeb::Put(const std::string& url, Handler handler) {
  const std::lock_guard lock(mutex_);
  pages_[url] = std::move(handler);
}

void FakeWeb::PutJson(const std::string& url, const Json& body) {
  Put(url, [body](const net::HttpRequest&) { return JsonResponse(200, body); });
}

void FakeWeb::Remove(const std::string& url) {
  const std::lock_guard lock(mutex_);
  pages_.erase(url);
}

std::vector<net::HttpRequest> FakeWeb::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> FakeWeb::urls() const {
  std::vector<std::string> urls;
  for (const net::HttpRequest& request : requests()) urls.push_back(request.url);
  return urls;
}

int FakeWeb::CountOf(const std::string& url) const {
  return static_cast<int>(std::ranges::count(urls(), url));
}

Result<net::HttpResponse> FakeWeb::Send(const net::HttpRequest& request, const net::HttpLimits&,
                                        const std::stop_token& stop) {
  if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped");
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    const auto page = pages_.find(request.url);
    if (page == pages_.end()) return net::HttpResponse{.status = 404};
    handler = page->second;
  }
  return handler(request);
}

Result<net::HttpResponse> FakeWeb::Stream(const net::HttpRequest&, const net::HttpLimits&,
                                          net::HttpSink&, const std::stop_token&) {
  return MakeError(ErrorCode::kUnsupported, "nobody streams here");
}

FakeAuthorizationServer::FakeAuthorizationServer(FakeWeb& fake_web, std::string issuer_url)
    : web(fake_web), issuer(std::move(issuer_url)) {
  metadata = Json{{"issuer", issuer},
                  {"authorization_endpoint", issuer + "/authorize"},
                  {"token_endpoint", issuer + "/token"},
                  {"registration_endpoint", issuer + "/register"},
                  {"response_types_supported", Json::array({"code"})},
                  {"code_challenge_methods_supported", Json::array({"S256"})},
                  {"token_endpoint_auth_methods_supported", Json::array({"none"})},
                  {"authorization_response_iss_parameter_supported", true}};
  registration = Json{{"client_id", issuer + "-client"}};
  token = [this](const net::FormFields& fields) {
    Json body{{"access_token", issuer + "-token-" + std::to_string(++n_tokens)},
              {"token_type", "Bearer"},
              {"expires_in", 3600}};
    if (const std::string scope = FieldIn(fields, "scope"); scope != "(none)")
      body["scope"] = scope;
    return JsonResponse(200, body);
  };
  Publish();
}

void FakeAuthorizationServer::Publish() {
  web.PutJson(WellKnown(issuer), metadata);
  web.Put(issuer + "/register", [this](const net::HttpRequest& request) {
    const Result<Json> body = json::Parse(request.body);
    CHECK(body.has_value());
    last_registration = *body;
    return JsonResponse(201, registration);
  });
  web.Put(issuer + "/token", [this](const net::HttpRequest& request) {
    last_token_request = request;
    return token(FormOf(request));
  });
}

std::string FieldIn(const net::FormFields& fields, const std::string& name) {
  for (const auto& [known, value] : fields)
    if (known == name) return value;
  return "(none)";
}

net::FormFields FormOf(const net::HttpRequest& request) {
  const Result<net::FormFields> fields = net::DecodeForm(request.body);
  CHECK(fields.has_value());
  return *fields;
}

std::string FakeBrowser::RightAnswer(const SignIn& sign_in, const std::string& redirect_uri) {
  return redirect_uri + "?" +
         net::EncodeForm({{"code", "the-code"}, {"state", sign_in.state}, {"iss", sign_in.issuer}});
}

Result<std::unique_ptr<BrowserVisit>> FakeBrowser::Open(const std::string& wanted_redirect_uri) {
  last_wanted = wanted_redirect_uri;
  return std::make_unique<FakeVisit>(*this);
}

}  // namespace weir::oauth
