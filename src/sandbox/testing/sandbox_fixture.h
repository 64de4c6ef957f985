#pragma once
// What the sandbox's tests share: a folder to work in beside one that must stay as it is, the
// profile of the probe, and whether this machine can do what a test needs.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "sandbox/spawn.h"

namespace weir::sandbox::testing {

inline int64_t In(int64_t ms) { return SystemClock().MonotonicMicros() + ms * 1000; }

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/weir-sandbox-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(workspace());
    std::filesystem::create_directory(outside());
  }
  ~SandboxTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string workspace() const { return root_ + "/workspace"; }
  std::string outside() const { return root_ + "/outside"; }

  // No limit of memory, so that it fits sanitized programs too.
  SandboxProfile Profile() const {
    SandboxProfile profile;
    profile.name = "probe";
    profile.readable = LoaderPaths();
    profile.writable = {{.path = workspace()}};
    profile.limits.open_files = 64;
    profile.limits.processes = 64;
    return profile;
  }

  static Result<SandboxedChild> SpawnProbe(const SandboxProfile& profile,
                                           std::vector<std::string> arguments) {
    SandboxRequest request;
    request.argv = {WEIR_SANDBOX_PROBE};
    request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
    return SpawnSandboxed(profile, request);
  }

  // The first line it writes, or the error.
  static std::string FirstLine(const SandboxProfile& profile, std::vector<std::string> arguments) {
    Result<SandboxedChild> child = SpawnProbe(profile, std::move(arguments));
    if (!child) return child.error().message;
    const Result<std::string> line = child->process.ReadLine(10'000, In(10'000));
    return line ? *line : line.error().message;
  }

  // Empty when a sandbox of this profile can be had here; else why not.
  static std::string Missing(const SandboxProfile& profile) {
    const Result<SandboxedChild> child = SpawnProbe(profile, {"nothing"});
    return child ? "" : child.error().message;
  }

 private:
  std::string root_;
};

}  // namespace weir::sandbox::testing

// Ends a test, with the reason, on a machine that has not what the profile wants.
#define SKIP_WITHOUT(profile) \
  if (const std::string missing = Missing(profile); !missing.empty()) GTEST_SKIP() << missing
