#include "catalog/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/crypto.h"
#include "base/printable.h"
#include "base/unique_fd.h"
#include "json/json.h"
#include "platform/files.h"

namespace weir::catalog {
namespace {

constexpr int64_t kMaxProgramBytes = int64_t{1} << 30;

// SHA-256 (hex) of a regular file; empty when the path names none.
Result<std::optional<std::string>> FileHash(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP) {
      return std::optional<std::string>();
    }
    return platform::FileError(path);
  }
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return platform::FileError(path);
  if (!S_ISREG(info.st_mode)) return std::optional<std::string>();
  if (info.st_size > kMaxProgramBytes) {
    return MakeError(ErrorCode::kResourceExhausted, "'{}' has {} bytes; at most {} are hashed",
                     path, info.st_size, kMaxProgramBytes);
  }
  Sha256Stream hash;
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return platform::FileError(path);
    if (n == 0) return std::optional<std::string>(ToHex(hash.Finish()));
    hash.Update(std::string_view(buffer.data(), static_cast<size_t>(n)));
  }
}

bool IsExecutableFile(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// Of an argument, the part that may be a file: the whole, or what follows "=".
Result<json::Json> ArgumentContent(const std::string& argument) {
  const size_t equals = argument.find('=');
  for (const std::string& path :
       {argument, equals == std::string::npos ? std::string() : argument.substr(equals + 1)}) {
    // Relative ones mean nothing before the server has a folder.
    if (!path.starts_with('/')) continue;
    ASSIGN_OR_RETURN(const std::optional<std::string> hash, FileHash(path));
    if (hash) return json::Json(*hash);
  }
  return json::Json(nullptr);
}

}  // namespace

Result<std::string> FindProgram(const std::string& command, std::string_view search_path) {
  if (command.starts_with('/')) {
    if (IsExecutableFile(command)) return command;
    return MakeError(ErrorCode::kNotFound,
                     "'{}' is no program that can be started; correct command", Printable(command));
  }
  std::string_view rest = search_path;
  while (!command.empty() && !rest.empty()) {
    const size_t end = rest.find(':');
    const std::string_view folder = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    // A relative folder of PATH would mean another program in every workspace.
    if (!folder.starts_with('/')) continue;
    std::string path = fmt::format("{}/{}", folder, command);
    if (IsExecutableFile(path)) return path;
  }
  return MakeError(ErrorCode::kNotFound,
                   "the program '{}' is in no folder of PATH ({}); write its absolute path as "
                   "command, or install it",
                   Printable(command), Printable(search_path));
}

Result<std::string> ProgramHash(const ServerConfig& config, std::string_view search_path) {
  json::Json form = json::Json::object();
  if (!config.is_program()) {
    form["url"] = config.url;
  } else {
    ASSIGN_OR_RETURN(const std::string path, FindProgram(config.command, search_path));
    ASSIGN_OR_RETURN(const std::optional<std::string> content, FileHash(path));
    if (!content) {
      return MakeError(ErrorCode::kNotFound, "'{}' is no regular file any more", path);
    }
    form["program"] = path;
    form["content"] = *content;
    form["arguments"] = config.args;
    json::Json files = json::Json::array();
    for (const std::string& argument : config.args) {
      ASSIGN_OR_RETURN(json::Json hash, ArgumentContent(argument));
      files.push_back(std::move(hash));
    }
    form["files"] = std::move(files);
  }
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(form));
  return Sha256Hex(canonical);
}

}  // namespace weir::catalog
