#include "policy/path.h"

namespace weir::policy {
namespace {
constexpr size_t kMaxPathBytes = 4095;  // PATH_MAX less its NUL byte
}  // namespace

Result<std::string> NormalPath(std::string_view path) {
  if (path.size() > kMaxPathBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "a path of {} bytes; at most {} are possible",
                     path.size(), kMaxPathBytes);
  }
  if (path.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument, "a path with a NUL byte names no file");
  }
  if (path.starts_with('/')) {
    return MakeError(ErrorCode::kPermissionDenied,
                     "'{}' is absolute; name it relative to the workspace", path);
  }
  std::string normal;
  for (std::string_view rest = path; !rest.empty();) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      if (!normal.empty()) normal += '/';
      normal += part;
      continue;
    }
    if (normal.empty()) {
      return MakeError(ErrorCode::kPermissionDenied, "'{}' leads out of the workspace", path);
    }
    const size_t cut = normal.rfind('/');
    normal.resize(cut == std::string::npos ? 0 : cut);
  }
  return normal.empty() ? "." : normal;
}

bool IsInside(std::string_view path, std::string_view folder) {
  if (folder == "." || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace weir::policy
