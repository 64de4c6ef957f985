// Skeleton of catalog/identity.h: names folded until look-alikes are equal.

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/identity.h"
#include "unicode/categories.h"
#include "unicode/utf8.h"

namespace weir::catalog {
namespace {

struct LookAlike {
  char32_t letter;
  char latin;
};

// Letters of other scripts that common fonts draw like a Latin one. Sorted.
constexpr auto kLookAlikes = std::to_array<LookAlike>({
    {0x00C6, 'a'}, {0x00E6, 'a'}, {0x00D0, 'd'}, {0x00D8, 'o'}, {0x00F0, 'd'}, {0x00F8, 'o'},
    {0x0131, 'i'}, {0x0261, 'g'}, {0x0269, 'i'}, {0x026A, 'i'}, {0x0391, 'a'}, {0x0392, 'b'},
    {0x0395, 'e'}, {0x0396, 'z'}, {0x0397, 'h'}, {0x0399, 'i'}, {0x039A, 'k'}, {0x039C, 'm'},
    {0x039D, 'n'}, {0x039F, 'o'}, {0x03A1, 'p'}, {0x03A4, 't'}, {0x03A5, 'y'}, {0x03A7, 'x'},
    {0x03B1, 'a'}, {0x03B3, 'y'}, {0x03B5, 'e'}, {0x03B9, 'i'}, {0x03BA, 'k'}, {0x03BD, 'v'},
    {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C3, 'o'}, {0x03C4, 't'}, {0x03C5, 'u'}, {0x03C7, 'x'},
    {0x03F2, 'c'}, {0x03F3, 'j'}, {0x0405, 's'}, {0x0406, 'i'}, {0x0408, 'j'}, {0x0410, 'a'},
    {0x0412, 'b'}, {0x0415, 'e'}, {0x041A, 'k'}, {0x041C, 'm'}, {0x041D, 'h'}, {0x041E, 'o'},
    {0x0420, 'p'}, {0x0421, 'c'}, {0x0422, 't'}, {0x0423, 'y'}, {0x0425, 'x'}, {0x0430, 'a'},
    {0x0432, 'b'}, {0x0433, 'r'}, {0x0435, 'e'}, {0x043A, 'k'}, {0x043C, 'm'}, {0x043D, 'h'},
    {0x043E, 'o'}, {0x043F, 'n'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'}, {0x0443, 'y'},
    {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'}, {0x0475, 'v'}, {0x04AE, 'y'},
    {0x04AF, 'y'}, {0x04BB, 'h'}, {0x04C0, 'l'}, {0x04CF, 'l'}, {0x0501, 'd'}, {0x051B, 'q'},
    {0x051D, 'w'}, {0x0578, 'n'}, {0x057D, 'u'}, {0x0585, 'o'}, {0x2113, 'l'}, {0x212A, 'k'},
});

// Accents that stand alone behind their letter.
bool IsMark(char32_t value) { return value >= 0x0300 && value <= 0x036F; }

// Accented Latin letters to their plain ones: the blocks U+00C0 to U+00FF and U+0100 to U+017F.
constexpr std::string_view kLatin1 =
    "aaaaaaaceeeeiiiidnooooo.ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo.ouuuuyty";
constexpr std::string_view kLatinA =
    "aaaaaaccccccccddddeeeeeeeeeegggg"
    "gggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssss"
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static_assert(kLatin1.size() == 64 && kLatinA.size() == 128);

char LatinOf(char32_t value) {
  const auto found =
      std::lower_bound(kLookAlikes.begin(), kLookAlikes.end(), value,
                       [](const LookAlike& one, char32_t v) { return one.letter < v; });
  if (found != kLookAlikes.end() && found->letter == value) return found->latin;
  if (value >= 0xC0 && value <= 0xFF) return kLatin1[value - 0xC0];
  if (value >= 0x100 && value <= 0x17F) return kLatinA[value - 0x100];
  return 0;
}

char Folded(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case 'i':
    case '|':
      return 'l';
    default:
      return c;
  }
}

}  // namespace

std::string Skeleton(std::string_view name) {
  constexpr std::string_view kSeparators = "-_./ ";
  std::string skeleton;
  for (size_t at = 0; at < name.size();) {
    const unicode::CodePoint point = unicode::Decode(name, at);
    at += static_cast<size_t>(point.n_bytes);
    char32_t value = point.value;
    if (value >= 0xFF01 && value <= 0xFF5E) value -= 0xFEE0;  // full-width forms
    if (value >= 0x80) {
      if (IsMark(value) || !unicode::IsPrintable(value)) continue;
      const char latin = LatinOf(value);
      if (latin == 0) {
        unicode::Append(value, &skeleton);
        continue;
      }
      value = static_cast<unsigned char>(latin);
    }
    const char c = static_cast<char>(value);
    if (c < ' ' || kSeparators.find(c) != std::string_view::npos) continue;
    skeleton += Folded(c);
  }
  return skeleton;
}

}  // namespace weir::catalog
