#include "mcp_server/stdio_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "mcp_server/fixtures.h"

namespace weir::mcp_server {
namespace {

using ::testing::HasSubstr;

constexpr const char* kInitializeLine =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
    R"("capabilities":{"elicitation":{}}}})";
constexpr const char* kMetaMember =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
    R"("io.modelcontextprotocol/clientCapabilities":{}})";

// A client on two pipes; nothing waits longer than ten seconds.
class StdioTest : public ::testing::Test {
 protected:
  void Serve(StdioOptions options = {}) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe(in.data()), 0);
    ASSERT_EQ(::pipe(out.data()), 0);
    server_in_ = UniqueFd(in[0]);
    to_server_ = UniqueFd(in[1]);
    from_server_ = UniqueFd(out[0]);
    server_out_ = UniqueFd(out[1]);
    fixtures_.set_changes(&server_.changes());
    thread_ = std::jthread([this, options](const std::stop_token& stop) {
      status_ = ServeStdio(server_, server_in_.get(), server_out_.get(), options, stop);
      server_out_.reset();
    });
  }
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(to_server_.get(), bytes.data(), bytes.size());
      ASSERT_GT(n, 0);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void Line(const std::string& line) { Write(line + "\n"); }
  // Empty at the end.
  std::string Read() {
    for (;;) {
      if (const size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      pollfd fd{from_server_.get(), POLLIN, 0};
      std::array<char, 4096> bytes;
      if (::poll(&fd, 1, 10'000) <= 0) return "";
      const ssize_t n = ::read(from_server_.get(), bytes.data(), bytes.size());
      if (n <= 0) return "";
      buffer_.append(bytes.data(), static_cast<size_t>(n));
    }
  }
  Status End() {
    to_server_.reset();
    thread_.join();
    return status_;
  }

  Fixtures fixtures_;
  McpServer server_{fixtures_.features(), &SystemClock()};
  UniqueFd server_in_, to_server_, from_server_, server_out_;
  std::string buffer_;
  Status status_;
  std::jthread thread_;
};

TEST_F(StdioTest, WhatIsNoMessageIsAnsweredAndTheNextLineServed) {
  Serve({.max_line_bytes = 1000});
  Line("this is not JSON");
  EXPECT_THAT(Read(), HasSubstr("-32700"));
  Line("\xff\xfe");
  EXPECT_THAT(Read(), HasSubstr("-32700"));
  Line("[]");
  EXPECT_THAT(Read(), HasSubstr("-32600"));
  Line("");
  Line(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_EQ(Read(), R"({"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_TRUE(End().has_value());
}

TEST_F(StdioTest, ALineThatIsTooLongIsSkippedWholeAndToldOfOnce) {
  Serve({.max_line_bytes = 1000});
  Write(std::string(100'000, 'x'));
  Line(R"({"jsonrpc":"2.0","id":9,"method":"ping"})");
  Line(std::string(1001, 'y'));
  Line(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_THAT(Read(), HasSubstr("at most 1000 bytes"));
  EXPECT_THAT(Read(), HasSubstr("at most 1000 bytes"));
  EXPECT_EQ(Read(), R"({"jsonrpc":"2.0","id":1,"result":{}})");
}

TEST_F(StdioTest, WhoDoesNotBeginIsToldHow) {
  Serve();
  Line(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_THAT(Read(), HasSubstr("begin with initialize"));
  Line(R"({"jsonrpc":"2.0","id":2,"method":"server/discover"})");
  EXPECT_THAT(Read(), HasSubstr("-32602"));
}

TEST_F(StdioTest, BothErasAreServed) {
  Serve();
  Line(std::string(R"({"jsonrpc":"2.0","id":1,"method":"server/discover","params":{)") +
       kMetaMember + "}}");
  EXPECT_THAT(Read(), HasSubstr(R"("supportedVersions":["2026-07-28"])"));
  Line(kInitializeLine);
  EXPECT_THAT(Read(), HasSubstr(R"("protocolVersion":"2025-11-25")"));
  Line(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  Line(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_simple_text"}})");
  EXPECT_THAT(Read(), HasSubstr(R"("id":2,"result")"));
}

TEST_F(StdioTest, ASlowCallHoldsUpNeitherAPingNorItsOwnCancellation) {
  Serve();
  Line(kInitializeLine);
  (void)Read();
  Line(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":)"
       R"({"name":"slow_compute","arguments":{"seconds":60}}})");
  Line(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
  Line(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
  std::string first = Read();
  // The id of a call under way may not be used again; whether the ping came first is a race.
  EXPECT_THAT(first, HasSubstr(R"("id":2)"));
  EXPECT_EQ(Read(), R"({"jsonrpc":"2.0","id":3,"result":{}})");
  Line(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}})");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(End().has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_EQ(Read(), "");  // a cancelled call has no answer
}

TEST_F(StdioTest, TheClientAnswersAQuestionInTheMiddleOfACall) {
  Serve();
  Line(kInitializeLine);
  (void)Read();
  Line(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_elicitation"}})");
  EXPECT_THAT(Read(), HasSubstr(R"("method":"elicitation/create")"));
  Line(R"({"jsonrpc":"2.0","id":1,"result":{"action":"cancel"}})");
  EXPECT_THAT(Read(), HasSubstr("cancel"));
}

TEST_F(StdioTest, AfterTheEndOfInputWhatWasAskedIsStillAnswered) {
  Serve();
  Line(kInitializeLine);
  Line(
      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_tool_with_progress"}})");
  EXPECT_TRUE(End().has_value());
  (void)Read();
  EXPECT_THAT(Read(), HasSubstr(R"("id":2,"result")"));
  EXPECT_EQ(Read(), "");
}

TEST_F(StdioTest, ASubscriptionEndsWithItsCancellation) {
  Serve();
  Line(std::string(R"({"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":)") +
       R"({"notifications":{"toolsListChanged":true},)" + kMetaMember + "}}");
  EXPECT_THAT(Read(), HasSubstr("acknowledged"));
  server_.changes().Publish({.kind = ChangeKind::kTools});
  EXPECT_THAT(Read(), HasSubstr("tools/list_changed"));
  Line(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}})");
  Line(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
  EXPECT_THAT(Read(), HasSubstr(R"("id":3)"));
  server_.changes().Publish({.kind = ChangeKind::kTools});
  EXPECT_TRUE(End().has_value());
  EXPECT_EQ(Read(), "");
}

TEST_F(StdioTest, AClientThatDoesNotReadEndsTheServer) {
  Serve({.write_timeout = std::chrono::milliseconds(200)});
  for (int i = 0; i < 40; ++i) {
    Line(std::string(R"({"jsonrpc":"2.0","id":)") + std::to_string(i) +
         R"(,"method":"tools/list","params":{)" + kMetaMember + "}}");
  }
  thread_.join();
  ASSERT_FALSE(status_);
  EXPECT_EQ(status_.error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(StdioTest, AStopEndsItAtOnce) {
  Serve();
  Line(kInitializeLine);
  (void)Read();
  Line(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":)"
       R"({"name":"slow_compute","arguments":{"seconds":60}}})");
  thread_.request_stop();
  const auto begin = std::chrono::steady_clock::now();
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace weir::mcp_server
