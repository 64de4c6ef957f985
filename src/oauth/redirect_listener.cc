#include "oauth/redirect_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/url.h"
#include "platform/files.h"

namespace weir::oauth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kCallbackPath = "/callback";
constexpr size_t kMaxRequestBytes = 32u << 10;
// Browsers open connections ahead of need and leave them idle.
constexpr size_t kMaxConnections = 16;
constexpr std::chrono::seconds kConnectionTime{10};
constexpr std::chrono::milliseconds kStopTick{50};

struct Connection {
  UniqueFd fd;
  std::string received;
  SteadyClock::time_point end;
};

// Binds to 127.0.0.1; the port that it got, or nothing.
std::optional<int> BindTo(int fd, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) return std::nullopt;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  return ntohs(address.sin_port);
}

// "GET TARGET HTTP/1.1" and a Host that is ours; nothing for any other request.
std::optional<std::string> TargetOf(std::string_view head, std::string_view authority) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (!line.starts_with("GET ") || !line.ends_with(" HTTP/1.1")) return std::nullopt;
  const std::string_view target = line.substr(4, line.size() - 4 - 9);
  int n_hosts = 0;
  for (size_t at = line.size() + 2; at < head.size();) {
    const std::string_view field = head.substr(at, head.find("\r\n", at) - at);
    at += field.size() + 2;
    if (field.size() < 5 || !net::EqualsIgnoringCase(field.substr(0, 5), "Host:")) continue;
    ++n_hosts;
    std::string_view host = field.substr(5);
    host.remove_prefix(std::min(host.find_first_not_of(" \t"), host.size()));
    if (host != authority) return std::nullopt;
  }
  if (n_hosts != 1) return std::nullopt;
  return std::string(target);
}

// Whether `target` is an answer to the sign-in with this state.
bool IsAnswer(const std::string& target, const std::string& state) {
  const size_t mark = target.find('?');
  if (target.substr(0, mark) != kCallbackPath || mark == std::string::npos) return false;
  const Result<net::FormFields> fields = net::DecodeForm(target.substr(mark + 1));
  if (!fields) return false;
  return std::ranges::any_of(
      *fields, [&](const auto& field) { return field.first == "state" && field.second == state; });
}

void Answer(int fd, std::string_view status, std::string_view text) {
  const std::string body =
      "<!doctype html><meta charset=utf-8><title>Weir</title><p>" + std::string(text) + "</p>\n";
  const std::string response = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
      "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
      "Content-Security-Policy: default-src 'none'\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}",
      status, body.size(), body);
  // Small enough for the socket's buffer; a browser that does not take it sees no page.
  (void)::send(fd, response.data(), response.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

enum class Progress { kMore, kDone };

// Reads what has come. The target is set when the whole head of a good request is there.
Progress ReadSome(Connection* connection, std::string_view authority,
                  std::optional<std::string>* target) {
  std::array<char, 4096> bytes;
  const ssize_t n = ::recv(connection->fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Progress::kMore;
  if (n <= 0) return Progress::kDone;
  connection->received.append(bytes.data(), static_cast<size_t>(n));
  if (connection->received.size() > kMaxRequestBytes) return Progress::kDone;
  const size_t end = connection->received.find("\r\n\r\n");
  if (end == std::string::npos) return Progress::kMore;
  *target = TargetOf(std::string_view(connection->received).substr(0, end), authority);
  if (!*target) Answer(connection->fd.get(), "400 Bad Request", "This is not for you.");
  return Progress::kDone;
}

// Waits at most one tick; true for each descriptor, the listener first, that can be read.
std::vector<bool> WaitForBytes(int listener, const std::vector<Connection>& connections) {
  std::vector<pollfd> wanted = {{listener, POLLIN, 0}};
  for (const Connection& connection : connections)
    wanted.push_back({connection.fd.get(), POLLIN, 0});
  ::poll(wanted.data(), wanted.size(), static_cast<int>(kStopTick.count()));
  std::vector<bool> is_ready;
  is_ready.reserve(wanted.size());
  for (const pollfd& one : wanted) is_ready.push_back(one.revents != 0);
  return is_ready;
}

void AcceptOne(int listener, std::vector<Connection>* connections) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) return;
  if (connections->size() >= kMaxConnections) connections->erase(connections->begin());
  connections->push_back({std::move(fd), "", SteadyClock::now() + kConnectionTime});
}

}  // namespace

RedirectListener::RedirectListener(UniqueFd fd, int port)
    : fd_(std::move(fd)),
      authority_("127.0.0.1:" + std::to_string(port)),
      redirect_uri_("http://" + authority_ + std::string(kCallbackPath)) {}

Result<RedirectListener> RedirectListener::Open(int wanted_port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;  // a port that an earlier sign-in has just left may be taken again
  if (fd.valid()) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  std::optional<int> port;
  if (fd.valid() && wanted_port > 0 && wanted_port <= 65535) port = BindTo(fd.get(), wanted_port);
  if (fd.valid() && !port) port = BindTo(fd.get(), 0);
  if (!port || ::listen(fd.get(), 16) != 0)
    return MakeError(ErrorCode::kUnavailable,
                     "no port of 127.0.0.1 can be listened on ({}), so a sign-in has nowhere to "
                     "come back to",
                     platform::SystemError(errno, "listen").message);
  return RedirectListener(std::move(fd), *port);
}

Result<std::string> RedirectListener::Wait(const std::string& state,
                                           std::chrono::milliseconds timeout,
                                           const std::stop_token& stop) {
  const SteadyClock::time_point end = SteadyClock::now() + timeout;
  std::vector<Connection> connections;
  while (SteadyClock::now() < end) {
    if (stop.stop_requested())
      return MakeError(ErrorCode::kCancelled, "waiting for the sign-in was stopped");
    const std::vector<bool> is_ready = WaitForBytes(fd_.get(), connections);
    for (size_t i = connections.size(); i-- > 0;) {
      std::optional<std::string> target;
      const bool is_late = SteadyClock::now() >= connections[i].end;
      if (!is_ready[i + 1] && !is_late) continue;
      if (!is_late && ReadSome(&connections[i], authority_, &target) == Progress::kMore) continue;
      if (target && IsAnswer(*target, state)) {
        Answer(connections[i].fd.get(), "200 OK",
               "Weir has the answer. You can close this page and go back to the terminal.");
        return "http://" + authority_ + *target;
      }
      if (target) Answer(connections[i].fd.get(), "404 Not Found", "There is nothing here.");
      connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (is_ready[0]) AcceptOne(fd_.get(), &connections);
  }
  return MakeError(ErrorCode::kDeadlineExceeded,
                   "nobody came back from the sign-in within {} s; start it again",
                   std::chrono::duration_cast<std::chrono::seconds>(timeout).count());
}

}  // namespace weir::oauth
