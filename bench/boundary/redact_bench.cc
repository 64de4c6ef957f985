// How fast secrets are looked for: in files as they are, in a stream, and in text that is made to
// be slow. One core.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "boundary/figures.h"
#include "redact/redactor.h"
#include "redact/stream_redactor.h"

namespace weir {
namespace {

constexpr size_t kTextBytes = 8u << 20;
constexpr double kMinMegabytesPerSecond = 20;

// About one secret in four kilobytes, among code, prose, settings and log lines.
std::string OrdinaryText() {
  const std::string key = std::string("AK") + "IAQ3Z7WLM2XKTB5NPD";
  std::string text;
  for (int i = 0; text.size() < kTextBytes; ++i) {
    text +=
        "2024-03-07 10:14:07.114 INFO [gateway] request 7f3a9c done in 12 ms, status=200 "
        "bytes=5120\n"
        "for (const Finding& finding : findings) total += finding.end - finding.begin;\n"
        "The meeting moved to Thursday; please bring the figures of the last quarter with you.\n"
        "service:\n  name: billing\n  replicas: 3\n  image: registry.test/billing@sha256:"
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
        "{\"id\":12345,\"user\":\"bob\",\"tags\":[\"a\",\"b\"],\"url\":\"https://a.test/"
        "x?page=2\"}\n";
    if (i % 8 == 0) text += "aws_access_key_id = " + key + "\nDB_PASSWORD=Zq8-vRt2kLm\n";
  }
  return text;
}

std::string Repeated(std::string_view piece) {
  std::string text;
  while (text.size() < kTextBytes / 16) text += piece;
  return text;
}

// Runs `work` on `text` and returns the rate; the best of three, the first being a warm-up.
template <class Work>
double MegabytesPerSecond(const std::string& text, const Work& work) {
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work(text);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(text.size()) / 1e6 / took.count());
  }
  return best;
}

int Main() {
  bench::Figures figures;
  const std::string text = OrdinaryText();
  size_t n_found = 0;
  figures.AtLeast(
      "redact: scan, ordinary text",
      MegabytesPerSecond(text,
                         [&](const std::string& t) { n_found = redact::Redactor::Scan(t).size(); }),
      kMinMegabytesPerSecond, "MB/s");
  figures.AtLeast("redact: stream in pieces of 4096 bytes",
                  MegabytesPerSecond(text,
                                     [](const std::string& t) {
                                       redact::Redactor redactor;
                                       redact::StreamRedactor stream(redactor);
                                       for (size_t at = 0; at < t.size(); at += 4096)
                                         (void)stream.Push(std::string_view(t).substr(at, 4096));
                                       (void)stream.Finish();
                                     }),
                  kMinMegabytesPerSecond, "MB/s");
  figures.Tell("redact: secrets in the text", static_cast<double>(n_found), "");
  // No bar: what a hostile file can cost.
  double slowest = 1e9;
  for (const char* piece :
       {"token=", "token=\"", "sk-", "eyJ", "a://b:", "4111 ", "DE89 ", "xoxb-", "password: "}) {
    const double rate = MegabytesPerSecond(
        Repeated(piece), [](const std::string& t) { (void)redact::Redactor::Scan(t); });
    slowest = std::min(slowest, rate);
  }
  figures.Tell("redact: scan, slowest hostile text", slowest, "MB/s");
  return figures.ExitCode();
}

}  // namespace
}  // namespace weir

int main() { return weir::Main(); }
