#include "sandbox/profile.h"

#include <unistd.h>

#include <array>
#include <set>

#include "base/crypto.h"

namespace weir::sandbox {
namespace {

constexpr int kProfileVersion = 1;
constexpr uint64_t kMaxLimit = uint64_t{1} << 53;  // what JSON readers keep exactly

tl::unexpected<Error> BadProfile(const SandboxProfile& profile, const std::string& what) {
  return MakeError(ErrorCode::kInvalidArgument, "sandbox profile '{}': {}", profile.name, what);
}

struct NamedLimit {
  const char* key;
  const std::optional<uint64_t>* value;
};

std::array<NamedLimit, 6> NamedLimits(const SandboxLimits& limits) {
  return {{{"cpu_seconds", &limits.cpu_seconds},
           {"memory_bytes", &limits.memory_bytes},
           {"data_bytes", &limits.data_bytes},
           {"file_bytes", &limits.file_bytes},
           {"open_files", &limits.open_files},
           {"processes", &limits.processes}}};
}

Status CheckPaths(const SandboxProfile& profile, const char* key,
                  const std::vector<PathGrant>& grants) {
  for (const PathGrant& grant : grants) {
    if (!grant.path.starts_with('/') || grant.path.find('\0') != std::string::npos) {
      return BadProfile(profile, fmt::format("{}: '{}' is not an absolute path", key, grant.path));
    }
  }
  return {};
}

Status CheckEnvironment(const SandboxProfile& profile) {
  std::set<std::string> names;
  for (const std::string& entry : profile.env) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || entry.find('\0') != std::string::npos) {
      // Not the entry itself: it may be a secret without its name.
      return BadProfile(profile, "env: an entry is not of the form NAME=value");
    }
    if (!names.insert(entry.substr(0, equals)).second) {
      return BadProfile(profile, fmt::format("env: '{}' is there twice", entry.substr(0, equals)));
    }
  }
  return {};
}

Status CheckLimits(const SandboxProfile& profile) {
  for (const auto& [key, value] : NamedLimits(profile.limits)) {
    if (*value && (**value == 0 || **value > kMaxLimit)) {
      return BadProfile(profile,
                        fmt::format("limits.{} is {}; 1 to 2^53 is possible", key, **value));
    }
  }
  const std::optional<uint64_t>& processes = profile.limits.processes;
  if (processes == uint64_t{1} && !profile.seccomp) {
    return BadProfile(
        profile,
        "limits.processes = 1 is enforced by seccomp; set seccomp = true or leave the "
        "limit out");
  }
  if (processes > uint64_t{1} && !profile.pid_namespace) {
    return BadProfile(profile,
                      "limits.processes above 1 needs pid_namespace = true; without it all "
                      "processes of the user would be counted. Set it, or leave the limit out");
  }
  return {};
}

// Bytes as they are when they are text; else in hexadecimal, so that no two paths look the same.
json::Json PathText(const std::string& path) {
  if (json::IsValidUtf8(path)) return path;
  std::string hex;
  for (const char c : path) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return {{"hex", hex}};
}

json::Json PathTexts(const std::vector<PathGrant>& grants) {
  json::Json texts = json::Json::array();
  for (const PathGrant& grant : grants) texts.push_back(PathText(grant.path));
  return texts;
}

}  // namespace

std::string_view NetworkName(Network network) {
  switch (network) {
    case Network::kNone:
      return "none";
    case Network::kUnix:
      return "unix";
    case Network::kInherit:
      return "inherit";
  }
  return "";
}

Status CheckProfile(const SandboxProfile& profile) {
  if (profile.name.empty() || !json::IsValidUtf8(profile.name)) {
    return BadProfile(profile, "it needs a name");
  }
  RETURN_IF_ERROR(CheckPaths(profile, "readable", profile.readable));
  RETURN_IF_ERROR(CheckPaths(profile, "writable", profile.writable));
  RETURN_IF_ERROR(CheckEnvironment(profile));
  RETURN_IF_ERROR(CheckLimits(profile));
  if (!profile.allow_exec && !profile.landlock) {
    return BadProfile(profile,
                      "allow_exec = false is enforced by Landlock; set landlock = true or "
                      "allow_exec = true");
  }
  if (profile.network != Network::kInherit && !profile.seccomp && !profile.network_namespace) {
    return BadProfile(profile,
                      "a network other than inherit is enforced by seccomp or a network namespace; "
                      "set one of them, or network = inherit");
  }
  if (profile.read_only_mounts && !profile.pid_namespace) {
    return BadProfile(profile, "read_only_mounts needs pid_namespace = true");
  }
  return {};
}

json::Json ToJson(const SandboxProfile& profile) {
  json::Json env = json::Json::object();
  for (const std::string& entry : profile.env) {
    const size_t equals = entry.find('=');
    env[entry.substr(0, equals)] = Sha256Hex(std::string_view(entry).substr(equals + 1));
  }
  json::Json limits = json::Json::object();
  for (const auto& [key, value] : NamedLimits(profile.limits)) {
    if (*value) limits[key] = **value;
  }
  return {{"version", kProfileVersion},
          {"name", profile.name},
          {"readable", PathTexts(profile.readable)},
          {"writable", PathTexts(profile.writable)},
          {"network", std::string(NetworkName(profile.network))},
          {"allow_exec", profile.allow_exec},
          {"limits", std::move(limits)},
          {"env", std::move(env)},
          {"landlock", profile.landlock},
          {"seccomp", profile.seccomp},
          {"pid_namespace", profile.pid_namespace},
          {"network_namespace", profile.network_namespace},
          {"read_only_mounts", profile.read_only_mounts}};
}

Result<std::string> ProfileHash(const SandboxProfile& profile) {
  RETURN_IF_ERROR(CheckProfile(profile));
  ASSIGN_OR_RETURN(const std::string canonical, json::Canonical(ToJson(profile)));
  return Sha256Hex(canonical);
}

std::vector<PathGrant> LoaderPaths() {
  std::vector<PathGrant> paths;
  for (const char* path : {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
                           "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"}) {
    if (::access(path, F_OK) == 0) paths.push_back({path});
  }
  return paths;
}

}  // namespace weir::sandbox
