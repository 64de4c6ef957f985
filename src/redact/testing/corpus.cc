#include "redact/testing/corpus.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::redact::testing {
namespace {

constexpr std::string_view kBase62 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string Env(Random& random, const std::string& name, const std::string& value) {
  const std::string quote = random.Pick({"", "", "\"", "'"});
  return fmt::format("# settings of {}\nDEBUG=false\nPORT={}\n{}{}={}{}{}\nLOG_LEVEL=info\n",
                     random.Word(), 1024 + random.Below(60000), random.Pick({"", "export "}), name,
                     quote, value, quote);
}
std::string JsonFile(Random& random, const std::string& name, const std::string& value) {
  return fmt::format(
      "{{\n  \"name\": \"{}\",\n  \"retries\": {},\n  \"{}\": \"{}\",\n  \"debug\": true\n}}\n",
      random.Word(), random.Below(9), name, value);
}
std::string JsonLine(Random& random, const std::string& name, const std::string& value) {
  return fmt::format(R"({{"id":{},"{}":"{}","region":"eu-central-1","tags":["{}"]}})",
                     random.Below(100000), name, value, random.Word());
}
std::string Yaml(Random& random, const std::string& name, const std::string& value) {
  const std::string quote = random.Pick({"\"", "'", ""});
  return fmt::format("service:\n  name: {}\n  {}: {}{}{}\n  replicas: {}\n", random.Word(), name,
                     quote, value, quote, random.Below(9));
}
std::string Python(Random& random, const std::string& name, const std::string& value) {
  return fmt::format("import os\n\n{} = \"{}\"\n\ndef {}():\n    return connect({})\n", name, value,
                     random.Word(), name);
}
std::string Shell(Random& random, const std::string& name, const std::string& value) {
  return fmt::format("#!/bin/sh\nset -e\nexport {}='{}'\n./{} --verbose\n", name, value,
                     random.Word());
}
std::string Ini(Random& random, const std::string& name, const std::string& value) {
  return fmt::format("[{}]\ntimeout = 30\n{} = {}\nhost = localhost\n", random.Word(), name, value);
}
std::string Log(Random& random, const std::string& name, const std::string& value) {
  return fmt::format(
      "2024-03-{:02} 10:{:02}:07.114 INFO [{}] request done\n"
      "2024-03-{:02} 10:{:02}:09.201 DEBUG [{}] using {}={} for retry\n",
      1 + random.Below(28), random.Below(60), random.Word(), 1 + random.Below(28), random.Below(60),
      random.Word(), name, value);
}

}  // namespace

uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15U;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

std::string Random::Pick(std::initializer_list<std::string_view> list) {
  return std::string(*(list.begin() + Below(list.size())));
}

std::string Random::Text(std::string_view alphabet, size_t n) {
  std::string text;
  for (size_t i = 0; i < n; ++i) text.push_back(alphabet[Below(alphabet.size())]);
  return text;
}

std::string Random::Base62(size_t n) { return Text(kBase62, n); }
std::string Random::Base64(size_t n) { return Text(std::string(kBase62) + "+/", n); }
std::string Random::Base64Url(size_t n) { return Text(std::string(kBase62) + "-_", n); }

std::string Random::Word() {
  return Pick({"invoice",   "harbour",   "meadow",   "station", "pricing", "gateway",  "billing",
               "ledger",    "orchard",   "weather",  "backup",  "mailer",  "search",   "inventory",
               "scheduler", "thumbnail", "frontend", "archive", "printer", "telemetry"});
}

std::string Random::Uuid() {
  return fmt::format("{}-{}-4{}-a{}-{}", Hex(8), Hex(4), Hex(3), Hex(3), Hex(12));
}

std::string InFile(Random& random, const std::string& name, const std::string& value) {
  switch (random.Below(8)) {
    case 0:
      return Env(random, name, value);
    case 1:
      return JsonFile(random, name, value);
    case 2:
      return JsonLine(random, name, value);
    case 3:
      return Yaml(random, name, value);
    case 4:
      return Python(random, name, value);
    case 5:
      return Shell(random, name, value);
    case 6:
      return Ini(random, name, value);
    default:
      return Log(random, name, value);
  }
}

std::string AmongLines(Random& random, const std::string& line) {
  switch (random.Below(3)) {
    case 0:
      return fmt::format("Hello {},\n\nas promised:\n\n  {}\n\nPlease tell me whether it works.\n",
                         random.Word(), line);
    case 1:
      return fmt::format("# {}\n\nSome notes on the {}.\n\n    {}\n\nSee the other page.\n",
                         random.Word(), random.Word(), line);
    default:
      return fmt::format("{}\n", line);
  }
}

std::string EncodeBase64Url(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = (group << 8) | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    const size_t n = std::min<size_t>(bytes.size() - i, 3) + 1;
    for (size_t k = 0; k < n; ++k) text.push_back(kAlphabet[(group >> (18 - 6 * k)) & 63]);
  }
  return text;
}

}  // namespace weir::redact::testing
