#pragma once
// Starts the built `weir` as a person or a script would: with pipes, or in a pseudo-terminal.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace weir::tests {

struct Finished {
  int code = -1;  // exit code; 128 + signal when killed
  std::string out;
  std::string err;
};

// Runs `weir ARGS` to its end with `input` on stdin; HOME and XDG folders point into `home`.
Finished RunWeir(const std::vector<std::string>& args, const std::string& input,
                 const std::filesystem::path& home);

// The same in a pseudo-terminal of 80 columns. Nothing here waits longer than 60 seconds.
class Terminal {
 public:
  Terminal(const std::vector<std::string>& args, const std::filesystem::path& home);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Reads until `text` was seen since the last call; false at the end of output or of patience.
  bool Expect(const std::string& text);
  void Type(const std::string& text);
  // The exit code, after reading what is left.
  int Wait();
  const std::string& screen() const { return screen_; }  // everything read so far
  bool echo_is_on() const;
  pid_t pid() const { return pid_; }

 private:
  bool ReadSome(int timeout_ms);

  pid_t pid_ = -1;
  int master_ = -1;
  std::string screen_;
  size_t seen_ = 0;
};

// A copy of examples/workspace and an empty state folder, removed at the end.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::filesystem::path root, workspace, state;
  // "run", REQUEST and the folders, then `more`.
  std::vector<std::string> Run(const std::string& request,
                               const std::vector<std::string>& more = {}) const;
  // `command` with --state.
  std::vector<std::string> WithState(std::vector<std::string> command) const;
};

// Every process that `pid` started, and those that these started.
std::vector<pid_t> DescendantsOf(pid_t pid);

// Processes whose command line has `needle`.
int CountProcesses(const std::string& needle);

}  // namespace weir::tests
