// What a copy-on-write view costs: bench_boundary_preview [FOLDER]
//
// The bar is on what a view adds to a command: making the view of a workspace of 2000 files,
// starting the command in it, reading what it changed and removing the view, less the plain start
// of the same command. FOLDER (default: the folder for temporary files) decides the file system.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "boundary/figures.h"
#include "changes/cow_view.h"
#include "changes/history.h"
#include "platform/process.h"

namespace {

using weir::Result;
using weir::SystemClock;
namespace changes = weir::changes;
namespace platform = weir::platform;

constexpr int kFolders = 40;
constexpr int kFilesInFolder = 50;
constexpr int kRounds = 100;
constexpr int kCommits = 20;

[[noreturn]] void Stop(const std::string& why) {
  fmt::print(stderr, "preview_bench: {}\n", why);
  std::exit(2);
}

template <class T>
T Need(Result<T> result) {
  if (!result) Stop(result.error().message);
  return std::move(*result);
}

class Bench {
 public:
  explicit Bench(const std::string& folder) {
    std::string name = folder + "/weir_preview_bench_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) Stop("no folder in " + folder);
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

  // Milliseconds of a plain start of the command, to its end.
  double Plain(const std::string& script) const {
    const int64_t begin = SystemClock().MonotonicMicros();
    const weir::UniqueFd cwd(::open(Workspace().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    platform::ChildOptions options = Command(script);
    options.cwd_fd = cwd.get();
    AwaitEnd(Need(platform::ChildProcess::Spawn(options)));
    return Since(begin);
  }

  // The same in a view; *n_changes is what was read.
  double InView(const std::string& script, size_t* n_changes) const {
    const int64_t begin = SystemClock().MonotonicMicros();
    {
      const changes::CowView view = Need(changes::CowView::Open(State(), Workspace()));
      AwaitEnd(Need(view.Start(Command(script))));
      *n_changes = Need(view.ReadChanges()).changes.size();
    }
    return Since(begin);
  }

  // Ten changed files: milliseconds of the commit and of taking it back.
  void CommitAndRestore(int round, double* commit_ms, double* restore_ms) const {
    const std::string run_id = "run-" + std::to_string(round);
    const changes::CowView view = Need(changes::CowView::Open(State(), Workspace()));
    AwaitEnd(Need(view.Start(
        Command("for i in 0 1 2 3 4 5 6 7 8 9; do echo " + run_id + " >> folder-0/$i; done"))));
    const changes::ChangeSet set = Need(view.ReadChanges());
    if (set.changes.size() != 10) Stop("the command did not change ten files");
    changes::History history = Need(changes::History::Open(State(), SystemClock()));
    int64_t begin = SystemClock().MonotonicMicros();
    const changes::CommitReport report =
        Need(history.Commit(view.workspace(), set, view.upper(), {run_id, Need(set.Digest())}));
    if (!report.committed) Stop("the commit was refused");
    *commit_ms = Since(begin);
    begin = SystemClock().MonotonicMicros();
    if (!Need(history.Restore(run_id, "undo-" + run_id)).complete()) Stop("not all was put back");
    *restore_ms = Since(begin);
  }

 private:
  std::string Workspace() const { return root_ + "/workspace"; }
  std::string State() const { return root_ + "/state"; }

  static platform::ChildOptions Command(const std::string& script) {
    platform::ChildOptions options;
    options.argv = {"/bin/sh", "-c", script};
    return options;
  }
  static void AwaitEnd(platform::ChildProcess child) {
    const platform::ExitStatus status =
        Need(child.Wait(SystemClock().MonotonicMicros() + 10'000'000));
    if (!status.ok()) Stop("the command ended with " + status.ToString());
  }
  static double Since(int64_t begin_us) {
    return static_cast<double>(SystemClock().MonotonicMicros() - begin_us) / 1000;
  }

  std::string root_;
};

}  // namespace

int main(int argc, char** argv) {
  const Bench bench(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string());
  std::vector<double> plain, added, added_with_changes;
  for (int round = 0; round < kRounds; ++round) {
    size_t n_changes = 0;
    plain.push_back(bench.Plain(":"));
    added.push_back(bench.InView(":", &n_changes) - plain.back());
    if (n_changes != 0) Stop("changes where there are none");
    const std::string edit = "echo x >> folder-1/1; rm folder-2/2; mkdir new; echo y > new/file";
    added_with_changes.push_back(bench.InView(edit, &n_changes) - plain.back());
    if (n_changes != 4) Stop("not the four changes that were made");
  }
  std::vector<double> commit(kCommits), restore(kCommits);
  for (int i = 0; i < kCommits; ++i) {
    const auto at = static_cast<size_t>(i);
    bench.CommitAndRestore(i, &commit[at], &restore[at]);
  }
  using weir::bench::Percentile;
  weir::bench::Figures figures;
  figures.Tell("preview: plain start of the command, p50", Percentile(plain, 0.5), "ms");
  figures.AtMost("preview: added by a view of 2000 files, p50", Percentile(added, 0.5), 50, "ms");
  figures.Tell("preview: added by a view of 2000 files, p95", Percentile(added, 0.95), "ms");
  figures.AtMost("preview: added, four changes made, p50", Percentile(added_with_changes, 0.5), 50,
                 "ms");
  figures.Tell("preview: commit of ten files, p50", Percentile(commit, 0.5), "ms");
  figures.Tell("preview: restore of ten files, p50", Percentile(restore, 0.5), "ms");
  return figures.ExitCode();
}
