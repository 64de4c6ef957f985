#include "app/settings.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "platform/files.h"

namespace weir::app {
namespace {

namespace fs = std::filesystem;

// $NAME/weir, or ~/FALLBACK/weir.
std::string XdgFolder(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  if (value != nullptr && value[0] == '/') return std::string(value) + "/weir";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/root") + "/" + fallback + "/weir";
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace

Result<std::string> StateFolder(const Settings& settings) {
  std::string folder =
      settings.state.empty() ? XdgFolder("XDG_STATE_HOME", ".local/state") : settings.state;
  if (Status made = platform::EnsurePrivateFolder(folder); !made) {
    return MakeError(made.error().WithContext("state folder (choose another with --state)"));
  }
  return folder;
}

std::string ConfigPath() { return XdgFolder("XDG_CONFIG_HOME", ".config") + "/weir.toml"; }

std::string ConfigFile() {
  const std::string file = ConfigPath();
  return IsFile(file) ? file : "";
}

std::string PolicyFile(const Settings& settings) {
  if (!settings.policy.empty()) return settings.policy;
  const std::string file = XdgFolder("XDG_CONFIG_HOME", ".config") + "/policy.toml";
  return IsFile(file) ? file : "";
}

Result<std::string> ModelFile(const Settings& settings) {
  if (!settings.model.empty()) return settings.model;
  if (const char* from_env = std::getenv("WEIR_MODEL")) return std::string(from_env);
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  constexpr const char* kName = "weir-nano.gguf";
  const std::vector<std::string> places = {binary.parent_path() / kName,
                                           binary.parent_path() / "../share/weir" / kName,
                                           binary.parent_path() / "../../../models" / kName};
  for (const std::string& place : places) {
    if (IsFile(place)) return fs::weakly_canonical(place, error).string();
  }
  return MakeError(ErrorCode::kNotFound,
                   "the shipped model {} is not at any of: {}; name a GGUF file with --model",
                   kName, fmt::join(places, ", "));
}

}  // namespace weir::app
