#pragma once
// SHA-256 in hex, for telling whether something is still what it was.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::tools {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Add(std::string_view bytes);
  // Length first, then the bytes: what is added one after the other can not be confused.
  void AddField(std::string_view bytes);
  std::string Finish();  // 64 hex digits; once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);

}  // namespace weir::tools
