// How long a routed request takes, start to finish: a fresh process, the shipped model, the sample
// workspace.
//
//   bench_request WEIR_BINARY WORKSPACE [--rounds N] [--json FILE]
//
// Starts `weir run REQUEST` as a person would, N times a request, and reports the median and the
// spread of wall time.

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "json/json.h"

extern char** environ;

namespace weir::bench {
namespace {

const std::vector<std::string> kRequests = {
    "list the PDF files in reports", "what is the total of amount in sales.csv", "read notes.txt",
    "how big is old.log?", "find files called budget"};

// Seconds of one run; negative when it did not exit with 0.
double RunOnce(const std::string& binary, const std::string& workspace, const std::string& state,
               const std::string& request) {
  std::vector<std::string> words = {binary,    "run",     request, "--workspace",
                                    workspace, "--state", state,   "--json"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t pid = -1;
  int status = -1;
  if (posix_spawn(&pid, binary.c_str(), &actions, nullptr, argv.data(), environ) == 0)
    ::waitpid(pid, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return status == 0 ? seconds.count() : -1;
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: bench_request WEIR_BINARY WORKSPACE [--rounds N] [--json FILE]\n");
    return 2;
  }
  int rounds = 5;
  std::string json_file;
  for (int i = 3; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--rounds") rounds = std::atoi(argv[i + 1]);
    if (std::string(argv[i]) == "--json") json_file = argv[i + 1];
  }
  char folder[] = "/tmp/weir-bench-XXXXXX";
  const std::string state = ::mkdtemp(folder);
  json::Json rows = json::Json::array();
  fmt::print("{:<44} {:>8} {:>8} {:>8}\n", "request", "median s", "least", "most");
  bool all_done = true;
  for (const std::string& request : kRequests) {
    RunOnce(argv[1], argv[2], state, request);  // warm-up
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) seconds.push_back(RunOnce(argv[1], argv[2], state, request));
    std::sort(seconds.begin(), seconds.end());
    if (seconds.front() < 0) {
      fmt::print("{:<44} did not finish with exit code 0\n", request);
      all_done = false;
      continue;
    }
    const double median = seconds[seconds.size() / 2];
    fmt::print("{:<44} {:>8.3f} {:>8.3f} {:>8.3f}\n", request, median, seconds.front(),
               seconds.back());
    rows.push_back({{"request", request},
                    {"median_s", median},
                    {"least_s", seconds.front()},
                    {"most_s", seconds.back()}});
  }
  std::filesystem::remove_all(state);
  if (!json_file.empty())
    std::ofstream(json_file) << json::Json{{"rounds", rounds}, {"rows", rows}}.dump(1) << "\n";
  return all_done ? 0 : 1;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::Main(argc, argv); }
