// Private keys in PEM armour (RFC 7468), OpenSSH, SSH2 and PGP ones included, whole from BEGIN to
// END, with newlines that are real, or escaped as in JSON, or joined by code. A block that breaks
// off is a secret up to where it breaks off.

#include <algorithm>

#include "redact/chars.h"
#include "redact/detectors.h"

namespace weir::redact {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kSsh2Begin = "---- BEGIN ";
constexpr std::string_view kDashes = "----";
constexpr size_t kMaxLabelBytes = 64;
constexpr size_t kMinLineBytes = 16;  // a shorter run of base64 may be a word
constexpr size_t kMinBodyBytes = 32;  // what documents show of a key that is none is shorter

constexpr bool IsLabelChar(char c) { return IsUpper(c) || IsDigit(c) || c == ' '; }
// Bytes of the header line up to its last dash; 0 when none of a private key is here.
size_t HeaderLength(std::string_view text) {
  const bool ssh2 = text.starts_with(kSsh2Begin);
  if (!ssh2 && !text.starts_with(kBegin)) return 0;
  const size_t begin = ssh2 ? kSsh2Begin.size() : kBegin.size();
  const size_t label = RunLength(text.substr(begin), IsLabelChar, kMaxLabelBytes);
  if (text.substr(begin, label).find("PRIVATE KEY") == std::string_view::npos) return 0;
  const size_t dashes = begin + label;
  return text.substr(dashes).starts_with(kDashes)
             ? dashes + RunLength(
                            text.substr(dashes), [](char c) { return c == '-'; }, 5)
             : 0;
}

// Bytes in runs of base64 that are too long for words; enough of them end the count.
size_t KeyBytes(std::string_view body) {
  size_t n = 0;
  for (size_t at = 0; at < body.size() && n < kMinBodyBytes;) {
    size_t run = RunLength(body.substr(at), IsBase64);
    if (run >= kMinLineBytes) n += run;
    at += std::max<size_t>(run, 1);
    // The letter of an escaped line end is none of the key's.
    if (body[at - 1] == '\\') ++at;
  }
  return n;
}

// Where the line of END that begins at `dashes` is over; 0 when it is no END.
size_t FooterEnd(std::string_view text, size_t dashes) {
  size_t at = dashes + RunLength(text.substr(dashes), [](char c) { return c == '-'; }, 5);
  if (at < text.size() && text[at] == ' ') ++at;
  if (!text.substr(at).starts_with("END ")) return 0;
  at += RunLength(text.substr(at), IsLabelChar, kMaxLabelBytes);
  return at + RunLength(text.substr(at), [](char c) { return c == '-'; }, 5);
}

// Where a body without END is over: behind its last line that is long enough to be one.
size_t CutBodyLength(std::string_view body) {
  const auto between = [](char c) { return IsSpace(c) || c == '\\' || c == '='; };
  size_t end = 0;
  for (size_t at = 0; at < body.size();) {
    at += RunLength(body.substr(at), between);
    if (at > 0 && at < body.size() && body[at - 1] == '\\') ++at;  // the letter of \n
    std::string_view rest = body.substr(std::min(at, body.size()));
    if (rest.starts_with("Proc-Type:") || rest.starts_with("DEK-Info:")) {
      at += std::min(rest.find_first_of("\n\\"), rest.size());
      continue;
    }
    const size_t run = RunLength(rest, IsBase64);
    if (run < kMinLineBytes) break;
    at += run;
    end = at;
  }
  return end;
}

}  // namespace

Match MatchPrivateKey(const View& view) {
  const std::string_view text = view.ahead;
  const size_t header = HeaderLength(view.line);
  if (header == 0) return {};
  const size_t dashes = text.find(kDashes, header);
  // A footer ends within 80 bytes; with fewer it may still be on its way.
  const bool whole = dashes != std::string_view::npos && dashes + 80 <= text.size();
  if (!whole && !view.ahead_is_all) return {.needs_more = true};
  if (dashes != std::string_view::npos) {
    const size_t end = FooterEnd(text, dashes);
    if (end != 0) {
      const bool is_key = KeyBytes(text.substr(header, dashes - header)) >= kMinBodyBytes;
      return is_key ? Match{Kind::kPrivateKey, end} : Match{};
    }
  }
  const std::string_view body = text.substr(header, dashes - header);
  const size_t n = CutBodyLength(body);
  const bool is_key = KeyBytes(body.substr(0, n)) >= kMinBodyBytes;
  return is_key ? Match{Kind::kPrivateKey, header + n} : Match{};
}

}  // namespace weir::redact
