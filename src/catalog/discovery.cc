#include "catalog/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "catalog/url_check.h"
#include "json/json.h"
#include "platform/files.h"

namespace weir::catalog {
namespace {

constexpr size_t kMaxClientFileBytes = 1u << 20;
constexpr size_t kMaxFoundServers = 64;
constexpr size_t kMaxFoundArguments = 256;
constexpr size_t kMaxFoundTextBytes = 32 << 10;
constexpr int kMaxParents = 32;

// Reads one server; what does not fit is said, not guessed.
class FoundReader {
 public:
  FoundServer Read(const std::string& name, const json::Json& object, const std::string& file) {
    FoundServer found;
    found.file = file;
    found.name = name;
    if (!object.is_object()) {
      found.unfit.push_back(fmt::format("its entry is a {}, not an object", object.type_name()));
      return found;
    }
    unfit_ = &found.unfit;
    found.config.command = Text(object, "command");
    found.config.args = Texts(object, "args");
    found.config.env_set = Env(object);
    found.config.url = Text(object, "url");
    if (object.contains("headers") && !object["headers"].empty()) {
      Say("its headers hold values that may be secrets; name the environment variables that hold "
          "them, see docs/mcp.md");
    }
    if (object.contains("envFile")) Say("it reads more environment variables from an envFile");
    CheckKind(found.config);
    return found;
  }

 private:
  void Say(std::string problem) { unfit_->push_back(std::move(problem)); }

  std::string Checked(const json::Json& value, std::string_view what) {
    if (!value.is_string()) {
      Say(fmt::format("{} is a {}, not a text", what, value.type_name()));
      return "";
    }
    auto text = value.get<std::string>();
    if (text.size() > kMaxFoundTextBytes) {
      Say(fmt::format("{} has {} bytes; at most {} are possible", what, text.size(),
                      kMaxFoundTextBytes));
      text.resize(kMaxFoundTextBytes);
    }
    if (text.find("${") != std::string::npos) {
      Say(fmt::format("{} has a variable (${{...}}) that only the other program knows", what));
    }
    if (text.find('\0') != std::string::npos) Say(fmt::format("{} holds a NUL character", what));
    return text;
  }

  std::string Text(const json::Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? "" : Checked(*found, fmt::format("'{}'", key));
  }

  std::vector<std::string> Texts(const json::Json& object, const char* key) {
    std::vector<std::string> texts;
    const auto found = object.find(key);
    if (found == object.end()) return texts;
    if (!found->is_array() || found->size() > kMaxFoundArguments) {
      Say(fmt::format("'{}' is no list of at most {} texts", key, kMaxFoundArguments));
      return texts;
    }
    for (const json::Json& item : *found) {
      texts.push_back(Checked(item, fmt::format("an entry of '{}'", key)));
    }
    return texts;
  }

  std::map<std::string, std::string> Env(const json::Json& object) {
    std::map<std::string, std::string> env;
    const auto found = object.find("env");
    if (found == object.end()) return env;
    if (!found->is_object() || found->size() > kMaxFoundArguments) {
      Say(fmt::format("'env' is no object of at most {} texts", kMaxFoundArguments));
      return env;
    }
    for (const auto& [name, value] : found->items()) {
      env[name] = Checked(value, fmt::format("the variable '{}'", Printable(name)));
    }
    return env;
  }

  void CheckKind(const ServerConfig& config) {
    if (config.command.empty() == config.url.empty()) {
      Say(config.url.empty() ? "it has neither a command nor a url" : "it has a command and a url");
    }
    if (!config.url.empty()) {
      if (const Status good = CheckServerUrl(config.url); !good) Say(good.error().message);
    }
    if (!config.command.starts_with('/') && config.command.find('/') != std::string::npos) {
      Say("its command is a relative path; add it by hand with an absolute one");
    }
  }

