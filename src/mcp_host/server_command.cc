#include "mcp_host/server_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/printable.h"
#include "base/unique_fd.h"
#include "catalog/program.h"

namespace weir::mcp_host {
namespace {

namespace fs = std::filesystem;

// Longest first line that is looked at, as in the kernel.
constexpr size_t kMaxFirstLine = 255;
// An interpreter may be a script itself, but not without end.
constexpr int kMaxInterpreters = 3;
// How far above a script its package.json is looked for.
constexpr int kMaxPackageDepth = 6;

constexpr auto kFetchers =
    std::to_array<std::string_view>({"npx", "bunx", "pnpx", "uvx", "uv", "pipx", "npm", "pnpm",
                                     "yarn", "deno", "docker", "podman"});

Status RefuseFetcher(const catalog::ServerConfig& config) {
  const std::string name = fs::path(config.command).filename();
  if (std::find(kFetchers.begin(), kFetchers.end(), name) == kFetchers.end()) return {};
  return MakeError(
      ErrorCode::kUnsupported,
      "MCP server '{}': '{}' fetches the program that it runs, so nobody can say which "
      "one that will be; install the package (npm install PACKAGE) and write the path "
      "of its program as command, such as node_modules/.bin/NAME with its whole path",
      config.name, Printable(name));
}

// The first line after "#!"; empty when the file is no script.
Result<std::string> InterpreterLine(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::string head(kMaxFirstLine, '\0');
  const ssize_t n = fd.valid() ? ::read(fd.get(), head.data(), head.size()) : -1;
  if (n < 0) {
    return MakeError(ErrorCode::kPermissionDenied, "the program '{}' can not be read",
                     Printable(path));
  }
  head.resize(static_cast<size_t>(n));
  if (!head.starts_with("#!")) return std::string();
  const size_t end = head.find('\n');
  if (end == std::string::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the first line of '{}' names no interpreter; write the interpreter as "
                     "command and the script as its first argument",
                     Printable(path));
  }
  return head.substr(2, end - 2);
}

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  size_t begin = 0;
  while ((begin = line.find_first_not_of(" \t\r", begin)) != std::string::npos) {
    const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

// Puts the interpreter of a script, and its own first argument, before it.
Status AddInterpreter(const std::string& line, std::string_view search_path,
                      std::vector<std::string>* argv) {
  std::vector<std::string> words = Words(line);
  if (words.empty() || words.size() > 2 || !words[0].starts_with('/')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the first line of '{}' is '#!{}', which is not understood; write the "
                     "interpreter as command and the script as its first argument",
                     Printable(argv->front()), Printable(line));
  }
  if (fs::path(words[0]).filename() == "env" && words.size() == 2) {
    ASSIGN_OR_RETURN(std::string program, catalog::FindProgram(words[1], search_path));
    words = {std::move(program)};
  }
  argv->insert(argv->begin(), words.begin(), words.end());
  return {};
}

std::string RealPath(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? std::string() : real.string();
}

// True for the home folder and whatever it lies in.
bool HoldsHome(const fs::path& folder) {
  if (folder == "/") return true;
  const char* home = std::getenv("HOME");
  const std::string real = home == nullptr ? "" : RealPath(home);
  if (real.empty() || real == "/") return false;
  return (real + "/").starts_with(folder.string() + "/");
}

std::string PackageOf(const std::string& script) {
  fs::path outermost;
  for (fs::path folder = fs::path(script).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (folder.filename() == "node_modules") outermost = folder;
  }
  if (!outermost.empty() && !HoldsHome(outermost)) return outermost.string();
  fs::path folder = fs::path(script).parent_path();
  for (int i = 0; i < kMaxPackageDepth && !HoldsHome(folder); ++i, folder = folder.parent_path()) {
    std::error_code error;
    if (fs::exists(folder / "package.json", error) ||
        fs::exists(folder / "pyproject.toml", error)) {
      return folder.string();
    }
  }
  return script;
}

// The folder of a Python environment around the interpreter, which its pyvenv.cfg marks.
std::string EnvironmentOf(const std::string& program) {
  const fs::path folder = fs::path(program).parent_path().parent_path();
  std::error_code error;
  return fs::exists(folder / "pyvenv.cfg", error) && !HoldsHome(folder) ? folder.string() : "";
}

std::vector<std::string> ReadablePaths(const std::vector<std::string>& argv) {
  std::vector<std::string> paths;
  if (const std::string folder = EnvironmentOf(argv[0]); !folder.empty()) paths.push_back(folder);
  for (size_t i = 1; i < argv.size(); ++i) {
    if (!argv[i].starts_with('/')) continue;
    std::error_code error;
    const std::string real = RealPath(argv[i]);
    if (real.empty() || !fs::is_regular_file(real, error)) continue;
    paths.push_back(PackageOf(real));
    break;  // the script; files after it are the person's business (sandbox.readable)
  }
  return paths;
}

}  // namespace

Result<ServerCommand> ResolveCommand(const catalog::ServerConfig& config,
                                     std::string_view search_path) {
  RETURN_IF_ERROR(RefuseFetcher(config));
  ServerCommand command;
  ASSIGN_OR_RETURN(std::string program, catalog::FindProgram(config.command, search_path));
  command.argv.push_back(std::move(program));
  command.argv.insert(command.argv.end(), config.args.begin(), config.args.end());
  for (int i = 0; i <= kMaxInterpreters; ++i) {
    ASSIGN_OR_RETURN(const std::string line, InterpreterLine(command.argv.front()));
    if (line.empty()) {
      command.readable = ReadablePaths(command.argv);
      return command;
    }
    RETURN_IF_ERROR(AddInterpreter(line, search_path, &command.argv));
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "'{}' is a script whose interpreters are scripts too; write the program that "
                   "runs it as command",
                   Printable(config.command));
}

}  // namespace weir::mcp_host
