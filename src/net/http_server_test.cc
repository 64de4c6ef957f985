#include "net/http_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "net/testing/raw_peer.h"

namespace weir::net {
namespace {

using namespace std::chrono_literals;

// Answers with what was asked: "POST /x 5 hello".
void Echo(const HttpRequest& request, HttpResponder& responder) {
  HttpResponse response{.status = 200};
  response.body =
      fmt::format("{} {} {} {}", request.method, request.url, request.body.size(), request.body);
  responder.Send(response);
}

std::unique_ptr<HttpServer> Start(HttpHandler handler = Echo, HttpServerOptions options = {}) {
  Result<std::unique_ptr<HttpServer>> server =
      HttpServer::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.has_value()) << server.error().message;
  return std::move(*server);
}

std::string StatusOf(const std::string& response) {
  return response.size() < 12 ? response : response.substr(9, 3);
}

std::string Ask(const HttpServer& server, std::string_view bytes) {
  RawPeer peer(server.port());
  EXPECT_TRUE(peer.Send(bytes));
  return StatusOf(peer.ReadResponse());
}

TEST(HttpServer, WhatIsNoRequestIsAnsweredAndClosed) {
  const auto server = Start();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n"}) {
    RawPeer peer(server->port());
    ASSERT_TRUE(peer.Send(bytes));
    EXPECT_EQ(StatusOf(peer.ReadResponse()), "400") << bytes;
    EXPECT_TRUE(peer.SeesEnd()) << bytes;
  }
}

TEST(HttpServer, AHeadWithoutEndIsCutOff) {
  const auto server = Start(Echo, {.max_head_bytes = 4096});
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n"));
  for (int i = 0; i < 200 && peer.Send(fmt::format("X-{}: {}\r\n", i, std::string(100, 'x')));
       ++i) {
  }
  EXPECT_EQ(StatusOf(peer.ReadResponse()), "431");
  EXPECT_TRUE(peer.SeesEnd());
}

