#pragma once
// What is wrong with a configuration file, each at its place. One thread.

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::config {

// Counted from 1; the column in characters.
struct Place {
  uint32_t line = 1;
  uint32_t column = 1;

  auto operator<=>(const Place&) const = default;
};

class Problems {
 public:
  void Report(Place at, std::string text) { list_.push_back({at, std::move(text)}); }

  template <class... Args>
  void Say(Place at, fmt::format_string<Args...> format, Args&&... args) {
    Report(at, fmt::format(format, std::forward<Args>(args)...));
  }

  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size(); }

  // In file order, one a line: "FILE: line 7, column 3: what is wrong; the way out".
  std::string Text(std::string_view file) const;

 private:
  struct Problem {
    Place at;
    std::string text;
  };
  std::vector<Problem> list_;
};

}  // namespace weir::config
