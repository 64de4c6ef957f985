#include "unicode/categories.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <string_view>

namespace weir::unicode {
namespace {

TEST(Categories, AgreeWithUtf8procOnEveryCodePoint) {
  int n_different = 0;
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    const std::string_view category = utf8proc_category_string(static_cast<int32_t>(value));
    const bool letter = category[0] == 'L';
    const bool number = category[0] == 'N';
    const bool space = category[0] == 'Z' || (value >= 9 && value <= 13) || value == 0x85;
    const bool printable = value == ' ' || (category[0] != 'Z' && category[0] != 'C');
    if (IsLetter(value) != letter || IsNumber(value) != number || IsSpace(value) != space ||
        IsPrintable(value) != printable) {
      ++n_different;
      ADD_FAILURE() << "U+" << std::hex << static_cast<uint32_t>(value) << " " << category;
      if (n_different > 10) return;
    }
  }
}

TEST(Categories, BeyondUnicodeHaveNoClass) {
  EXPECT_EQ(ClassOf(0x110000), 0);
  EXPECT_EQ(ClassOf(0xFFFFFFFF), 0);
}

TEST(Categories, PythonSpacesAddTheSeparatorControls) {
  EXPECT_TRUE(IsPythonSpace(0x1C));
  EXPECT_TRUE(IsPythonSpace(0x1F));
  EXPECT_FALSE(IsSpace(0x1C));
  EXPECT_TRUE(IsPythonSpace(0x3000));
  EXPECT_FALSE(IsPythonSpace(0x200B));
}

}  // namespace
}  // namespace weir::unicode
