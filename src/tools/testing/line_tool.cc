// A stranger's tool for the tests of tools/view_run.h: reads one JSON object a line, does what it
// says to files, answers with one line, {"ok":true} or {"ok":false,"why":...}. Paths are taken as
// they are. Ends with its input, unless it was told to be deaf.
//
//   {"do":"write","path":P,"text":T}   {"do":"remove","path":P}   {"do":"rename","from":P,"to":P}
//   {"do":"make-folder","path":P}      {"do":"chmod","path":P,"mode":M}
//   {"do":"random","seed":N,"n":N}     random changes in the current folder
//   {"do":"linger","path":P}           leaves a descendant that goes on writing to a file
//   {"do":"deaf"}                      from now on only SIGKILL ends it
//   {"do":"connect","port":N}          to the loopback interface

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

#include "changes/testing/random_ops.h"
#include "json/json.h"

namespace {

using weir::json::Json;

Json Done() { return {{"ok", true}}; }
Json Refused(const std::string& why) { return {{"ok", false}, {"why", why}}; }
Json Said(int result) { return result == 0 ? Done() : Refused(std::strerror(errno)); }

Json Write(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  return out.good() ? Done() : Refused(std::strerror(errno));
}

Json RunRandom(unsigned seed, int n) {
  weir::changes::testing::RandomOps ops(".", seed);
  return ops.Run(n) ? Done() : Refused(ops.problem());
}

// In a session of its own, so that no group and no parent leads to it.
Json Linger(const std::string& path) {
  const pid_t child = ::fork();
  if (child < 0) return Said(-1);
  if (child > 0) return Done();
  ::setsid();
  ::signal(SIGTERM, SIG_IGN);
  for (int i = 0;; ++i) {
    Write(path, std::to_string(i));
    ::usleep(1000);
  }
}

Json Connect(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) return Said(-1);
  return Said(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

Json Do(const Json& request) {
  const std::string what = request.value("do", "");
  const std::string path = request.value("path", "");
  if (what == "write") return Write(path, request.value("text", ""));
  if (what == "remove") return Said(std::remove(path.c_str()));
  if (what == "rename") {
    return Said(std::rename(request.value("from", "").c_str(), request.value("to", "").c_str()));
  }
  if (what == "make-folder") return Said(::mkdir(path.c_str(), 0755));
  if (what == "chmod") return Said(::chmod(path.c_str(), request.value("mode", 0U)));
  if (what == "random") return RunRandom(request.value("seed", 0U), request.value("n", 0));
  if (what == "linger") return Linger(path);
  if (what == "connect") return Connect(request.value("port", 0));
  return Refused("unknown");
}

}  // namespace

int main() {
  bool deaf = false;
  for (std::string line; std::getline(std::cin, line);) {
    const weir::Result<Json> request = weir::json::Parse(line);
    if (!request) return 1;
    deaf = deaf || request->value("do", "") == "deaf";
    if (deaf) ::signal(SIGTERM, SIG_IGN);
    std::cout << weir::json::Dump(deaf ? Done() : Do(*request)) << std::endl;
  }
  while (deaf) ::pause();
  return 0;
}
