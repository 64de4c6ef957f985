// One pass over the bytes, after the grammar of docs/formats/audit_log.md. Every function moves
// behind what it read, or returns false; then nobody looks at the rest.

#include "audit/scan.h"

#include <charconv>

#include "audit/record.h"
#include "base/hmac.h"
#include "json/json.h"

namespace weir::audit {
namespace {

constexpr int kMaxScanDepth = 32;
constexpr size_t kMaxScanDigits = 15;  // any such whole number is below 2^53
constexpr size_t kDigestDigits = 64;
constexpr std::string_view kLineEnd = "\"}";
constexpr std::string_view kHashKey = ",\"hash\":\"";

// A string as it stands between its quotes.
struct RawText {
  std::string_view text;
  bool has_escape = false;
  bool is_ascii = true;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  bool Literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  // Digits without a leading zero, below the type's largest value.
  template <class Whole>
  bool Number(Whole* value) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *value);
    const auto n_digits = static_cast<size_t>(end - rest_.data());
    if (error != std::errc() || rest_.front() == '-') return false;
    if (rest_.front() == '0' && n_digits > 1) return false;
    rest_.remove_prefix(n_digits);
    return true;
  }

  bool Hash(std::string_view* hex) {
    if (rest_.size() < kDigestDigits) return false;
    *hex = rest_.substr(0, kDigestDigits);
    rest_.remove_prefix(kDigestDigits);
    return hex->find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }

  // A string in the form of RFC 8785.
  bool Text(RawText* raw) {
    if (!Literal("\"")) return false;
    for (size_t i = 0; i < rest_.size(); ++i) {
      const auto c = static_cast<unsigned char>(rest_[i]);
      if (c == '"') {
        raw->text = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return raw->is_ascii || json::IsValidUtf8(raw->text);
      }
      if (c < 0x20) return false;
      raw->is_ascii = raw->is_ascii && c < 0x80;
      if (c != '\\') continue;
      raw->has_escape = true;
      const size_t n_bytes = EscapeLength(rest_.substr(i));
      if (n_bytes == 0) return false;
      i += n_bytes - 1;
    }
    return false;
  }

  // An object in the form of RFC 8785. `intent`: where to put the number of that name, or null.
  bool Object(int depth, std::optional<uint64_t>* intent) {
    if (depth > kMaxScanDepth || !Literal("{")) return false;
    if (Literal("}")) return true;
    std::string_view key_before;
    for (bool is_first = true;; is_first = false) {
      RawText key;
      if (!Text(&key) || key.has_escape || !key.is_ascii) return false;
      if (!is_first && key.text <= key_before) return false;
      key_before = key.text;
      if (!Literal(":")) return false;
      const std::string_view value = rest_;
      if (!Value(depth)) return false;
      if (intent != nullptr && key.text == "intent") *intent = WholeNumber(value);
      if (Literal("}")) return true;
      if (!Literal(",")) return false;
    }
  }

 private:
  // Bytes of the escape at the start of `text`; 0 when RFC 8785 writes the character otherwise.
  static size_t EscapeLength(std::string_view text) {
    if (text.size() < 2) return 0;
    if (std::string_view("\"\\bfnrt").find(text[1]) != std::string_view::npos) return 2;
    if (text.size() < 6 || !text.starts_with("\\u00")) return 0;
    const bool is_control = text[4] == '0' || text[4] == '1';
    const bool is_digit = (text[5] >= '0' && text[5] <= '9') || (text[5] >= 'a' && text[5] <= 'f');
    // These have a letter: \b \t \n \f \r.
    const bool has_letter =
        text[4] == '0' && std::string_view("89acd").find(text[5]) != std::string_view::npos;
    return is_control && is_digit && !has_letter ? 6 : 0;
  }

  // The number at the start of a value that was read already.
  static std::optional<uint64_t> WholeNumber(std::string_view value) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc()) return std::nullopt;
    return number;
  }

  bool Value(int depth) {
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '"': {
        RawText text;
        return Text(&text);
      }
      case '{':
        return Object(depth + 1, nullptr);
      case '[':
        return Array(depth + 1);
      case 't':
        return Literal("true");
      case 'f':
        return Literal("false");
      case 'n':
        return Literal("null");
      default:
        return ShortNumber();
    }
  }

  bool Array(int depth) {
    if (depth > kMaxScanDepth || !Literal("[")) return false;
    if (Literal("]")) return true;
    for (;;) {
      if (!Value(depth)) return false;
      if (Literal("]")) return true;
      if (!Literal(",")) return false;
    }
  }

  // A whole number of few digits. A fraction or an exponent behind it is met by whoever expects a
  // comma there.
  bool ShortNumber() {
    const bool is_negative = Literal("-");
    size_t n_digits = 0;
    while (n_digits < rest_.size() && rest_[n_digits] >= '0' && rest_[n_digits] <= '9') ++n_digits;
    if (n_digits == 0 || n_digits > kMaxScanDigits) return false;
    if (rest_.front() == '0' && (n_digits > 1 || is_negative)) return false;
    rest_.remove_prefix(n_digits);
    return true;
  }

  std::string_view rest_;
};

bool ScanContent(std::string_view content, RecordView* view) {
  Scanner scanner(content);
  RawText boot;
  RawText kind;
  RawText run;
  RawText call;
  const bool fits =
      scanner.Literal("{\"seq\":") && scanner.Number(&view->seq) &&
      scanner.Literal(",\"time_us\":") && scanner.Number(&view->time_us) &&
      scanner.Literal(",\"boot\":") && scanner.Text(&boot) && !boot.has_escape &&
      scanner.Literal(",\"prev\":\"") && scanner.Hash(&view->prev) &&
      scanner.Literal("\",\"kind\":") && scanner.Text(&kind) && scanner.Literal(",\"run\":") &&
      scanner.Text(&run) && scanner.Literal(",\"call\":") && scanner.Text(&call) &&
      scanner.Literal(",\"data\":") && scanner.Object(0, &view->intent) && scanner.AtEnd();
  if (!fits) return false;
  view->boot = boot.text;
  const std::optional<EventKind> known = EventKindFromName(kind.text);
  if (known) view->kind = *known;
  return known.has_value();
}

}  // namespace

std::optional<RecordView> ScanRecord(std::string_view line) {
  constexpr size_t kEndBytes = kHashKey.size() + kDigestDigits + kLineEnd.size();
  if (line.size() < kEndBytes || line.size() > kMaxRecordBytes) return std::nullopt;
  const std::string_view content = line.substr(0, line.size() - kEndBytes);
  const std::string_view end = line.substr(content.size());
  if (!end.starts_with(kHashKey) || !end.ends_with(kLineEnd)) return std::nullopt;
  RecordView view;
  view.hash = end.substr(kHashKey.size(), kDigestDigits);
  view.digest = Sha256(content);
  if (DigestFromHex(view.hash) != view.digest) return std::nullopt;
  if (!ScanContent(content, &view)) return std::nullopt;
  return view;
}

}  // namespace weir::audit
