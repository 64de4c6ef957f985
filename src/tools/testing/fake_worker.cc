// What the worker tests start: the real worker, a witness, or a program that misbehaves as its
// argument says.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "json/json.h"
#include "tools/worker.h"

namespace {

using weir::json::Json;

// Appends one line; what is written is there even if this process is killed at once.
void Testify(int fd, const Json& params) {
  const Json seen = {{"run", params.at("_meta").at("weir/run")},
                     {"tool", params.at("name")},
                     {"arguments", params.at("arguments")}};
  const std::string line = weir::json::Dump(seen) + "\n";
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

// A worker that does nothing but keep a log of its own, in `file`, of every call it was told to
// run. A call that has "crash" in its arguments ends it after it was logged.
int Witness(const char* file) {
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return 2;
  for (std::string line; std::getline(std::cin, line);) {
    const weir::Result<Json> request = weir::json::Parse(line, {.max_bytes = 32u << 20});
    if (!request) return 2;
    Json result = {{"action", "witnessed"}, {"body", ""}};
    if (request->at("method") == "tools/call") {
      Testify(fd, request->at("params"));
      if (line.find("crash") != std::string::npos) std::abort();
      result = {{"content", Json::array({{{"type", "text"}, {"text", "done"}}})},
                {"isError", false}};
    }
    const Json reply = {{"jsonrpc", "2.0"}, {"id", request->at("id")}, {"result", result}};
    std::puts(weir::json::Dump(reply).c_str());
    std::fflush(stdout);
  }
  return 0;
}

// Reads one request, then does what is asked.
int Misbehave(const std::string& mode) {
  std::string line;
  if (!std::getline(std::cin, line)) return 0;
  if (mode == "hang") ::pause();
  if (mode == "crash") std::abort();
  if (mode == "garbage") std::puts("this is not JSON");
  if (mode == "wrong-id") std::puts(R"({"jsonrpc":"2.0","id":4711,"result":{}})");
  if (mode == "no-result") std::puts(R"({"jsonrpc":"2.0","id":1})");
  if (mode == "wrong-types") {
    std::puts(
        R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":7},3],"isError":"x","_meta":5}})");
  }
  if (mode == "flood") {
    for (int i = 0; i < 3'000'000; ++i) std::fputs("aaaaaaaaaaaaaaaa", stdout);
  }
  std::fflush(stdout);
  ::pause();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "tool-worker";
  if (mode == "tool-worker") {
    return weir::tools::WorkerMain(std::vector<const char*>(argv + std::min(argc, 2), argv + argc));
  }
  if (mode == "witness" && argc > 2) return Witness(argv[2]);
  return Misbehave(mode);
}
