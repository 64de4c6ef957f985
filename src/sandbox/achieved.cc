#include "sandbox/achieved.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

namespace weir::sandbox {
namespace {

constexpr size_t kShownHashDigits = 12;

std::string_view CounterName(ProcessCounter counter) {
  switch (counter) {
    case ProcessCounter::kNobody:
      return "none";
    case ProcessCounter::kSeccomp:
      return "seccomp";
    case ProcessCounter::kRlimit:
      return "rlimit";
    case ProcessCounter::kNamespace:
      return "pid namespace";
  }
  return "";
}

std::string Namespaces(const AchievedSandbox& achieved) {
  std::vector<std::string> names;
  if (achieved.user_namespace) names.emplace_back("user");
  if (achieved.pid_namespace) names.emplace_back("pid+ipc");
  if (achieved.network_namespace) names.emplace_back("network");
  if (achieved.read_only_mounts || achieved.view) names.emplace_back("mount");
  if (names.empty()) return "no namespaces";
  return fmt::format("{} namespaces", fmt::join(names, "+"));
}

std::vector<std::string> LimitTexts(const AchievedSandbox& achieved) {
  std::vector<std::string> texts;
  const auto add = [&](const char* name, const std::optional<uint64_t>& value) {
    if (value) texts.push_back(fmt::format("{} {}", name, *value));
  };
  add("cpu_seconds", achieved.limits.cpu_seconds);
  add("memory_bytes", achieved.limits.memory_bytes);
  add("data_bytes", achieved.limits.data_bytes);
  add("file_bytes", achieved.limits.file_bytes);
  add("open_files", achieved.limits.open_files);
  if (achieved.limits.processes) {
    texts.push_back(fmt::format("processes {} ({})", *achieved.limits.processes,
                                CounterName(achieved.process_counter)));
  }
  return texts;
}

}  // namespace

std::string AchievedSandbox::ToString() const {
  std::vector<std::string> parts;
  parts.push_back(landlock_abi > 0 ? fmt::format("landlock {}", landlock_abi) : "no landlock");
  parts.emplace_back(seccomp ? "seccomp" : "no seccomp");
  parts.push_back(Namespaces(*this));
  if (view) parts.emplace_back("copy-on-write view");
  parts.emplace_back(no_new_privs ? "no_new_privs" : "new privileges possible");
  parts.emplace_back(no_capabilities ? "no capabilities" : "capabilities kept");
  const std::vector<std::string> limit_texts = LimitTexts(*this);
  return fmt::format(
      "{} {}: {}; network {}; {}; {}", profile, profile_hash.substr(0, kShownHashDigits),
      fmt::join(parts, ", "), NetworkName(network), allow_exec ? "may exec" : "no exec",
      limit_texts.empty() ? "no limits" : fmt::to_string(fmt::join(limit_texts, ", ")));
}

json::Json AchievedSandbox::ToJson() const {
  json::Json limit_values = json::Json::object();
  const auto add = [&](const char* name, const std::optional<uint64_t>& value) {
    if (value) limit_values[name] = *value;
  };
  add("cpu_seconds", limits.cpu_seconds);
  add("memory_bytes", limits.memory_bytes);
  add("data_bytes", limits.data_bytes);
  add("file_bytes", limits.file_bytes);
  add("open_files", limits.open_files);
  add("processes", limits.processes);
  return {{"profile", profile},
          {"profile_hash", profile_hash},
          {"landlock_abi", landlock_abi},
          {"seccomp", seccomp},
          {"user_namespace", user_namespace},
          {"pid_namespace", pid_namespace},
          {"network_namespace", network_namespace},
          {"read_only_mounts", read_only_mounts},
          {"view", view},
          {"no_new_privs", no_new_privs},
          {"no_capabilities", no_capabilities},
          {"network", std::string(NetworkName(network))},
          {"allow_exec", allow_exec},
          {"limits", std::move(limit_values)},
          {"processes_counted_by", std::string(CounterName(process_counter))}};
}

}  // namespace weir::sandbox
