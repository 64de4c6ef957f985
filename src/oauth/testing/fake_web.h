#pragma once
// An internet of a few pages in memory, an authorization server in it, and a person who signs in.
// Everything can be made to go wrong.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"
#include "net/http_client.h"
#include "net/url.h"
#include "oauth/browser.h"

namespace weir::oauth {

net::HttpResponse JsonResponse(int status, const json::Json& body);
// 401 or 403 with this WWW-Authenticate; none when it is empty.
net::HttpResponse Refusal(int status, const std::string& challenge);

// What is not there answers 404. Any thread.
class FakeWeb : public net::HttpClient {
 public:
  using Handler = std::function<net::HttpResponse(const net::HttpRequest&)>;

  void Put(const std::string& url, Handler handler);
  void PutJson(const std::string& url, const json::Json& body);
  void Remove(const std::string& url);

  // Every request so far.
  std::vector<net::HttpRequest> requests() const;
  std::vector<std::string> urls() const;
  int CountOf(const std::string& url) const;

  Result<net::HttpResponse> Send(const net::HttpRequest& request, const net::HttpLimits& limits,
                                 const std::stop_token& stop) override;
  Result<net::HttpResponse> Stream(const net::HttpRequest& request, const net::HttpLimits& limits,
                                   net::HttpSink& sink, const std::stop_token& stop) override;

 private:
  mutable std::mutex mutex_;  // guards the two below
  std::map<std::string, Handler> pages_;
  std::vector<net::HttpRequest> requests_;
};

// An authorization server at `issuer`, its pages in `web`. Change `metadata`, `token` or
// `registration` and call Publish.
struct FakeAuthorizationServer {
  FakeAuthorizationServer(FakeWeb& fake_web, std::string issuer_url);
  void Publish();

  FakeWeb& web;
  const std::string issuer;
  json::Json metadata;
  json::Json registration;  // the answer to a registration
  std::function<net::HttpResponse(const net::FormFields&)> token;
  int n_tokens = 0;  // given so far: "ISSUER-token-1", ...
  std::optional<net::HttpRequest> last_token_request;
  std::optional<json::Json> last_registration;
};

// The value of a field, or "(none)".
std::string FieldIn(const net::FormFields& fields, const std::string& name);
net::FormFields FormOf(const net::HttpRequest& request);

// A person who agrees to everything, or what `answer` says.
class FakeBrowser : public Browser {
 public:
  using Answer = std::function<Result<std::string>(const SignIn&, const std::string& redirect_uri)>;

  // What a right server sends back: code, state and issuer.
  static std::string RightAnswer(const SignIn& sign_in, const std::string& redirect_uri);

  Result<std::unique_ptr<BrowserVisit>> Open(const std::string& wanted_redirect_uri) override;

  Answer answer = RightAnswer;
  std::string redirect_uri = "http://127.0.0.1:5000/callback";
  std::vector<SignIn> sign_ins;  // so far
  std::string last_wanted;       // what Open was last asked for
};

}  // namespace weir::oauth
