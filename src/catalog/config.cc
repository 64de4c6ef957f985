#include "catalog/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "catalog/identity.h"
#include "catalog/url_check.h"
#include "config/nearest.h"
#include "config/toml_tree.h"
#include "config/values.h"

namespace weir::catalog {
namespace {

using config::TomlNode;

constexpr size_t kMaxConfigFileBytes = 1u << 20;
constexpr size_t kMaxServers = 64;
constexpr size_t kMaxArguments = 256;
constexpr int64_t kMaxTimeoutS = 3600;

const std::vector<std::string> kServerKeys = {"command", "args",     "env",     "url",   "headers",
                                              "sandbox", "timeouts", "effects", "paths", "enabled"};
const std::vector<std::string> kEnvKeys = {"pass", "set"};
const std::vector<std::string> kSandboxKeys = {"level", "readable", "writable", "network"};
const std::vector<std::string> kTimeoutKeys = {"start", "call"};
const std::vector<std::string> kLevels = {"full", "basic", "off"};
const std::vector<std::string> kNetworks = {"none", "inherit"};
const std::vector<std::string> kStrangerEffects = {"read", "write", "delete", "network"};

bool IsVariableName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

bool IsHeaderName(std::string_view name) {
  constexpr std::string_view kMore = "!#$%&'*+-.^_`|~";  // RFC 9110, token
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMore.find(c) != std::string_view::npos;
  });
}

// Reads one [mcp.NAME]; goes on after a problem, so that all are reported at once.
class ServerReader {
 public:
  explicit ServerReader(config::Problems& problems) : problems_(problems), values_(problems) {}

  ServerConfig Read(const std::string& name, const TomlNode& table, config::Place at) {
    ServerConfig config;
    config.name = name;
    config.at = at;
    values_.CheckKeys(table, kServerKeys, fmt::format(" in [mcp.{}]", name));
    if (const TomlNode* node = table.Find("enabled")) config.enabled = Boolean(*node, "enabled");
    ReadProgram(table, config);
    ReadUrl(table, config);
    if (config.command.empty() == config.url.empty()) {
      problems_.Say(at, "[mcp.{}] needs either a command (a program) or a url, {}", name,
                    config.url.empty() ? "and has none" : "not both");
    }
    if (const TomlNode* node = table.Find("sandbox")) ReadSandbox(*node, config.sandbox);
    if (const TomlNode* node = table.Find("timeouts")) ReadTimeouts(*node, config);
    if (const TomlNode* node = table.Find("effects")) ReadEffects(*node, config);
    if (const TomlNode* node = table.Find("paths")) ReadPaths(*node, config);
    return config;
  }

 private:
  bool Boolean(const TomlNode& node, std::string_view key) {
    if (node.kind == TomlNode::Kind::kBoolean) return node.value.get<bool>();
    problems_.Say(node.at, "'{}' must be true or false, not {}", key, config::TypeName(node));
    return false;
  }

  // A list of texts, which may be empty.
  std::vector<std::string> Texts(const TomlNode& node, std::string_view key) {
    std::vector<std::string> texts;
    if (!node.is_list()) {
      problems_.Say(node.at, "'{}' must be a list of texts such as [\"a\", \"b\"], not {}", key,
                    config::TypeName(node));
      return texts;
    }
    if (node.items.size() > kMaxArguments) {
      problems_.Say(node.at, "'{}' has {} entries; at most {} are possible", key, node.items.size(),
                    kMaxArguments);
    }
    for (const TomlNode& item : node.items) {
      if (!item.is_text()) {
        problems_.Say(item.at, "'{}' must hold texts in quotes, not {}", key,
                      config::TypeName(item));
        continue;
      }
      texts.push_back(item.value.get<std::string>());
      CheckNul(item, key);
    }
    return texts;
  }

  void CheckNul(const TomlNode& node, std::string_view key) {
    if (node.value.get_ref<const std::string&>().find('\0') == std::string::npos) return;
    problems_.Say(node.at, "'{}' holds a NUL character, which no program can be given", key);
  }

  void ReadProgram(const TomlNode& table, ServerConfig& config) {
    if (const TomlNode* node = table.Find("command")) {
      config.command = values_.Text(*node, "command").value_or("");
      if (node->is_text()) CheckNul(*node, "command");
      if (!config.command.starts_with('/') && config.command.find('/') != std::string::npos) {
        problems_.Say(node->at,
                      "command '{}' is a relative path; write an absolute one, or a name that is "
                      "found in PATH",
                      Printable(config.command));
      }
      if (config.command.find(' ') != std::string::npos && !config.command.starts_with('/')) {
        problems_.Say(node->at,
                      "command '{}' holds a blank; the command is the program alone, its arguments "
                      "go into args = [...]",
                      Printable(config.command));
      }
    }
    for (const char* key : {"args", "env"}) {
      const TomlNode* node = table.Find(key);
      if (node == nullptr) continue;
      if (table.Find("command") == nullptr) {
        problems_.Say(node->at, "'{}' is for a server with a command", key);
      }
      if (std::string_view(key) == "args") {
        config.args = Texts(*node, key);
      } else {
        ReadEnv(*node, config);
      }
    }
  }

