#include "app/mcp_servers.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/printable.h"
#include "catalog/config_text.h"
#include "catalog/pin_plan.h"
#include "config/nearest.h"
#include "platform/files.h"

namespace weir::app {
namespace {

constexpr size_t kMaxServerFileBytes = 1u << 20;

// "" when there is no file.
Result<std::string> ConfigText(const std::string& path) {
  Result<std::string> text = platform::ReadFile(path, kMaxServerFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::string();
  return text;
}

// The file that `path` means, links followed; a link to nothing is an error of writing later.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

Status Replace(const std::string& path, const std::string& text) {
  RETURN_IF_ERROR(platform::EnsurePrivateFolder(platform::FolderOf(path)));
  const std::string real = RealPath(path);
  struct stat info;
  const mode_t mode = ::stat(real.c_str(), &info) == 0 ? info.st_mode & 0777 : 0600;
  return platform::WriteFileDurably(real, text, mode);
}

}  // namespace

Result<std::vector<catalog::ServerConfig>> LoadServers() {
  const std::string path = ConfigPath();
  ASSIGN_OR_RETURN(const std::string text, ConfigText(path));
  return catalog::ReadServers(text, path);
}

Result<catalog::ServerConfig> FindServer(const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<catalog::ServerConfig> servers, LoadServers());
  std::vector<std::string> names;
  for (catalog::ServerConfig& server : servers) {
    if (server.name == name) return std::move(server);
    names.push_back(server.name);
  }
  return MakeError(ErrorCode::kNotFound, "'{}' has no MCP server '{}'{}{}", ConfigPath(),
                   Printable(name), config::DidYouMean(name, names),
                   names.empty() ? "; add one with: weir tools add" : "");
}

Status AddServer(const catalog::ServerConfig& config) {
  const std::string path = ConfigPath();
  ASSIGN_OR_RETURN(const std::string before, ConfigText(path));
  ASSIGN_OR_RETURN(const std::string after, catalog::WithServer(before, path, config));
  return Replace(path, after);
}

Status RemoveServer(const std::string& name) {
  const std::string path = ConfigPath();
  ASSIGN_OR_RETURN(const std::string before, ConfigText(path));
  ASSIGN_OR_RETURN(const std::string after, catalog::WithoutServer(before, path, name));
  return Replace(path, after);
}

Result<std::vector<std::string>> BuiltinToolNames() {
  ASSIGN_OR_RETURN(const tools::Registry registry, tools::Registry::Builtin());
  std::vector<std::string> names;
  for (const tools::ToolEntry& entry : registry.tools()) names.push_back(entry.definition.name);
  return names;
}

Result<tools::Registry> LoadRegistry(const Settings& settings, std::vector<std::string>* left_out) {
  ASSIGN_OR_RETURN(tools::Registry registry, tools::Registry::Builtin());
  ASSIGN_OR_RETURN(const std::vector<catalog::ServerConfig> servers, LoadServers());
  if (servers.empty()) return registry;
  ASSIGN_OR_RETURN(const catalog::PinStore store, PinsOf(settings));
  ASSIGN_OR_RETURN(const catalog::Pins pins, store.Load());
  ASSIGN_OR_RETURN(const std::vector<std::string> builtin, BuiltinToolNames());
  for (const catalog::ToolReport& report : catalog::PinnedTools(builtin, servers, pins)) {
    std::string why = report.why;
    if (report.tool) {
      const Status added = registry.Add(*report.tool);
      why = added ? "" : added.error().message;
    }
    if (left_out != nullptr && !why.empty()) left_out->push_back(std::move(why));
  }
  return registry;
}

Result<catalog::PinStore> PinsOf(const Settings& settings) {
  ASSIGN_OR_RETURN(const std::string state, StateFolder(settings));
  return catalog::PinStore(state);
}

}  // namespace weir::app