  std::vector<std::string>* unfit_ = nullptr;
};

void AddParents(const std::string& workspace, std::vector<std::string>* files) {
  std::string folder = workspace;
  for (int depth = 0; depth < kMaxParents && folder.starts_with('/'); ++depth) {
    const std::string base = folder == "/" ? "" : folder;
    files->push_back(base + "/.mcp.json");
    files->push_back(base + "/mcp.json");
    files->push_back(base + "/.vscode/mcp.json");
    if (folder == "/") return;
    folder = platform::FolderOf(folder);
  }
}

}  // namespace

std::vector<std::string> DiscoveryFiles(const DiscoveryPlaces& places) {
  std::vector<std::string> files;
  AddParents(places.workspace, &files);
  if (!places.config_home.empty()) {
    files.push_back(places.config_home + "/Code/User/mcp.json");
    files.push_back(places.config_home + "/Claude/claude_desktop_config.json");
  }
  return files;
}

std::string WithoutComments(std::string_view in) {
  std::string out(in);
  size_t comma = std::string::npos;  // the last one with nothing but blanks behind it
  for (size_t i = 0; i < out.size();) {
    const char c = out[i];
    if (c == '"') {
      comma = std::string::npos;
      for (++i; i < out.size() && out[i] != '"'; ++i) {
        if (out[i] == '\\') ++i;
      }
      ++i;
    } else if (c == '/' && i + 1 < out.size() && (out[i + 1] == '/' || out[i + 1] == '*')) {
      const bool is_line = out[i + 1] == '/';
      const size_t end = is_line ? out.find('\n', i) : out.find("*/", i + 2);
      const size_t stop = end == std::string::npos ? out.size() : end + (is_line ? 0 : 2);
      for (; i < stop; ++i) {
        if (out[i] != '\n') out[i] = ' ';
      }
    } else {
      if ((c == '}' || c == ']') && comma != std::string::npos) out[comma] = ' ';
      if (c == ',') {
        comma = i;
      } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        comma = std::string::npos;
      }
      ++i;
    }
  }
  return out;
}

Result<std::vector<FoundServer>> ReadClientFile(std::string_view text, const std::string& file) {
  if (text.size() > kMaxClientFileBytes) {
    return MakeError(ErrorCode::kResourceExhausted, "{} bytes; at most {} are read", text.size(),
                     kMaxClientFileBytes);
  }
  constexpr int kMaxDepth = 16;
  ASSIGN_OR_RETURN(const json::Json top,
                   json::Parse(WithoutComments(text),
                               {.max_bytes = kMaxClientFileBytes, .max_depth = kMaxDepth}));
  std::vector<FoundServer> servers;
  if (!top.is_object()) {
    return MakeError(ErrorCode::kCorruptData, "it is a {}, not an object", top.type_name());
  }
  for (const char* key : {"mcpServers", "servers"}) {
    const auto list = top.find(key);
    if (list == top.end()) continue;
    if (!list->is_object()) {
      return MakeError(ErrorCode::kCorruptData, "'{}' is a {}, not an object", key,
                       list->type_name());
    }
    for (const auto& [name, object] : list->items()) {
      if (servers.size() == kMaxFoundServers) {
        return MakeError(ErrorCode::kResourceExhausted, "more than {} servers", kMaxFoundServers);
      }
      servers.push_back(FoundReader().Read(name, object, file));
    }
  }
  return servers;
}

Discovery Discover(const DiscoveryPlaces& places) {
  Discovery discovery;
  for (const std::string& file : DiscoveryFiles(places)) {
    const Result<std::string> text = platform::ReadFile(file, kMaxClientFileBytes);
    if (!text && text.error().code == ErrorCode::kNotFound) continue;
    if (!text) {
      discovery.problems.push_back(text.error().message);
      continue;
    }
    Result<std::vector<FoundServer>> found = ReadClientFile(*text, file);
    if (!found) {
      discovery.problems.push_back(fmt::format("'{}': {}", file, found.error().message));
      continue;
    }
    std::move(found->begin(), found->end(), std::back_inserter(discovery.servers));
  }
  return discovery;
}

}  // namespace weir::catalog
