#include "net/testing/raw_peer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace weir::net {
namespace {

constexpr int kPatienceMs = 10'000;

}  // namespace

RawPeer::RawPeer(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd_.reset();
  }
}

bool RawPeer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool RawPeer::ReadSome() {
  pollfd in{fd_.get(), POLLIN, 0};
  if (ended_ || ::poll(&in, 1, kPatienceMs) <= 0) return false;
  std::array<char, 65536> bytes;
  const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  ended_ = n <= 0;
  if (n > 0) buffer_.append(bytes.data(), static_cast<size_t>(n));
  return n > 0;
}

std::string RawPeer::ReadUntil(std::string_view text) {
  size_t found = std::string::npos;
  while ((text.empty() || (found = buffer_.find(text)) == std::string::npos) && ReadSome()) {
  }
  const size_t end = found == std::string::npos ? buffer_.size() : found + text.size();
  std::string out = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return out;
}

std::string RawPeer::ReadResponse() {
  std::string response = ReadUntil("\r\n\r\n");
  const size_t field = response.find("Content-Length: ");
  if (field == std::string::npos) return response;
  const size_t length = std::strtoul(response.c_str() + field + 16, nullptr, 10);
  while (buffer_.size() < length && ReadSome()) {
  }
  response += buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

bool RawPeer::SeesEnd() {
  while (ReadSome()) {
  }
  return ended_;
}

std::string PostText(uint16_t port, std::string_view path, std::string_view body,
                     std::string_view more_headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: {}\r\n{}\r\n{}",
                     path, port, body.size(), more_headers, body);
}

}  // namespace weir::net
