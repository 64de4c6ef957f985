#include "catalog/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "catalog/untrusted.h"
#include "policy/host.h"

namespace weir::catalog {
namespace {

struct Danger {
  std::string_view word;
  std::string_view why;
};

// By the name of a program, wherever it stands in the command.
constexpr auto kPrograms = std::to_array<Danger>({
    {"sudo", "runs something with the rights of root"},
    {"doas", "runs something with the rights of root"},
    {"su", "runs something as another user"},
    {"pkexec", "runs something with the rights of root"},
    {"rm", "deletes files"},
    {"shred", "destroys files"},
    {"dd", "can overwrite disks"},
    {"mkfs", "makes a file system, which erases a disk"},
    {"chmod", "changes who may read and write files"},
    {"chown", "changes whose files are"},
    {"sh", "is a shell: it runs whatever its text says"},
    {"bash", "is a shell: it runs whatever its text says"},
    {"zsh", "is a shell: it runs whatever its text says"},
    {"dash", "is a shell: it runs whatever its text says"},
    {"fish", "is a shell: it runs whatever its text says"},
    {"eval", "runs whatever its text says"},
    {"npx", "gets code from the network and runs it; it can be other code each time"},
    {"bunx", "gets code from the network and runs it; it can be other code each time"},
    {"pnpx", "gets code from the network and runs it; it can be other code each time"},
    {"uvx", "gets code from the network and runs it; it can be other code each time"},
    {"pipx", "gets code from the network and runs it; it can be other code each time"},
    {"dlx", "gets code from the network and runs it; it can be other code each time"},
    {"deno", "can get code from the network and run it"},
    {"curl", "gets data from the network"},
    {"wget", "gets data from the network"},
    {"nc", "opens network connections"},
    {"ncat", "opens network connections"},
    {"socat", "opens network connections"},
    {"ssh", "runs something on another machine"},
    {"docker", "starts containers, which can be given every file of this machine"},
    {"podman", "starts containers, which can be given your files"},
});

// Variables that decide what a program loads before it starts to work.
constexpr auto kLoaderVariables = std::to_array<std::string_view>(
    {"PATH", "BASH_ENV", "ENV", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH", "PYTHONSTARTUP",
     "PYTHONHOME", "PERL5OPT", "PERL5LIB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "GIT_SSH",
     "GIT_SSH_COMMAND", "GCONV_PATH", "IFS", "SHELLOPTS"});

constexpr auto kSecretWords = std::to_array<std::string_view>(
    {"KEY", "TOKEN", "SECRET", "PASS", "PWD", "CREDENTIAL", "AUTH", "COOKIE"});

bool IsPlainShellText(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string ShellQuoted(std::string_view text) {
  if (IsPlainShellText(text)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// Quoting first, so that a person can copy what needs no escape.
std::string ShownPart(std::string_view text) {
  const bool is_plain = IsPlainlyVisible(text) && text.find("\\u{") == std::string_view::npos &&
                        text.find("\\x") == std::string_view::npos;
  return Visible(ShellQuoted(text), {.double_backslash = !is_plain});
}

std::string_view LastPart(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The words of an argument as a shell would find programs in it.
std::vector<std::string_view> ProgramWords(std::string_view text) {
  constexpr std::string_view kBetween = " \t\r\n;|&()<>`$\"'{}=";
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

bool Contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view one) { return LastPart(one) == word; });
}

bool IsOutside(std::string_view path, std::string_view workspace) {
  if (path.starts_with('~')) return true;
  if (path.find("..") != std::string_view::npos && path.find('/') != std::string_view::npos) {
    return true;
  }
  if (!path.starts_with('/')) return false;
  if (workspace.empty()) return true;
  return path != workspace && !path.starts_with(std::string(workspace) + "/");
}

// Collects sentences, each once.
class DangerList {
 public:
  void Add(std::string text) {
    if (std::find(list_.begin(), list_.end(), text) == list_.end())
      list_.push_back(std::move(text));
  }
  std::vector<std::string> Take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

void AddProgramDangers(const ServerConfig& config, DangerList* list) {
  std::vector<std::string_view> words = {config.command};
  for (const std::string& argument : config.args) {
    for (const std::string_view word : ProgramWords(argument)) words.push_back(word);
  }
  for (const Danger& danger : kPrograms) {
    if (Contains(words, danger.word)) list->Add(fmt::format("{} {}", danger.word, danger.why));
  }
  const bool fetches = Contains(words, "curl") || Contains(words, "wget");
  const bool pipes = std::any_of(config.args.begin(), config.args.end(), [](const std::string& a) {
    return a.find('|') != std::string::npos || a.find("$(") != std::string::npos ||
           a.find('`') != std::string::npos || a.find("<(") != std::string::npos;
  });
  if (fetches && pipes) {
    list->Add("what is got from the network is handed to another program, perhaps a shell");
  }
  if (Contains(words, "git") && Contains(words, "clone")) {
    list->Add("git clone gets code from the network");
  }
  const bool installs =
      Contains(words, "install") && (Contains(words, "npm") || Contains(words, "pip") ||
                                     Contains(words, "pip3") || Contains(words, "cargo"));
  if (installs) list->Add("it installs code from the network");
}

void AddPathDangers(const ServerConfig& config, std::string_view workspace, DangerList* list) {
  for (const std::string& argument : config.args) {
    const size_t equals = argument.find('=');
    for (const std::string& path :
         {argument, equals == std::string::npos ? std::string() : argument.substr(equals + 1)}) {
      if (!path.empty() && IsOutside(path, workspace)) {
        list->Add(fmt::format("the path {} lies outside the workspace", Visible(path)));
      }
    }
  }
}

void AddEnvironmentDangers(const ServerConfig& config, DangerList* list) {
  std::vector<std::string> names = config.env_pass;
  for (const auto& [name, value] : config.env_set) names.push_back(name);
  for (const std::string& name : names) {
    const bool loads = name.starts_with("LD_") || name.starts_with("DYLD_") ||
                       (std::find(kLoaderVariables.begin(), kLoaderVariables.end(), name) !=
                            kLoaderVariables.end() &&
                        (name != "PATH" || config.env_set.contains(name)));
    if (loads) {
      list->Add(fmt::format("the variable {} changes which code programs load", Visible(name)));
    }
  }
}

void AddUrlDangers(const ServerConfig& config, DangerList* list) {
  list->Add("every call sends its arguments to that server");
  const std::optional<std::string> host = policy::HostOfUrl(config.url);
  if (host && host->find("xn--") != std::string::npos) {
    list->Add(fmt::format("the host {} has letters that are not Latin and may imitate another name",
                          *host));
  }
}

}  // namespace

std::string CommandLine(const ServerConfig& config) {
  if (!config.is_program()) return Visible(config.url);
  std::string line = ShownPart(config.command);
  for (const std::string& argument : config.args) line += " " + ShownPart(argument);
  return line;
}

std::vector<std::string> EnvironmentLines(const ServerConfig& config) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : config.env_set) {
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const bool is_secret =
        std::any_of(kSecretWords.begin(), kSecretWords.end(),
                    [&](std::string_view word) { return upper.find(word) != std::string::npos; });
    lines.push_back(is_secret ? fmt::format("{}=({} bytes, not shown)", Visible(name), value.size())
                              : fmt::format("{}={}", Visible(name), ShownPart(value)));
  }
  return lines;
}

std::vector<std::string> Dangers(const ServerConfig& config, std::string_view workspace) {
  DangerList list;
  if (config.is_program()) {
    AddProgramDangers(config, &list);
    AddPathDangers(config, workspace, &list);
    AddEnvironmentDangers(config, &list);
    const bool is_plain = IsPlainlyVisible(config.command) &&
                          std::all_of(config.args.begin(), config.args.end(), IsPlainlyVisible);
    if (!is_plain) {
      list.Add("it has characters that can not be seen; they are shown as \\u{...}");
    }
  } else {
    AddUrlDangers(config, &list);
  }
  return list.Take();
}

}  // namespace weir::catalog
