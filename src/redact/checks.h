#pragma once
// Arithmetic that real secrets pass and most look-alikes do not. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::redact {

// The check digit of payment cards (ISO/IEC 7812). `digits` holds decimal digits only.
bool LuhnHolds(std::string_view digits);

// An international bank account number without blanks: the length of its country and the remainder
// 1 modulo 97 (ISO 13616). Upper-case letters and digits only.
bool IbanHolds(std::string_view iban);
// Length of an IBAN of the country at the begin of `text`, for example 22 for "DE"; 0: no country
// that has them.
size_t IbanLength(std::string_view text);

// Whether the last six characters of `body` are the CRC-32 of those before in base 62, as in the
// tokens of GitHub and npm.
bool Base62ChecksumHolds(std::string_view body);

// Shannon entropy of the bytes, in bits a byte; 0 for an empty text.
double Entropy(std::string_view text);

// Decodes base64 of either alphabet, padded or not. Nothing for any other character.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace weir::redact
