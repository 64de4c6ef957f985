#include "mcp_client/line_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::mcp_client {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Lines(const std::vector<std::string>& pieces, Status* status = nullptr,
                               size_t max_bytes = 8) {
  LineFramer framer(max_bytes);
  std::vector<std::string> lines;
  for (const std::string& piece : pieces) {
    const Status pushed = framer.Push(piece, [&](std::string_view line) -> Status {
      lines.emplace_back(line);
      return {};
    });
    if (status != nullptr) *status = pushed;
  }
  return lines;
}

TEST(LineFramer, ALineThatIsTooLongEndsTheFramingForGood) {
  Status status;
  EXPECT_THAT(Lines({"ok\n", "123456789", "\n", "more\n"}, &status), ElementsAre("ok"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
}

TEST(LineFramer, AnEndlessLineIsRefusedBeforeItIsHeld) {
  Status status;
  Lines({std::string(1000, 'a')}, &status);
  ASSERT_FALSE(status);
  Lines({"12345678\n"}, &status);
  EXPECT_TRUE(status);
  Lines({"12345678\r", "\n"}, &status);
  EXPECT_TRUE(status);
  Lines({"123456789\r\n"}, &status);
  EXPECT_FALSE(status);
}

TEST(LineFramer, AnErrorOfTheHandlerEndsTheFraming) {
  LineFramer framer(100);
  int n = 0;
  const auto refuse = [&](std::string_view) -> Status {
    ++n;
    return MakeError(ErrorCode::kCorruptData, "no");
  };
  EXPECT_FALSE(framer.Push("a\nb\n", refuse));
  EXPECT_FALSE(framer.Push("c\n", refuse));
  EXPECT_EQ(n, 1);
}

TEST(LineFramer, LinesComeHoweverTheBytesAreCut) {
  EXPECT_THAT(Lines({"a\nb\n\nc"}), ElementsAre("a", "b", ""));
  EXPECT_THAT(Lines({"a", "b", "\n", "c\r", "\nd"}), ElementsAre("ab", "c"));
  EXPECT_THAT(Lines({"", "\n", ""}), ElementsAre(""));
}

}  // namespace
}  // namespace weir::mcp_client
