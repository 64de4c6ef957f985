#pragma once
// What a value looks like: made by a machine or chosen to be hard to guess, or a word, a reference,
// a placeholder. Judges at most the first kMaxJudgedBytes. Pure; any thread.

#include <cstddef>
#include <string_view>

namespace weir::redact {

inline constexpr size_t kMaxJudgedBytes = 256;

// "changeme", "<your key>", "${TOKEN}", "xxxx", "sk-...", "AKIA...EXAMPLE", one of our
// placeholders: stands where a secret is to be filled in.
bool IsPlaceholder(std::string_view value);

enum class WordEnds { kMayHaveDigits, kHaveNoDigits };
// Words and short numbers with - _ . / : between, as in names, paths and versions.
// kMayHaveDigits: "server2" is a word.
bool IsWordy(std::string_view value, WordEnds ends);

bool IsUuid(std::string_view value);

// Letters and digits without an order: for bodies of tokens, whatever is around them.
bool LooksRandom(std::string_view value);

// How a value is written.
enum class ValueForm {
  kString,  // in quotes, or a JSON string: never code
  kPlain,   // as in .env and YAML
  kCode,    // an expression, a name, a number
};

// For a value whose name says that it is a secret.
bool LooksLikePassword(std::string_view value, ValueForm form);
bool LooksLikeToken(std::string_view value, ValueForm form);
// The same where the place leaves no doubt, as in `Server=db;Password=...;`: four bytes are enough.
bool LooksLikeWeakPassword(std::string_view value, ValueForm form);

}  // namespace weir::redact
