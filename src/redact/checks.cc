#include "redact/checks.h"

#include <array>
#include <cmath>

#include "redact/chars.h"

namespace weir::redact {
namespace {

// Countries of the IBAN registry and the length of their numbers.
constexpr std::string_view kIbanCountries =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18"
    "FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21"
    "LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27"
    "ST25SV28TL23TN24TR26UA29VA22VG24XK20";

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0);
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ~crc;
}

int Base64Value(char c) {
  if (IsUpper(c)) return c - 'A';
  if (IsLower(c)) return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

bool LuhnHolds(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (size_t i = digits.size(); i-- > 0; doubled = !doubled) {
    const int digit = digits[i] - '0';
    sum += doubled ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return !digits.empty() && sum % 10 == 0;
}

size_t IbanLength(std::string_view text) {
  if (text.size() < 2 || !IsUpper(text[0]) || !IsUpper(text[1])) return 0;
  for (size_t i = 0; i < kIbanCountries.size(); i += 4) {
    if (kIbanCountries[i] != text[0] || kIbanCountries[i + 1] != text[1]) continue;
    return static_cast<size_t>((kIbanCountries[i + 2] - '0') * 10 + kIbanCountries[i + 3] - '0');
  }
  return 0;
}

bool IbanHolds(std::string_view iban) {
  if (iban.size() < 15 || IbanLength(iban) != iban.size()) return false;
  if (!IsDigit(iban[2]) || !IsDigit(iban[3])) return false;
  unsigned remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    if (IsDigit(c)) {
      remainder = (remainder * 10 + static_cast<unsigned>(c - '0')) % 97;
    } else if (IsUpper(c)) {
      remainder = (remainder * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
    } else {
      return false;
    }
  }
  return remainder == 1;
}

bool Base62ChecksumHolds(std::string_view body) {
  constexpr size_t kChecksumLength = 6;
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (body.size() <= kChecksumLength) return false;
  uint32_t crc = Crc32(body.substr(0, body.size() - kChecksumLength));
  for (size_t i = 0; i < kChecksumLength; ++i, crc /= 62) {
    if (body[body.size() - 1 - i] != kDigits[crc % 62]) return false;
  }
  return true;
}

double Entropy(std::string_view text) {
  if (text.empty()) return 0;
  std::array<uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double sum = 0;
  for (const uint32_t count : counts) {
    if (count > 0) sum += count * std::log2(static_cast<double>(count));
  }
  const auto n = static_cast<double>(text.size());
  return std::log2(n) - sum / n;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  uint32_t bits = 0;
  int n_bits = 0;
  for (const char c : text) {
    const int value = Base64Value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    bytes.push_back(static_cast<char>((bits >> n_bits) & 0xFF));
  }
  return bytes;
}

}  // namespace weir::redact
