#include "unicode/categories.h"

#include <algorithm>
#include <iterator>

namespace weir::unicode {
namespace {

constexpr uint32_t kClassRuns[] = {
#include "unicode/category_table.inc"
};

uint8_t Search(char32_t value) {
  const uint32_t key = static_cast<uint32_t>(value) << 8 | 0xFF;
  const uint32_t* after = std::upper_bound(std::begin(kClassRuns), std::end(kClassRuns), key);
  return static_cast<uint8_t>(*(after - 1) & 0xFF);
}

// Most text is ASCII.
std::array<uint8_t, 128> MakeAscii() {
  std::array<uint8_t, 128> classes;
  for (char32_t value = 0; value < 128; ++value) classes[value] = Search(value);
  return classes;
}

}  // namespace

uint8_t ClassOf(char32_t value) {
  static const std::array<uint8_t, 128> ascii = MakeAscii();
  if (value < 128) return ascii[value];
  return value > 0x10FFFF ? 0 : Search(value);
}

}  // namespace weir::unicode