  // env = ["LANG"], or env = { pass = ["LANG"], set = { MODE = "quiet" } }.
  void ReadEnv(const TomlNode& node, ServerConfig& config) {
    if (node.is_list()) {
      config.env_pass = Texts(node, "env");
    } else if (node.is_table()) {
      values_.CheckKeys(node, kEnvKeys, " in env");
      if (const TomlNode* pass = node.Find("pass")) config.env_pass = Texts(*pass, "pass");
      if (const TomlNode* set = node.Find("set")) ReadEnvSet(*set, config);
    } else {
      problems_.Say(node.at,
                    "'env' must be a list of names, or {{ pass = [\"NAME\"], set = {{ NAME = "
                    "\"value\" }} }}, not {}",
                    config::TypeName(node));
    }
    for (const std::string& name : config.env_pass) {
      if (!IsVariableName(name)) {
        problems_.Say(node.at, "'{}' is no name of an environment variable", Printable(name));
      }
      if (config.env_set.contains(name)) {
        problems_.Say(node.at, "'{}' is both passed through and set; choose one", name);
      }
    }
  }

  void ReadEnvSet(const TomlNode& node, ServerConfig& config) {
    if (values_.Table(node, "set", "{ NAME = \"value\" }") == nullptr) return;
    for (const TomlNode::Member& member : node.members) {
      if (!IsVariableName(member.key)) {
        problems_.Say(member.at, "'{}' is no name of an environment variable",
                      Printable(member.key));
      }
      if (!member.node.is_text()) {
        problems_.Say(member.node.at, "'{}' must be a text in quotes, not {}",
                      Printable(member.key), config::TypeName(member.node));
        continue;
      }
      CheckNul(member.node, member.key);
      config.env_set[member.key] = member.node.value.get<std::string>();
    }
  }

  void ReadUrl(const TomlNode& table, ServerConfig& config) {
    if (const TomlNode* node = table.Find("url")) {
      config.url = values_.Text(*node, "url").value_or("");
      if (const Status good = CheckServerUrl(config.url); !good && !config.url.empty()) {
        problems_.Say(node->at, "url: {}", good.error().message);
      }
    }
    const TomlNode* headers = table.Find("headers");
    if (headers == nullptr) return;
    if (table.Find("url") == nullptr) {
      problems_.Say(headers->at, "'headers' is for a server with a url");
    }
    if (values_.Table(*headers, "headers", "{ Authorization = \"Bearer $NAME\" }") == nullptr) {
      return;
    }
    for (const TomlNode::Member& member : headers->members) ReadHeader(member, config);
  }

  void ReadHeader(const TomlNode::Member& member, ServerConfig& config) {
    if (!IsHeaderName(member.key)) {
      problems_.Say(member.at, "'{}' is no name of a header", Printable(member.key));
    }
    const std::string text = values_.Text(member.node, member.key).value_or("");
    if (text.empty()) return;
    const size_t dollar = text.find('$');
    HeaderValue value;
    if (dollar != std::string::npos) {
      value = {text.substr(0, dollar), text.substr(dollar + 1)};
    }
    const bool is_visible =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!is_visible || !IsVariableName(value.variable)) {
      problems_.Say(member.node.at,
                    "the value of '{}' must end with $NAME, the environment variable that holds "
                    "the secret, as in \"Bearer $MY_TOKEN\"; secrets do not stand in this file",
                    Printable(member.key));
      return;
    }
    config.headers[member.key] = std::move(value);
  }

  void ReadSandbox(const TomlNode& node, SandboxWish& wish) {
    if (node.is_text()) {
      wish.level = values_.Word(node, "sandbox", kLevels).value_or("full");
      return;
    }
    if (values_.Table(node, "sandbox", "{ level = \"full\", readable = [\"/path\"] }") == nullptr) {
      return;
    }
    values_.CheckKeys(node, kSandboxKeys, " in sandbox");
    if (const TomlNode* level = node.Find("level")) {
      wish.level = values_.Word(*level, "level", kLevels).value_or("full");
    }
    if (const TomlNode* network = node.Find("network")) {
      wish.has_network = values_.Word(*network, "network", kNetworks) == "inherit";
    }
    if (const TomlNode* list = node.Find("readable")) wish.readable = Folders(*list, "readable");
    if (const TomlNode* list = node.Find("writable")) wish.writable = Folders(*list, "writable");
  }

  std::vector<std::string> Folders(const TomlNode& node, std::string_view key) {
    std::vector<std::string> folders = Texts(node, key);
    for (const std::string& folder : folders) {
      if (folder.starts_with('/')) continue;
      problems_.Say(node.at, "'{}' in '{}' is no absolute path", Printable(folder), key);
    }
    return folders;
  }

  void ReadTimeouts(const TomlNode& node, ServerConfig& config) {
    if (values_.Table(node, "timeouts", "{ start = 30, call = 60 }") == nullptr) return;
    values_.CheckKeys(node, kTimeoutKeys, " in timeouts");
    for (const auto& [key, seconds] :
         {std::pair{"start", &config.start_timeout_s}, std::pair{"call", &config.call_timeout_s}}) {
      const TomlNode* value = node.Find(key);
      if (value == nullptr) continue;
      const int64_t count = values_.Count(*value, key).value_or(1);
      if (count < 1 || count > kMaxTimeoutS) {
        problems_.Say(value->at, "'{}' must be from 1 to {} seconds, not {}", key, kMaxTimeoutS,
                      count);
        continue;
      }
      *seconds = static_cast<int>(count);
    }
  }

  void ReadEffects(const TomlNode& node, ServerConfig& config) {
    if (values_.Table(node, "effects", "{ some_tool = \"read\" }") == nullptr) return;
    for (const TomlNode::Member& member : node.members) {
      CheckTool(member);
      const auto word = values_.Word(member.node, "effect", kStrangerEffects);
      if (word) config.effects[member.key] = *word;
    }
  }

  void ReadPaths(const TomlNode& node, ServerConfig& config) {
    if (values_.Table(node, "paths", "{ some_tool = [\"path\"] }") == nullptr) return;
    for (const TomlNode::Member& member : node.members) {
      CheckTool(member);
      config.paths[member.key] = Texts(member.node, member.key);
    }
  }

  void CheckTool(const TomlNode::Member& member) {
    if (member.key == "*") return;
    if (const Status good = CheckToolName(member.key); !good) {
      problems_.Say(member.at, "{}", good.error().message);
    }
  }

  config::Problems& problems_;
  config::Values values_;
};

