#include "mcp_host/server_profile.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace weir::mcp_host {
namespace {

constexpr const char* kPath = "/usr/local/bin:/usr/bin:/bin";
// A folder that is nowhere: servers find no settings of the person and leave none behind.
constexpr const char* kHome = "/nonexistent";
constexpr const char* kLanguage = "C.UTF-8";

void AddExisting(const std::string& path, std::vector<sandbox::PathGrant>* grants) {
  const bool is_there = std::any_of(grants->begin(), grants->end(),
                                    [&](const auto& grant) { return grant.path == path; });
  if (!is_there && ::access(path.c_str(), F_OK) == 0) grants->push_back({.path = path});
}

Status AddWanted(const catalog::ServerConfig& config, const char* key,
                 const std::vector<std::string>& paths, std::vector<sandbox::PathGrant>* grants) {
  for (const std::string& path : paths) {
    if (::access(path.c_str(), F_OK) != 0) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          "MCP server '{}': '{}' of its {} paths is not there; make it, or take it out "
          "of [mcp.{}]",
          config.name, path, key, config.name);
    }
    AddExisting(path, grants);
  }
  return {};
}

Result<std::vector<std::string>> Environment(const catalog::ServerConfig& config) {
  std::map<std::string, std::string> values = {
      {"PATH", kPath}, {"HOME", kHome}, {"LANG", kLanguage}};
  for (const std::string& name : config.env_pass) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          "MCP server '{}' wants the environment variable {}, which is not set; set it, "
          "or take it out of [mcp.{}]",
          config.name, name, config.name);
    }
    values[name] = value;
  }
  for (const auto& [name, value] : config.env_set) values[name] = value;
  std::vector<std::string> env;
  env.reserve(values.size());
  for (const auto& [name, value] : values) env.push_back(fmt::format("{}={}", name, value));
  return env;
}

}  // namespace

Result<sandbox::SandboxProfile> ServerProfile(const catalog::ServerConfig& config,
                                              const ServerCommand& command,
                                              const std::string& workspace,
                                              sandbox::SandboxLevel level) {
  sandbox::SandboxProfile profile;
  profile.name = "mcp-" + config.name;
  profile.readable = sandbox::LoaderPaths();
  // Interpreters with OpenSSL inside do not start when its configuration is there and unreadable.
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/urandom", "/etc/ssl/openssl.cnf",
                           "/usr/local/ssl/openssl.cnf"}) {
    AddExisting(path, &profile.readable);
  }
  for (const std::string& path : command.readable) AddExisting(path, &profile.readable);
  AddExisting(workspace, &profile.readable);
  RETURN_IF_ERROR(AddWanted(config, "readable", config.sandbox.readable, &profile.readable));
  RETURN_IF_ERROR(AddWanted(config, "writable", config.sandbox.writable, &profile.writable));
  if (config.sandbox.has_network) {
    profile.network = sandbox::Network::kInherit;
    // Names and certificates.
    for (const char* path : {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl",
                             "/usr/share/ca-certificates", "/etc/gai.conf"}) {
      AddExisting(path, &profile.readable);
    }
  }
  profile.limits.data_bytes = kServerDataBytes;
  profile.limits.file_bytes = kServerFileBytes;
  profile.limits.open_files = kServerOpenFiles;
  profile.limits.processes = kServerProcesses;
  profile.read_only_mounts = true;  // servers work by path, see docs/sandbox.md
  ASSIGN_OR_RETURN(profile.env, Environment(config));
  ASSIGN_OR_RETURN(const sandbox::SandboxLevel own, sandbox::LevelFromName(config.sandbox.level));
  return sandbox::AtLevel(std::move(profile), std::max(level, own));
}

}  // namespace weir::mcp_host
