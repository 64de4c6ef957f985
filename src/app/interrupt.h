#pragma once
// Ctrl-C and SIGTERM as a stop_token, and reading a line from a person that gives up when it fires.
//
// The first signal asks the run to stop (children are ended, the audit log is closed, nothing is
// half done); a second one ends the process at once. One object a process, made in main before any
// thread.

#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace weir::app {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  bool fired() const { return source_.stop_requested(); }

 private:
  std::stop_source source_;
  UniqueFd signals_;  // signalfd; SIGINT and SIGTERM are blocked in every thread
  UniqueFd wake_;     // ends the watcher
  std::thread watcher_;
};

// One line from `fd` without its newline; empty at end of input or when the stop was requested.
std::optional<std::string> ReadLine(int fd, const std::stop_token& stop);

}  // namespace weir::app