// Other tables belong to other readers; a name that was meant to be ours would be lost silently.
void CheckTopKeys(const TomlNode& top, config::Problems& problems) {
  constexpr auto kMistaken = std::to_array<std::string_view>(
      {"mpc", "mcps", "mcp_servers", "mcp-servers", "mcpservers", "mcpServers", "MCP", "Mcp"});
  for (const TomlNode::Member& member : top.members) {
    if (std::find(kMistaken.begin(), kMistaken.end(), member.key) == kMistaken.end()) continue;
    problems.Say(member.at, "unknown table '{}'; did you mean '[mcp.NAME]'?", member.key);
  }
}

void ReportNoTable(const TomlNode::Member& member, config::Problems& problems) {
  if (std::find(kServerKeys.begin(), kServerKeys.end(), member.key) != kServerKeys.end()) {
    return problems.Say(member.at,
                        "'{}' stands in [mcp]; it belongs into a server's own table, [mcp.NAME]",
                        member.key);
  }
  problems.Say(member.at, "'mcp.{0}' must be a table, [mcp.{0}]", Printable(member.key));
}

void ReadTables(const TomlNode& mcp, config::Problems& problems,
                std::vector<ServerConfig>* servers) {
  if (!mcp.is_table()) {
    return problems.Say(mcp.at, "'mcp' must be made of tables, [mcp.NAME], not {}",
                        config::TypeName(mcp));
  }
  if (mcp.members.size() > kMaxServers) {
    return problems.Say(mcp.at, "{} servers; at most {} are possible", mcp.members.size(),
                        kMaxServers);
  }
  std::map<std::string, std::string> names;  // by skeleton
  ServerReader reader(problems);
  for (const TomlNode::Member& member : mcp.members) {
    if (const Status good = CheckServerKey(member.key); !good) {
      problems.Say(member.at, "{}", good.error().message);
    }
    const auto [other, is_new] = names.try_emplace(Skeleton(member.key), member.key);
    if (!is_new) {
      problems.Say(member.at, "the name '{}' can be taken for '{}'; choose another",
                   Printable(member.key), Printable(other->second));
    }
    if (!member.node.is_table()) {
      ReportNoTable(member, problems);
      continue;
    }
    servers->push_back(reader.Read(member.key, member.node, member.at));
  }
}

}  // namespace

Result<std::vector<ServerConfig>> ReadServers(std::string_view toml, std::string_view file) {
  if (toml.size() > kMaxConfigFileBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes; at most {} are read", file,
                     toml.size(), kMaxConfigFileBytes);
  }
  config::Problems problems;
  TomlNode top;
  std::vector<ServerConfig> servers;
  if (config::ParseToml(toml, file, &top, problems)) {
    CheckTopKeys(top, problems);
    if (const TomlNode* mcp = top.Find("mcp")) ReadTables(*mcp, problems, &servers);
  }
  if (problems.empty()) return servers;
  return MakeError(ErrorCode::kInvalidArgument, "{}", problems.Text(file));
}

}  // namespace weir::catalog
