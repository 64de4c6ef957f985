#pragma once
// A TCP client that sends and reads exactly the bytes a test wants. Nothing waits longer than ten
// seconds. One thread.

#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace weir::net {

class RawPeer {
 public:
  // Connects to 127.0.0.1.
  explicit RawPeer(uint16_t port);

  bool connected() const { return fd_.valid(); }
  // False when the other end is gone.
  bool Send(std::string_view bytes);
  // Reads until `text` was seen, or the end, or patience is over. Returns everything that came
  // since the last call.
  std::string ReadUntil(std::string_view text);
  // One response with Content-Length, whole.
  std::string ReadResponse();
  std::string ReadToEnd() { return ReadUntil(""); }
  // True when the other end closes within the time.
  bool SeesEnd();
  void Close() { fd_.reset(); }

 private:
  bool ReadSome();

  UniqueFd fd_;
  std::string buffer_;
  bool ended_ = false;
};

// A POST with Host and Content-Length.
std::string PostText(uint16_t port, std::string_view path, std::string_view body,
                     std::string_view more_headers = "");

}  // namespace weir::net
