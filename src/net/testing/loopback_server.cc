#include "net/testing/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/check.h"

namespace weir::net {
namespace {

constexpr std::chrono::milliseconds kTick{10};

// True when `fd` can be read from (or has been closed by the peer) within one tick.
bool IsReadable(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(kTick.count())) > 0;
}

UniqueFd BindToLoopback(int* port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(fd.valid());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  socklen_t size = sizeof(address);
  CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  *port = ntohs(address.sin_port);
  return fd;
}

// Appends what can be read; false at the end, on a stop, or when nothing can come any more.
bool ReadMore(int fd, const std::stop_token& stop, std::string* buffer) {
  while (!stop.stop_requested()) {
    if (!IsReadable(fd)) continue;
    std::array<char, 4096> bytes;
    const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (n <= 0) return false;
    buffer->append(bytes.data(), static_cast<size_t>(n));
    return true;
  }
  return false;
}

HttpRequest ParseHead(std::string_view head) {
  HttpRequest request;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.url = first.substr(space + 1, first.rfind(' ') - space - 1);
  for (size_t at = first.size() + 2; at < head.size();) {
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    at += line.size() + 2;
    const size_t colon = line.find(':');
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    const size_t start = std::min(value.find_first_not_of(' '), value.size());
    request.headers.Add(std::string(line.substr(0, colon)), std::string(value.substr(start)));
  }
  return request;
}

size_t BodyBytes(const HttpRequest& request) {
  size_t n = 0;
  if (const auto length = request.headers.Find("Content-Length"))
    std::from_chars(length->data(), length->data() + length->size(), n);
  return n;
}

// The next request; `buffer` holds what came after it.
std::optional<HttpRequest> ReadRequest(int fd, const std::stop_token& stop, std::string* buffer) {
  size_t end;
  while ((end = buffer->find("\r\n\r\n")) == std::string::npos)
    if (!ReadMore(fd, stop, buffer)) return std::nullopt;
  HttpRequest request = ParseHead(std::string_view(*buffer).substr(0, end + 2));
  buffer->erase(0, end + 4);
  const size_t n_body = BodyBytes(request);
  while (buffer->size() < n_body)
    if (!ReadMore(fd, stop, buffer)) return std::nullopt;
  request.body = buffer->substr(0, n_body);
  buffer->erase(0, n_body);
  return request;
}

}  // namespace

bool LoopbackPeer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool LoopbackPeer::Respond(int status, const HttpHeaders& headers, std::string_view body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Text\r\n";
  for (const auto& [name, value] : headers.fields()) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return Send(text += body);
}

void LoopbackPeer::Sleep(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stopping() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kTick);
}

bool LoopbackPeer::WaitForClose(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stopping() && std::chrono::steady_clock::now() < end) {
    if (!IsReadable(fd_)) continue;
    char byte;
    if (::recv(fd_, &byte, 1, 0) <= 0) return true;
  }
  return false;
}

LoopbackServer::LoopbackServer(Handler handler)
    : handler_(std::move(handler)), listener_(BindToLoopback(&port_)) {
  CHECK(::listen(listener_.get(), 64) == 0);
  acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
}

LoopbackServer::~LoopbackServer() {
  acceptor_.request_stop();
  acceptor_.join();
  for (std::jthread& connection : connections_) connection.request_stop();
  connections_.clear();
}

std::string LoopbackServer::Url(std::string_view target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
}

std::vector<HttpRequest> LoopbackServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void LoopbackServer::Accept(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!IsReadable(listener_.get())) continue;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++n_connections_;
    const std::lock_guard lock(mutex_);
    connections_.emplace_back(
        [this, fd](const std::stop_token& connection_stop) { Serve(fd, connection_stop); });
  }
}

void LoopbackServer::Serve(int fd, const std::stop_token& stop) {
  const UniqueFd owned(fd);
  LoopbackPeer peer(fd, stop);
  std::string buffer;
  while (!peer.closes()) {
    const std::optional<HttpRequest> request = ReadRequest(fd, stop, &buffer);
    if (!request) return;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    handler_(*request, peer);
  }
}

UniqueFd ConnectToLoopback(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(fd.valid());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

int UnusedPort() {
  int port = 0;
  BindToLoopback(&port);
  return port;
}

}  // namespace weir::net
