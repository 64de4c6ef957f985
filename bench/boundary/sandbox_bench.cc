// What the sandbox costs: the start of a tool with and without it, and how long stopping a tool
// takes whose descendants do not want to go.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "boundary/figures.h"
#include "sandbox/level.h"
#include "sandbox/spawn.h"

namespace weir::bench {
namespace {

using sandbox::SandboxedChild;
using sandbox::SandboxLevel;
using sandbox::SandboxProfile;

constexpr int kStarts = 200;
constexpr int kStops = 20;
constexpr double kStartBarMs = 20;
constexpr double kStopBarMs = 2000;
constexpr int64_t kPatienceUs = 10'000'000;

int64_t Now() { return SystemClock().MonotonicMicros(); }
double MsSince(int64_t begin_us) { return static_cast<double>(Now() - begin_us) / 1000; }

template <class T>
T OrDie(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "sandbox bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

// As a tool that works in one folder has it.
SandboxProfile Profile(const std::string& folder) {
  SandboxProfile profile;
  profile.name = "bench";
  profile.readable = sandbox::LoaderPaths();
  profile.writable = {{.path = folder}};
  profile.limits.open_files = 64;
  profile.limits.processes = 64;
  return profile;
}

// From the call to the program's first line.
double StartMs(platform::ChildProcess& process, int64_t begin_us) {
  (void)OrDie(process.ReadLine(1000, Now() + kPatienceUs));
  const double ms = MsSince(begin_us);
  (void)OrDie(process.Wait(Now() + kPatienceUs));
  return ms;
}

double PlainStartMs() {
  const int64_t begin_us = Now();
  platform::ChildOptions options;
  options.argv = {WEIR_SANDBOX_PROBE, "state"};
  platform::ChildProcess process = OrDie(platform::ChildProcess::Spawn(options));
  return StartMs(process, begin_us);
}

double SandboxedStartMs(const SandboxProfile& profile) {
  const int64_t begin_us = Now();
  SandboxedChild child =
      OrDie(sandbox::SpawnSandboxed(profile, {.argv = {WEIR_SANDBOX_PROBE, "state"}}));
  return StartMs(child.process, begin_us);
}

double StopMs(const SandboxProfile& profile) {
  SandboxedChild child =
      OrDie(sandbox::SpawnSandboxed(profile, {.argv = {WEIR_SANDBOX_PROBE, "descendants", "20"}}));
  (void)OrDie(child.process.ReadLine(1000, Now() + kPatienceUs));
  const int64_t begin_us = Now();
  (void)OrDie(child.process.Kill());
  return MsSince(begin_us);
}

int Main() {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/weir-bench-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const SandboxProfile full = Profile(folder);
  const SandboxProfile basic = sandbox::AtLevel(full, SandboxLevel::kBasic);
  SandboxProfile mounts = full;
  mounts.read_only_mounts = true;

  // In turns, so that a busy moment of the machine hits all alike.
  std::vector<double> plain_ms, full_ms, basic_ms, mounts_ms;
  for (int i = 0; i < kStarts; ++i) {
    plain_ms.push_back(PlainStartMs());
    full_ms.push_back(SandboxedStartMs(full));
    basic_ms.push_back(SandboxedStartMs(basic));
    mounts_ms.push_back(SandboxedStartMs(mounts));
  }
  std::vector<double> stop_ms;
  for (int i = 0; i < kStops; ++i) stop_ms.push_back(StopMs(full));
  std::filesystem::remove_all(folder);

  Figures figures;
  const double plain_p50 = Percentile(plain_ms, 0.5);
  figures.Tell("sandbox: start of a plain process, p50", plain_p50, "ms");
  figures.Tell("sandbox: start in the sandbox, p50", Percentile(full_ms, 0.5), "ms");
  figures.Tell("sandbox: start in the sandbox, p99", Percentile(full_ms, 0.99), "ms");
  figures.AtMost("sandbox: added to a start, full, p50", Percentile(full_ms, 0.5) - plain_p50,
                 kStartBarMs, "ms");
  figures.AtMost("sandbox: added to a start, basic, p50", Percentile(basic_ms, 0.5) - plain_p50,
                 kStartBarMs, "ms");
  figures.AtMost("sandbox: added, with read-only mounts, p50",
                 Percentile(mounts_ms, 0.5) - plain_p50, kStartBarMs, "ms");
  figures.AtMost("sandbox: stop with 20 deaf descendants, max", Percentile(stop_ms, 1.0),
                 kStopBarMs, "ms");
  return figures.ExitCode();
}

}  // namespace
}  // namespace weir::bench

int main() { return weir::bench::Main(); }
