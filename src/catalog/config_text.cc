#include "catalog/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "catalog/identity.h"
#include "config/toml_tree.h"

namespace weir::catalog {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string List(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + Quoted(text);
  return out + "]";
}

template <class Map, class Write>
std::string Table(const Map& map, Write write) {
  std::string out = "{ ";
  for (const auto& [key, value] : map) {
    out += (out.size() > 2 ? ", " : "") + Quoted(key) + " = " + write(value);
  }
  return out + " }";
}

std::string SandboxText(const SandboxWish& wish) {
  std::string out = "{ level = " + Quoted(wish.level);
  if (!wish.readable.empty()) out += ", readable = " + List(wish.readable);
  if (!wish.writable.empty()) out += ", writable = " + List(wish.writable);
  if (wish.has_network) out += ", network = \"inherit\"";
  return out + " }";
}

bool AreSame(const ServerConfig& a, const ServerConfig& b) {
  return a.name == b.name && a.enabled == b.enabled && a.command == b.command && a.args == b.args &&
         a.env_pass == b.env_pass && a.env_set == b.env_set && a.url == b.url &&
         a.headers == b.headers && a.sandbox == b.sandbox &&
         a.start_timeout_s == b.start_timeout_s && a.call_timeout_s == b.call_timeout_s &&
         a.effects == b.effects && a.paths == b.paths;
}

const ServerConfig* FindServer(const std::vector<ServerConfig>& servers, std::string_view name) {
  const auto found = std::find_if(servers.begin(), servers.end(),
                                  [&](const ServerConfig& one) { return one.name == name; });
  return found == servers.end() ? nullptr : &*found;
}

// Everything in the file, places left out, as text that can be compared.
std::string ContentText(const config::TomlNode& node, std::string_view without_server,
                        int depth = 0) {
  std::string out = fmt::format("{}", static_cast<int>(node.kind));
  out += json::Dump(node.value);
  for (const config::TomlNode& item : node.items) out += "[" + ContentText(item, {}, -1);
  for (const config::TomlNode::Member& member : node.members) {
    const bool is_server = depth == 1 && member.key == without_server;
    if (is_server) continue;
    const bool leads_there = depth == 0 && member.key == "mcp" && !without_server.empty();
    const std::string below = ContentText(
        member.node, leads_there ? without_server : std::string_view(), leads_there ? 1 : -1);
    // An [mcp] that holds nothing is as good as none.
    if (leads_there && below == fmt::format("{}null;", static_cast<int>(member.node.kind)))
      continue;
    out += "." + json::Dump(member.key) + "=" + below;
  }
  return out + ";";
}

Result<std::string> ContentOfFile(std::string_view toml, std::string_view file,
                                  std::string_view without_server) {
  config::Problems problems;
  config::TomlNode top;
  if (!config::ParseToml(toml, file, &top, problems)) {
    return MakeError(ErrorCode::kInvalidArgument, "{}", problems.Text(file));
  }
  return ContentText(top, without_server);
}

// A line that opens a table: its text from the bracket on; else empty.
std::string_view HeaderOf(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] != '[') return {};
  return line.substr(begin);
}

// [mcp.NAME] or [mcp.NAME.MORE], with blanks and quotes around the parts.
bool IsTableOf(std::string_view header, std::string_view name) {
  std::string plain;
  for (const char c : header) {
    if (c == ']') break;
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') plain += c;
  }
  const std::string wanted = fmt::format("[mcp.{}", name);
  return plain == wanted || plain.starts_with(wanted + ".");
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t n = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, n));
    text.remove_prefix(n);
  }
  return lines;
}

bool IsBlankOrComment(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos || line[begin] == '#';
}

// The lines of the tables cut out. What stands right above the next table stays with it.
std::string CutOut(std::string_view toml, std::string_view name) {
  std::vector<std::string_view> kept;
  std::vector<std::string_view> doubtful;  // blank lines and comments behind a cut line
  bool is_cutting = false;
  for (const std::string_view line : LinesOf(toml)) {
    if (const std::string_view header = HeaderOf(line); !header.empty()) {
      is_cutting = IsTableOf(header, name);
      if (!is_cutting) kept.insert(kept.end(), doubtful.begin(), doubtful.end());
      doubtful.clear();
    }
    if (!is_cutting) {
      kept.push_back(line);
    } else if (IsBlankOrComment(line)) {
      doubtful.push_back(line);
    } else {
      doubtful.clear();
    }
  }
  std::string text;
  for (const std::string_view line : kept) text += line;
  return text;
}

}  // namespace

