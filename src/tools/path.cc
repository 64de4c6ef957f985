#include "tools/path.h"

#include <algorithm>

#include "policy/path.h"
#include "tools/text.h"

namespace weir::tools {

Result<std::string> NormalizePath(std::string_view path) {
  constexpr size_t kMaxNameBytes = 255;
  if (path.starts_with('/') || path == "~" || path.starts_with("~/")) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is outside the workspace; write the path from the workspace folder, "
                     "without a leading '{}'",
                     ClipUtf8(path, 200), path.front());
  }
  Result<std::string> normal = policy::NormalPath(path);
  if (!normal) return normal;
  for (std::string_view rest = *normal; !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    if (end > kMaxNameBytes) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "a file name of {} bytes; at most {} are possible", end, kMaxNameBytes);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return normal;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder == "." || folder.empty()) return std::string(name);
  return std::string(folder) + "/" + std::string(name);
}

std::string_view LeafOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : path.substr(0, slash);
}

std::string_view ExtensionOf(std::string_view path) {
  const std::string_view leaf = LeafOf(path);
  const size_t dot = leaf.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : leaf.substr(dot + 1);
}

bool IsInside(std::string_view path, std::string_view folder) {
  if (folder == "." || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool IsWorkspace(std::string_view path) { return path == "."; }

std::string Said(std::string_view path) {
  return path == "." ? "the workspace" : std::string(path);
}

}  // namespace weir::tools
