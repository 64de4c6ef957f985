// What is left in the state folder after an expiry: of 100 planted texts nothing in any usual
// form, of their keys nothing, and nothing that a short number could be guessed from.

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "audit/audit_log.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "vault/key_file.h"
#include "vault/testing/vault_fixture.h"

namespace weir::vault {
namespace {

using ::testing::HasSubstr;

void AppendCodePoint(std::string& utf8, char32_t c) {
  if (c < 0x80) {
    utf8 += static_cast<char>(c);
  } else if (c < 0x800) {
    utf8 += static_cast<char>(0xC0 | (c >> 6));
    utf8 += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    utf8 += static_cast<char>(0xE0 | (c >> 12));
    utf8 += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    utf8 += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    utf8 += static_cast<char>(0xF0 | (c >> 18));
    utf8 += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    utf8 += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    utf8 += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string Utf8(const std::u32string& text) {
  std::string utf8;
  for (const char32_t c : text) AppendCodePoint(utf8, c);
  return utf8;
}

std::string Utf16(const std::u32string& text, bool big_endian) {
  std::string bytes;
  const auto add = [&](uint32_t unit) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  };
  for (const char32_t c : text) {
    if (c >= 0x10000) {
      add(0xD800 + ((c - 0x10000) >> 10));
      add(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      add(c);
    }
  }
  return bytes;
}

std::string Hex(const std::string& bytes, bool upper) {
  std::string hex;
  for (const char byte : bytes) {
    const auto value = static_cast<uint8_t>(byte);
    hex += upper ? fmt::format("{:02X}", value) : fmt::format("{:02x}", value);
  }
  return hex;
}

// The characters that `bytes` alone decides in a base64 text in which it begins at a byte whose
// number modulo 3 is `align`.
std::string Base64(const std::string& bytes, size_t align) {
  const std::string padded = std::string(align, '\0') + bytes;
  std::string text(sodium_base64_ENCODED_LEN(padded.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const uint8_t*>(padded.data()),
                    padded.size(), sodium_base64_VARIANT_ORIGINAL);
  const size_t begin = (align * 8 + 5) / 6;
  const size_t end = padded.size() * 8 / 6;
  return text.substr(begin, end - begin);
}

struct Canary {
  std::u32string text;
  // Every form it is looked for in.
  std::vector<std::string> Forms() const {
    const std::string utf8 = Utf8(text);
    return {utf8,
            Base64(utf8, 0),
            Base64(utf8, 1),
            Base64(utf8, 2),
            Utf16(text, false),
            Utf16(text, true),
            Hex(utf8, false),
            Hex(utf8, true)};
  }
};

// By turns: ASCII words, digits alone, and text beyond ASCII.
std::vector<Canary> MakeCanaries(size_t n) {
  std::mt19937_64 random(2024);
  std::vector<Canary> canaries;
  for (size_t i = 0; i < n; ++i) {
    const uint64_t value = random();
    std::string ascii;
    if (i % 3 == 0) ascii = fmt::format("canary-{:016x}-sings", value);
    if (i % 3 == 1) ascii = fmt::format("{:012}", value % 1'000'000'000'000);
    if (i % 3 == 2) ascii = fmt::format("{:08x}", value & 0xFFFFFFFF);
    std::u32string text(ascii.begin(), ascii.end());
    if (i % 3 == 2) text = U"Gr\u00fc\u00dfe \u4f60\u597d \U0001F426 " + text;
    canaries.push_back({text});
  }
  return canaries;
}

class CanaryTest : public VaultFixture {
 protected:
  // How many of the canaries some file holds in some form.
  size_t CountFound(const std::vector<Canary>& canaries) const {
    const auto files = AllFiles();
    size_t n_found = 0;
    for (const Canary& canary : canaries) {
      bool found = false;
      for (const std::string& form : canary.Forms()) {
        for (const auto& [path, bytes] : files) found |= bytes.find(form) != std::string::npos;
      }
      n_found += found ? 1 : 0;
    }
    return n_found;
  }
  size_t CountHeld(const std::vector<std::string>& needles) const {
    size_t n = 0;
    for (const std::string& needle : needles) n += StateHolds(needle) ? 1 : 0;
    return n;
  }
  // Keys and salts of everything in the vault, as they lie on the disk.
  std::vector<std::string> SecretsOnDisk() const {
    std::vector<std::string> secrets;
    for (const auto& [path, bytes] : AllFiles()) {
      if (!path.ends_with(".keys")) continue;
      for (uint64_t i = 0; i < SlotCount(static_cast<int64_t>(bytes.size())); ++i) {
        const size_t at = static_cast<size_t>(SlotOffset(i)) + kSecretPartOffset;
        secrets.push_back(bytes.substr(at, kSecretBytes));
        secrets.push_back(bytes.substr(at + kSecretBytes, kSecretBytes));
      }
    }
    return secrets;
  }
};

TEST_F(CanaryTest, TheScannerFindsEveryForm) {
  const std::vector<Canary> canaries = MakeCanaries(9);
  std::filesystem::create_directories(State() + "/deep/er");
  for (const Canary& canary : canaries) {
    for (size_t form = 0; form < canary.Forms().size(); ++form) {
      WriteAll(State() + "/deep/er/file", "before " + canary.Forms()[form] + " after");
      EXPECT_EQ(CountFound({canary}), 1u) << "form " << form;
    }
    // As a whole file would hold it: "x" + canary + "y" in base64.
    const std::string around = "x" + Utf8(canary.text) + "yz";
    std::string base64(sodium_base64_ENCODED_LEN(around.size(), sodium_base64_VARIANT_ORIGINAL), 0);
    sodium_bin2base64(base64.data(), base64.size(), reinterpret_cast<const uint8_t*>(around.data()),
                      around.size(), sodium_base64_VARIANT_ORIGINAL);
    WriteAll(State() + "/deep/er/file", base64);
    EXPECT_EQ(CountFound({canary}), 1u);
  }
  WriteAll(State() + "/deep/er/file", "nothing");
  EXPECT_EQ(CountFound(canaries), 0u);
}

TEST_F(CanaryTest, OfAHundredExpiredCanariesNoneIsFound) {
  constexpr size_t kCanaries = 100;
  const std::vector<Canary> canaries = MakeCanaries(kCanaries);
  const FakeClock clock(kNow);
  retention_.Set(DataClass::kAudit, KeepDays(90));
  Vault vault = OpenVault();
  Result<audit::AuditLog> log = audit::AuditLog::Open(State() + "/audit", clock);
  ASSERT_OK(log);
  size_t n_refused = 0;
  std::vector<std::string> references;
  for (size_t i = 0; i < kCanaries; ++i) {
    const std::string utf8 = Utf8(canaries[i].text);
    const Result<Stored> stored = vault.Put({.data_class = kDataClasses[i % kDataClasses.size()],
                                             .run_id = "run-1",
                                             .call_id = utf8,
                                             .bytes = "what " + utf8 + " says"},
                                            kNow + static_cast<int64_t>(i) * kHourUs);
    if (!stored) {
      EXPECT_EQ(stored.error().code, ErrorCode::kPermissionDenied);  // kept in memory only
      ++n_refused;
      continue;
    }
    references.push_back(stored->reference);
    ASSERT_OK(log->Append(
        audit::MakeEvent(audit::EventKind::kNotice, "run-1", "",
                         {{"notice", stored->reference}, {"subject", stored->commitment}})));
  }
  EXPECT_EQ(n_refused, 22u);
  const std::vector<std::string> secrets = SecretsOnDisk();
  EXPECT_EQ(secrets.size(), 2 * (kCanaries - n_refused));
  EXPECT_EQ(CountHeld(secrets), secrets.size());

  const ExpiryReport report = Expire(vault, kNow + 100 * kDayUs);
  EXPECT_EQ(report.n_destroyed(), kCanaries - n_refused);
  EXPECT_FALSE(report.has_problems());
  const size_t n_found = CountFound(canaries);
  const size_t n_secrets = CountHeld(secrets);
  fmt::print("vault: {} of {} canaries found; {} of {} keys and salts found\n", n_found, kCanaries,
             n_secrets, secrets.size());
  EXPECT_EQ(n_found, 0u);
  EXPECT_EQ(n_secrets, 0u);
  for (const std::string& reference : references) {
    EXPECT_THAT(GetText(vault, reference), HasSubstr("expired on"));
  }
  const Result<audit::VerifyReport> verified = audit::Verify(State() + "/audit");
  ASSERT_OK(verified);
  EXPECT_TRUE(verified->intact) << verified->problem;
  // The control: one that did not expire is found.
  WriteAll(State() + "/left-behind", "abc" + Utf8(canaries[50].text));
  EXPECT_EQ(CountFound(canaries), 1u);
}

// ---- few possible payloads ----

using Mac = std::array<uint8_t, crypto_auth_hmacsha256_BYTES>;

Mac Hmac(std::string_view key, std::string_view message) {
  Mac mac{};
  crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const uint8_t*>(message.data()),
                         message.size(), reinterpret_cast<const uint8_t*>(key.data()));
  return mac;
}

// Which of all numbers of four digits fit the commitment, by whatever is in the state folder: plain
// hashes, and every 32 bytes that lie at a multiple of 8 in any file, taken as the salt.
std::set<std::string> GuessPins(const std::string& commitment,
                                const std::map<std::string, std::string>& files) {
  std::set<std::string> salts = {std::string(kSecretBytes, '\0')};
  for (const auto& [path, bytes] : files) {
    for (size_t at = 0; at + kSecretBytes <= bytes.size(); at += 8) {
      salts.insert(bytes.substr(at, kSecretBytes));
    }
  }
  Mac wanted{};
  sodium_hex2bin(wanted.data(), wanted.size(), commitment.data(), commitment.size(), nullptr,
                 nullptr, nullptr);
  std::set<std::string> fitting;
  for (int number = 0; number < 10'000; ++number) {
    const std::string pin = fmt::format("{:04}", number);
    if (Sha256Hex(pin) == commitment) fitting.insert(pin);
    for (const std::string& salt : salts) {
      if (Hmac(salt, pin) == wanted) fitting.insert(pin);
    }
  }
  return fitting;
}

TEST_F(CanaryTest, AnErasedPinCanNotBeGuessedFromWhatIsLeft) {
  Vault vault = OpenVault();
  const Stored pin = Put(vault, DataClass::kResults, "4831");
  const std::string keys = ReadAll(VaultPath("results/000001.keys"));
  const std::string salt =
      keys.substr(kKeyHeaderBytes + kSecretPartOffset + kSecretBytes, kSecretBytes);
  // The attack works as long as the salt is there.
  EXPECT_EQ(GuessPins(pin.commitment, {{"salt", salt}}), std::set<std::string>{"4831"});

  // A second record keeps the bucket, so that the ciphertext and the rest of the slot stay.
  Put(vault, DataClass::kResults, "stays", kNow + kHourUs);
  EXPECT_EQ(Expire(vault, kNow + 7 * kDayUs).n_destroyed(), 1u);
  EXPECT_FALSE(StateHolds(salt));
  const auto left = AllFiles();
  const std::set<std::string> fitting = GuessPins(pin.commitment, left);
  fmt::print("vault: {} of 10000 numbers fit an erased commitment\n", fitting.size());
  EXPECT_TRUE(fitting.empty());
  // Nor does anything that is left open the ciphertext.
  const std::string data = left.at(VaultPath("results/000001.data"));
  const std::string sealed = data.substr(0, kSealOverheadBytes + 2 + 6 + 4);
  for (const auto& [path, bytes] : left) {
    for (size_t at = 0; at + kSecretBytes <= bytes.size(); ++at) {
      RecordSecrets guess;
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), kSecretBytes, guess.key.begin());
      const std::string context =
          "weir vault 1\n" + pin.reference + "\nresults\nrun-1\n" + std::to_string(kNow);
      EXPECT_FALSE(Unseal(guess, sealed, context).has_value());
    }
  }
}

TEST_F(CanaryTest, TheCiphertextOpensWithItsKeySoTheAttackAboveIsAFairOne) {
  Vault vault = OpenVault();
  const Stored pin = Put(vault, DataClass::kResults, "4831");
  const std::string keys = ReadAll(VaultPath("results/000001.keys"));
  const std::string data = ReadAll(VaultPath("results/000001.data"));
  ASSERT_EQ(data.size(), kSealOverheadBytes + 2 + 6 + 4);
  RecordSecrets secrets;
  std::copy_n(keys.begin() + kKeyHeaderBytes + kSecretPartOffset, kSecretBytes,
              secrets.key.begin());
  const std::string context =
      "weir vault 1\n" + pin.reference + "\nresults\nrun-1\n" + std::to_string(kNow);
  const std::optional<SecretText> plain = Unseal(secrets, data, context);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->bytes.substr(8), "4831");
}

}  // namespace
}  // namespace weir::vault
