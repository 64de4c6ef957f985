// What the worker tests start: the real worker, or a program that misbehaves as its argument says.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tools/worker.h"

namespace {

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
  if (mode == "tool-worker") return weir::tools::WorkerMain();
  return Misbehave(mode);
}
