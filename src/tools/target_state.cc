#include "tools/target_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <map>

#include "base/crypto.h"
#include "tools/path.h"
#include "tools/tool_context.h"

namespace weir::tools {
namespace {

constexpr size_t kStateReadBytes = 1u << 20;

Result<std::string> FileState(const platform::Workspace& workspace, const std::string& path,
                              const struct stat& info) {
  if (info.st_size > static_cast<int64_t>(kMaxTextFileBytes)) {
    return fmt::format("large:{:o}:{}:{}.{:09}", info.st_mode & 07777U, info.st_size,
                       info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  ASSIGN_OR_RETURN(const UniqueFd fd, workspace.OpenRegularFile(path, O_RDONLY | O_NOFOLLOW));
  Sha256Stream content;
  std::string buffer(kStateReadBytes, '\0');
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, fmt::format("reading '{}'", path));
    if (n == 0) break;
    content.Update(std::string_view(buffer).substr(0, static_cast<size_t>(n)));
  }
  return fmt::format("file:{:o}:{}", info.st_mode & 07777U, ToHex(content.Finish()));
}

Result<std::string> LinkState(const platform::Workspace& workspace, const std::string& path) {
  std::string leaf;
  ASSIGN_OR_RETURN(const UniqueFd parent, workspace.OpenParent(path, &leaf));
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlinkat(parent.get(), leaf.c_str(), target.data(), target.size());
  if (n < 0) return SystemError(errno, fmt::format("reading the link '{}'", path));
  return "link:" + Sha256Hex({target.data(), static_cast<size_t>(n)});
}

Result<std::string> StateOf(const platform::Workspace& workspace, const std::string& path) {
  const Result<struct stat> info = workspace.Stat(path);
  if (!info) {
    if (info.error().code == ErrorCode::kNotFound) return std::string("absent");
    return MakeError(info.error());
  }
  if (S_ISREG(info->st_mode)) return FileState(workspace, path, *info);
  if (S_ISLNK(info->st_mode)) return LinkState(workspace, path);
  if (S_ISDIR(info->st_mode)) return fmt::format("folder:{:o}", info->st_mode & 07777U);
  return fmt::format("special:{:o}", info->st_mode);
}

}  // namespace

Result<std::vector<policy::Precondition>> TargetStates(const platform::Workspace& workspace,
                                                       const ToolEntry& entry,
                                                       const json::Json& arguments) {
  std::map<std::string, std::string> states;
  for (const std::string& name : entry.path_arguments) {
    const auto found = arguments.find(name);
    if (found == arguments.end() || !found->is_string()) continue;
    ASSIGN_OR_RETURN(const std::string path, NormalizePath(found->get_ref<const std::string&>()));
    if (states.contains(path)) continue;
    ASSIGN_OR_RETURN(states[path], StateOf(workspace, path));
  }
  std::vector<policy::Precondition> list;
  list.reserve(states.size());
  for (auto& [path, state] : states) list.push_back({path, std::move(state)});
  return list;
}

}  // namespace weir::tools