TEST(HttpServer, AHeadThatComesDropByDropRunsOutOfTime) {
  const auto server = Start(Echo, {.head_timeout = 200ms});
  RawPeer peer(server->port());
  for (const char c : std::string("GET / HTTP/1.1\r\nHost: localhost\r\n")) {
    if (!peer.Send(std::string(1, c))) break;
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(StatusOf(peer.ReadResponse()), "408");
  EXPECT_TRUE(peer.SeesEnd());
}

TEST(HttpServer, ABodyThatDoesNotComeRunsOutOfTime) {
  const auto server = Start(Echo, {.body_timeout = 100ms});
  EXPECT_EQ(Ask(*server, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel"), "408");
}

TEST(HttpServer, ASilentConnectionIsClosedWithoutAnAnswer) {
  const auto server = Start(Echo, {.idle_timeout = 100ms});
  RawPeer peer(server->port());
  EXPECT_TRUE(peer.SeesEnd());
}

TEST(HttpServer, ABodyOverTheLimitIsRefusedBeforeItIsRead) {
  const auto server = Start(Echo, {.max_body_bytes = 1000});
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"));
  EXPECT_EQ(StatusOf(peer.ReadResponse()), "413");
  EXPECT_TRUE(peer.SeesEnd());
}

TEST(HttpServer, AChunkedBodyOverTheLimitIsRefused) {
  const auto server = Start(Echo, {.max_body_bytes = 1000});
  std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) request += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(Ask(*server, request + "0\r\n\r\n"), "413");
}

TEST(HttpServer, AnExceptionOfTheHandlerIsA500) {
  const auto server =
      Start([](const HttpRequest&, HttpResponder&) { throw std::runtime_error("a secret"); });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  const std::string response = peer.ReadResponse();
  EXPECT_EQ(StatusOf(response), "500");
  EXPECT_EQ(response.find("secret"), std::string::npos);
}

TEST(HttpServer, AHandlerThatDoesNotAnswerIsA500) {
  const auto server = Start([](const HttpRequest&, HttpResponder&) {});
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n\r\n"), "500");
}

TEST(HttpServer, AHeaderWithALineEndIsLeftOut) {
  const auto server = Start([](const HttpRequest&, HttpResponder& responder) {
    responder.Send({.status = 200, .headers = {{"X-Bad", "a\r\nX-Evil: b"}, {"X-Good", "c"}}});
  });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  const std::string response = peer.ReadResponse();
  EXPECT_EQ(response.find("Evil"), std::string::npos);
  EXPECT_NE(response.find("X-Good: c\r\n"), std::string::npos);
}

TEST(HttpServer, OneConnectionTooManyIsA503AndTheOthersGoOn) {
  const auto server = Start(Echo, {.max_connections = 2});
  RawPeer first(server->port());
  RawPeer second(server->port());
  ASSERT_TRUE(first.Send("GET /1 HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(second.Send("GET /2 HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(StatusOf(first.ReadResponse()), "200");
  EXPECT_EQ(StatusOf(second.ReadResponse()), "200");
  RawPeer third(server->port());
  EXPECT_EQ(StatusOf(third.ReadResponse()), "503");
  ASSERT_TRUE(first.Send("GET /1 HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(StatusOf(first.ReadResponse()), "200");
}

TEST(HttpServer, RequestsInOnePieceAreAnsweredOneAfterTheOther) {
  const auto server = Start();
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send(PostText(server->port(), "/a", "one") + PostText(server->port(), "/b", "") +
                        "GET /c HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(peer.ReadResponse().ends_with("POST /a 3 one"));
  EXPECT_TRUE(peer.ReadResponse().ends_with("POST /b 0 "));
  const std::string last = peer.ReadResponse();
  EXPECT_TRUE(last.ends_with("GET /c 0 "));
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(peer.SeesEnd());
}

TEST(HttpServer, ABodyInChunksAndPiecesIsOneBody) {
  const auto server = Start();
  RawPeer peer(server->port());
  for (const char* piece : {"POST /x HTTP/1.1\r\nTransfer-Enc", "oding: chunked\r\n\r\n3\r",
                            "\nhel", "\r\n2\r\nlo\r\n0\r\n", "\r\n"}) {
    ASSERT_TRUE(peer.Send(piece));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(peer.ReadResponse().ends_with("POST /x 5 hello"));
}

TEST(HttpServer, AClientThatExpectsToContinueIsToldTo) {
  const auto server = Start();
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("POST /x HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_NE(peer.ReadUntil("\r\n\r\n").find("100 Continue"), std::string::npos);
  ASSERT_TRUE(peer.Send("ok"));
  EXPECT_TRUE(peer.ReadResponse().ends_with("POST /x 2 ok"));
}

TEST(HttpServer, HeadersComeAsTheyWereSentWithoutBlanksAroundThem) {
  std::promise<HttpHeaders> seen;
  const auto server = Start([&](const HttpRequest& request, HttpResponder& responder) {
    seen.set_value(request.headers);
    responder.Send({.status = 204});
  });
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\nX-Name:   a b \t\r\nX-NAME: c\r\n\r\n"), "204");
  const HttpHeaders headers = seen.get_future().get();
  EXPECT_EQ(headers.All("x-name"), (std::vector<std::string_view>{"a b", "c"}));
}

TEST(HttpServer, TwoAreServedAtOnce) {
  std::promise<void> second_came;
  const std::shared_future<void> came = second_came.get_future().share();
  const auto server = Start([&](const HttpRequest& request, HttpResponder& responder) {
    if (request.url == "/second") second_came.set_value();
    responder.Send({.status = came.wait_for(10s) == std::future_status::ready ? 200 : 500});
  });
  RawPeer first(server->port());
  ASSERT_TRUE(first.Send("GET /first HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(Ask(*server, "GET /second HTTP/1.1\r\n\r\n"), "200");
  EXPECT_EQ(StatusOf(first.ReadResponse()), "200");
}

TEST(HttpStream, PiecesArriveWhenTheyAreWritten) {
  std::promise<void> go_on;
  const auto server = Start([&](const HttpRequest&, HttpResponder& responder) {
    Result<HttpStream*> stream = responder.Begin({.status = 200});
    ASSERT_TRUE(stream.has_value());
    EXPECT_TRUE((*stream)->Write("one").has_value());
    go_on.get_future().wait_for(10s);
    EXPECT_TRUE((*stream)->Write("two").has_value());
  });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n"));
  EXPECT_NE(peer.ReadUntil("3\r\none\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  go_on.set_value();
  EXPECT_EQ(peer.ReadUntil("0\r\n\r\n"), "3\r\ntwo\r\n0\r\n\r\n");
}

TEST(HttpStream, AClientThatLeavesIsNoticedByTheNextWriteAndByLooking) {
  std::promise<Status> result;
  std::promise<void> begun;
  const auto server = Start([&](const HttpRequest&, HttpResponder& responder) {
    Result<HttpStream*> stream = responder.Begin({.status = 200});
    if (!stream) return;
    begun.set_value();
    while (!(*stream)->PeerIsGone()) std::this_thread::sleep_for(5ms);
    result.set_value((*stream)->Write("x"));
  });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  begun.get_future().wait();
  peer.Close();
  std::future<Status> future = result.get_future();
  ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
  const Status status = future.get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

TEST(HttpStream, AClientThatDoesNotReadRunsOutOfTime) {
  std::promise<Status> result;
  const auto server = Start(
      [&](const HttpRequest&, HttpResponder& responder) {
        Result<HttpStream*> stream = responder.Begin({.status = 200});
        const std::string piece(1u << 20, 'x');
        Status status;
        for (int i = 0; i < 100 && status; ++i) status = (*stream)->Write(piece);
        result.set_value(status);
      },
      {.write_timeout = 200ms});
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  const Status status = result.get_future().get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(HttpServer, WorkThatNobodyWaitsForIsToldSo) {
  std::promise<void> begun;
  std::promise<bool> abandoned;
  const auto server = Start([&](const HttpRequest&, HttpResponder& responder) {
    const std::stop_token stop = responder.AbandonToken();
    begun.set_value();
    for (int i = 0; i < 2000 && !stop.stop_requested(); ++i) std::this_thread::sleep_for(5ms);
    abandoned.set_value(stop.stop_requested());
  });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  begun.get_future().wait();
  peer.Close();
  EXPECT_TRUE(abandoned.get_future().get());
}

TEST(HttpServer, AStopEndsStreamsAndWaitsForTheirHandlers) {
  std::promise<void> begun;
  Status last;
  bool returned = false;
  auto server = Start([&](const HttpRequest&, HttpResponder& responder) {
    Result<HttpStream*> stream = responder.Begin({.status = 200});
    begun.set_value();
    while (last) {
      last = responder.StopToken().stop_requested()
                 ? Status(MakeError(ErrorCode::kCancelled, "stopped"))
                 : (*stream)->Write("x");
      std::this_thread::sleep_for(2ms);
    }
    returned = true;
  });
  RawPeer peer(server->port());
  ASSERT_TRUE(peer.Send("GET / HTTP/1.1\r\n\r\n"));
  begun.get_future().wait();
  server->Stop();
  EXPECT_TRUE(returned);
  EXPECT_EQ(last.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(peer.SeesEnd());
  EXPECT_FALSE(RawPeer(server->port()).connected());
}

TEST(HttpServer, AnAddressThatIsNoneAndAPortThatIsTakenAreErrors) {
  const Result<std::unique_ptr<HttpServer>> none =
      HttpServer::Start({.address = "localhost"}, Echo);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  const auto server = Start();
  const Result<std::unique_ptr<HttpServer>> taken =
      HttpServer::Start({.port = server->port()}, Echo);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(taken.error().message.find(std::to_string(server->port())), std::string::npos);
}

}  // namespace
}  // namespace weir::net
