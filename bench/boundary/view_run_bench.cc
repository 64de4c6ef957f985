// What a preview by doing costs: bench_boundary_view_run [FOLDER]
//
// The bar is on what the view adds to a sandboxed tool that makes one call in a workspace of 2000
// files: making the view, mounting it, reading what was changed and removing it, less the same tool
// with the same call in the sandbox alone. FOLDER (default: the folder for temporary files) decides
// the file system.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "boundary/figures.h"
#include "json/json.h"
#include "sandbox/spawn.h"
#include "tools/view_run.h"

namespace {

using weir::Result;
using weir::SystemClock;
namespace changes = weir::changes;
namespace platform = weir::platform;
namespace sandbox = weir::sandbox;
namespace tools = weir::tools;

constexpr int kFolders = 40;
constexpr int kFilesInFolder = 50;
constexpr int kRounds = 100;
constexpr double kAddedBarMs = 50;

[[noreturn]] void GiveUp(const std::string& why) {
  fmt::print(stderr, "view_run_bench: {}\n", why);
  std::exit(2);
}

template <class T>
T MustHave(Result<T> result) {
  if (!result) GiveUp(result.error().message);
  return std::move(*result);
}

int64_t In10s() { return SystemClock().MonotonicMicros() + 10'000'000; }
double MsSinceUs(int64_t begin_us) {
  return static_cast<double>(SystemClock().MonotonicMicros() - begin_us) / 1000;
}

class Bench {
 public:
  explicit Bench(const std::string& folder) {
    std::string name = std::filesystem::canonical(folder).string() + "/weir_view_run_bench_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) GiveUp("no folder in " + folder);
    root_ = name;
    std::filesystem::create_directory(State());
    std::filesystem::permissions(State(), std::filesystem::perms::owner_all);
    for (int i = 0; i < kFolders; ++i) {
      const std::string inner = Workspace() + "/folder-" + std::to_string(i);
      std::filesystem::create_directories(inner);
      for (int j = 0; j < kFilesInFolder; ++j) {
        std::ofstream(inner + "/" + std::to_string(j)) << "a file of the workspace " << j << "\n";
      }
    }
  }
  ~Bench() { std::filesystem::remove_all(root_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  // Milliseconds of the tool in the sandbox alone, from its start to its end.
  double Plain() const {
    const int64_t begin = SystemClock().MonotonicMicros();
    sandbox::SandboxRequest request;
    request.argv = {WEIR_LINE_TOOL};
    request.working_folder = Workspace();
    sandbox::SandboxedChild child =
        MustHave(sandbox::SpawnSandboxed(tools::PreviewProfile(Profile(), Workspace()), request));
    Call(child.process, "what a call for real writes\n");
    child.process.CloseStdin();
    (void)MustHave(child.process.Wait(In10s()));
    return MsSinceUs(begin);
  }

  // The same as a preview, to its removal.
  double Preview() const {
    const int64_t begin = SystemClock().MonotonicMicros();
    {
      tools::ViewRun run = MustHave(tools::ViewRun::Start({.state_folder = State(),
                                                           .workspace = Workspace(),
                                                           .profile = Profile(),
                                                           .argv = {WEIR_LINE_TOOL}}));
      Call(run.process(), "what a call in a view writes\n");
      const tools::ViewPreview preview = MustHave(run.Finish());
      if (preview.changes.changes.size() != 1) GiveUp("the preview is not the one change");
    }
    return MsSinceUs(begin);
  }

 private:
  std::string Workspace() const { return root_ + "/workspace"; }
  std::string State() const { return root_ + "/state"; }

  sandbox::SandboxProfile Profile() const {
    sandbox::SandboxProfile profile;
    profile.name = "bench";
    profile.readable = sandbox::LoaderPaths();
    profile.writable = {{.path = Workspace()}};
    profile.limits.open_files = 64;
    return profile;
  }

  static void Call(platform::ChildProcess& process, const char* text) {
    const weir::json::Json call = {{"do", "write"}, {"path", "folder-1/1"}, {"text", text}};
    if (const auto sent = process.Write(weir::json::Dump(call) + "\n", In10s()); !sent) {
      GiveUp(sent.error().message);
    }
    if (MustHave(process.ReadLine(1000, In10s())) != R"({"ok":true})") GiveUp("the call failed");
  }

  std::string root_;
};

}  // namespace

int main(int argc, char** argv) {
  const Bench bench(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string());
  std::vector<double> plain, preview, added;
  for (int round = 0; round < kRounds; ++round) {
    plain.push_back(bench.Plain());
    preview.push_back(bench.Preview());
    added.push_back(preview.back() - plain.back());
  }
  using weir::bench::Percentile;
  weir::bench::Figures figures;
  figures.Tell("view run: a call in the sandbox alone, p50", Percentile(plain, 0.5), "ms");
  figures.Tell("view run: the same call previewed, p50", Percentile(preview, 0.5), "ms");
  figures.AtMost("view run: added by the preview, p50", Percentile(added, 0.5), kAddedBarMs, "ms");
  figures.Tell("view run: added by the preview, p95", Percentile(added, 0.95), "ms");
  return figures.ExitCode();
}
