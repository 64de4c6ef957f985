// A certificate that nobody vouches for. The server is openssl's, since that is all it is for.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "net/http_client.h"
#include "net/testing/loopback_server.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;

constexpr const char* kOpenssl = "/usr/bin/openssl";

// openssl with these arguments, silent; -1 when it could not be started.
pid_t StartOpenssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2})
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, kOpenssl, &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

TEST(Tls, AServerThatDoesNotSpeakItMeetsTheDeadlineForConnecting) {
  const LoopbackServer plain(
      [](const HttpRequest&, LoopbackPeer& peer) { peer.Respond(200, {}, "plain"); });
  const auto response =
      NewHttpClient()->Send({.url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/"},
                            {.connect = milliseconds(200)}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(plain.requests().empty());
}

TEST(Tls, ACertificateThatNobodyVouchesForIsRefused) {
  if (::access(kOpenssl, X_OK) != 0) GTEST_SKIP() << kOpenssl << " is not there to serve TLS";
  std::string folder = testing::TempDir() + "tls-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string key = folder + "/key.pem";
  const std::string certificate = folder + "/certificate.pem";
  const pid_t maker =
      StartOpenssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
  ASSERT_GT(maker, 0);
  int status = -1;
  ASSERT_EQ(::waitpid(maker, &status, 0), maker);
  ASSERT_EQ(status, 0) << "openssl made no certificate";
  const std::string port = std::to_string(UnusedPort());
  const pid_t server = StartOpenssl({"s_server", "-accept", "127.0.0.1:" + port, "-cert",
                                     certificate, "-key", key, "-www", "-quiet"});
  ASSERT_GT(server, 0);
  Result<HttpResponse> response;
  for (int i = 0; i < 500; ++i) {  // until it listens
    response = NewHttpClient()->Send({.url = "https://127.0.0.1:" + port + "/"}, {}, {});
    if (response || response.error().message.find("certificate") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds(20));
  }
  ::kill(server, SIGKILL);
  ::waitpid(server, &status, 0);
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(response.error().message.find("certificate"), std::string::npos)
      << response.error().message;
}

}  // namespace
}  // namespace weir::net
