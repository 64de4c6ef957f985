#include "tests/support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace weir::tests {
namespace {

namespace fs = std::filesystem;
constexpr int kPatienceMs = 60'000;

[[noreturn]] void Exec(const std::vector<std::string>& args, const fs::path& home) {
  std::vector<std::string> words = {WEIR_BINARY};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::setenv("HOME", home.c_str(), 1);
  ::setenv("XDG_STATE_HOME", (home / "state").c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", (home / "config").c_str(), 1);
  ::setenv("WEIR_MODEL", WEIR_SOURCE_DIR "/models/weir-nano.gguf", 1);
  ::setenv("NO_COLOR", "1", 1);
  ::execv(WEIR_BINARY, argv.data());
  ::_exit(127);
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Finished RunWeir(const std::vector<std::string>& args, const std::string& input,
                 const fs::path& home) {
  const fs::path in = home / "stdin.txt";
  const fs::path out = home / "stdout.txt";
  const fs::path err = home / "stderr.txt";
  std::ofstream(in, std::ios::binary) << input;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(::open(in.c_str(), O_RDONLY), 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    Exec(args, home);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {CodeOf(status), ReadAll(out), ReadAll(err)};
}

Terminal::Terminal(const std::vector<std::string>& args, const fs::path& home) {
  winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
  if (pid_ == 0) Exec(args, home);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(master_);
}

bool Terminal::ReadSome(int timeout_ms) {
  pollfd fd{master_, POLLIN, 0};
  if (::poll(&fd, 1, timeout_ms) <= 0) return false;
  char bytes[4096];
  const ssize_t n = ::read(master_, bytes, sizeof bytes);
  if (n <= 0) return false;
  screen_.append(bytes, static_cast<size_t>(n));
  return true;
}

bool Terminal::Expect(const std::string& text) {
  while (true) {
    if (const size_t at = screen_.find(text, seen_); at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    if (!ReadSome(kPatienceMs)) return false;
  }
}

void Terminal::Type(const std::string& text) {
  [[maybe_unused]] const ssize_t n = ::write(master_, text.data(), text.size());
}

int Terminal::Wait() {
  while (ReadSome(kPatienceMs)) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return CodeOf(status);
}

bool Terminal::echo_is_on() const {
  termios settings{};
  return ::tcgetattr(master_, &settings) == 0 && (settings.c_lflag & ECHO) != 0 &&
         (settings.c_lflag & ICANON) != 0;
}

Sandbox::Sandbox() {
  char name[] = "/tmp/weir-test-XXXXXX";
  root = ::mkdtemp(name);
  workspace = root / "workspace";
  state = root / "state-folder";
  fs::copy(WEIR_SOURCE_DIR "/examples/workspace", workspace, fs::copy_options::recursive);
}

Sandbox::~Sandbox() {
  std::error_code error;
  fs::remove_all(root, error);
}

std::vector<std::string> Sandbox::Run(const std::string& request,
                                      const std::vector<std::string>& more) const {
  std::vector<std::string> args = {"run", request, "--workspace", workspace, "--state", state};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::vector<std::string> Sandbox::WithState(std::vector<std::string> command) const {
  command.insert(command.end(), {"--state", state.string()});
  return command;
}

std::vector<pid_t> DescendantsOf(pid_t pid) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t child = std::atoi(entry.path().filename().c_str());
    const std::string stat = child > 0 ? ReadAll(entry.path() / "stat") : "";
    // "PID (NAME) STATE PARENT ..."; the name may hold anything.
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) continue;
    if (std::atoi(stat.c_str() + name_end + 4) != pid) continue;
    found.push_back(child);
    for (const pid_t below : DescendantsOf(child)) found.push_back(below);
  }
  return found;
}

int CountProcesses(const std::string& needle) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    if (ReadAll(entry.path() / "cmdline").find(needle) != std::string::npos) ++count;
  }
  return count;
}

}  // namespace weir::tests
