#pragma once
// Made-up files with a secret in them, and files that only look so. Written from the formats that
// the makers of keys publish and not from the detectors, so that the two can disagree. The same
// seed gives the same corpus.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace weir::redact::testing {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next();  // splitmix64
  size_t Below(size_t n) { return static_cast<size_t>(Next() % n); }
  std::string Pick(std::initializer_list<std::string_view> list);
  std::string Text(std::string_view alphabet, size_t n);

  std::string Digits(size_t n) { return Text("0123456789", n); }
  std::string Hex(size_t n) { return Text("0123456789abcdef", n); }
  std::string Upper(size_t n) { return Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", n); }
  std::string Base62(size_t n);
  std::string Base64(size_t n);  // the standard alphabet, no padding
  std::string Base64Url(size_t n);
  std::string Word();  // a common English one
  std::string Uuid();

 private:
  uint64_t state_;
};

struct Sample {
  std::string kind;
  std::string text;
  std::string secret;  // stands once in `text`; empty in a look-alike
};

// `value` under `name` in a file of one of several formats.
std::string InFile(Random& random, const std::string& name, const std::string& value);
// `line` between other lines of a text.
std::string AmongLines(Random& random, const std::string& line);

std::string EncodeBase64Url(std::string_view bytes);

std::vector<Sample> MakeSecrets(uint64_t seed, size_t n);
std::vector<Sample> MakeLookalikes(uint64_t seed, size_t n);

}  // namespace weir::redact::testing