std::string ServerBlock(const ServerConfig& config) {
  const ServerConfig defaults;
  std::string out = fmt::format("[mcp.{}]\n", config.name);
  const auto line = [&](std::string_view key, const std::string& value) {
    out += fmt::format("{} = {}\n", key, value);
  };
  if (!config.enabled) line("enabled", "false");
  if (!config.command.empty()) line("command", Quoted(config.command));
  if (!config.args.empty()) line("args", List(config.args));
  if (!config.env_set.empty()) {
    line("env", fmt::format("{{ pass = {}, set = {} }}", List(config.env_pass),
                            Table(config.env_set, Quoted)));
  } else if (!config.env_pass.empty()) {
    line("env", List(config.env_pass));
  }
  if (!config.url.empty()) line("url", Quoted(config.url));
  if (!config.headers.empty()) {
    line("headers", Table(config.headers, [](const HeaderValue& value) {
           return Quoted(value.prefix + "$" + value.variable);
         }));
  }
  if (!(config.sandbox == defaults.sandbox)) line("sandbox", SandboxText(config.sandbox));
  if (config.start_timeout_s != defaults.start_timeout_s ||
      config.call_timeout_s != defaults.call_timeout_s) {
    line("timeouts",
         fmt::format("{{ start = {}, call = {} }}", config.start_timeout_s, config.call_timeout_s));
  }
  if (!config.effects.empty()) line("effects", Table(config.effects, Quoted));
  if (!config.paths.empty()) line("paths", Table(config.paths, List));
  return out;
}

Result<std::string> WithServer(std::string_view toml, std::string_view file,
                               const ServerConfig& config) {
  RETURN_IF_ERROR(CheckServerKey(config.name));
  ASSIGN_OR_RETURN(const std::vector<ServerConfig> before, ReadServers(toml, file));
  if (const ServerConfig* taken = FindServer(before, config.name); taken != nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "{}: line {}: there is a server '{}' already; choose another name, or remove "
                     "it first with: weir tools remove {}",
                     file, taken->at.line, config.name, config.name);
  }
  std::string text(toml);
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (!text.empty()) text += '\n';
  text += ServerBlock(config);
  ASSIGN_OR_RETURN(const std::vector<ServerConfig> after, ReadServers(text, file));
  const ServerConfig* added = FindServer(after, config.name);
  ASSIGN_OR_RETURN(const std::string content_before, ContentOfFile(toml, file, config.name));
  ASSIGN_OR_RETURN(const std::string content_after, ContentOfFile(text, file, config.name));
  if (added != nullptr && AreSame(*added, config) && content_before == content_after) return text;
  return MakeError(ErrorCode::kUnsupported,
                   "'{}' is written in a way that a table can not be added to safely; add this to "
                   "it yourself:\n{}",
                   file, ServerBlock(config));
}

Result<std::string> WithoutServer(std::string_view toml, std::string_view file,
                                  std::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<ServerConfig> before, ReadServers(toml, file));
  if (FindServer(before, name) == nullptr) {
    return MakeError(ErrorCode::kNotFound, "'{}' has no server '{}'; see: weir tools list", file,
                     name);
  }
  std::string text = CutOut(toml, name);
  const Result<std::vector<ServerConfig>> after = ReadServers(text, file);
  ASSIGN_OR_RETURN(const std::string content_before, ContentOfFile(toml, file, name));
  const Result<std::string> rest = ContentOfFile(text, file, name);
  const bool is_gone = after && FindServer(*after, name) == nullptr;
  if (is_gone && rest && *rest == content_before) return text;
  return MakeError(ErrorCode::kUnsupported,
                   "[mcp.{}] in '{}' is written in a way that can not be cut out safely; remove it "
                   "with an editor",
                   name, file);
}

}  // namespace weir::catalog
