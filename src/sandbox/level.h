#pragma once
// How much of a profile's protection is wanted: one word for a command line. There is no automatic
// step down: a level that can not be had is an error, and a person chooses another. Values; any
// thread.

#include <string_view>

#include "base/result.h"
#include "sandbox/profile.h"

namespace weir::sandbox {

enum class SandboxLevel {
  kFull,   // the profile as it is
  kBasic,  // without namespaces: Landlock, seccomp, no capabilities. For containers
  kOff,    // no_new_privs, no capabilities, limits, clean environment; nothing else
};

// "full", "basic", "off".
std::string_view LevelName(SandboxLevel level);
// Error kInvalidArgument names the three.
Result<SandboxLevel> LevelFromName(std::string_view name);

// The profile with what the level leaves out switched off; its hash says so.
SandboxProfile AtLevel(SandboxProfile profile, SandboxLevel level);

}  // namespace weir::sandbox
