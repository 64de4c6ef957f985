#include "sandbox/level.h"

namespace weir::sandbox {

std::string_view LevelName(SandboxLevel level) {
  switch (level) {
    case SandboxLevel::kFull:
      return "full";
    case SandboxLevel::kBasic:
      return "basic";
    case SandboxLevel::kOff:
      return "off";
  }
  return "";
}

Result<SandboxLevel> LevelFromName(std::string_view name) {
  for (const SandboxLevel level : {SandboxLevel::kFull, SandboxLevel::kBasic, SandboxLevel::kOff}) {
    if (LevelName(level) == name) return level;
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "'{}' is no sandbox level; there are full, basic and off", name);
}

SandboxProfile AtLevel(SandboxProfile profile, SandboxLevel level) {
  if (level == SandboxLevel::kFull) return profile;
  profile.pid_namespace = false;
  profile.network_namespace = false;
  profile.read_only_mounts = false;
  if (profile.limits.processes > uint64_t{1}) profile.limits.processes.reset();
  if (level == SandboxLevel::kBasic) return profile;
  profile.landlock = false;
  profile.seccomp = false;
  profile.allow_exec = true;
  profile.network = Network::kInherit;
  profile.limits.processes.reset();
  return profile;
}

}  // namespace weir::sandbox
