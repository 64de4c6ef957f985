#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>

#include "base/clock.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weir {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0)
    return MakeError(ErrorCode::kInvalidArgument, "{} is odd, want an even number", n);
  return n / 2;
}

Result<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status OnlyEven(int n) {
  RETURN_IF_ERROR(Half(n));
  return {};
}

TEST(Result, MacrosPassTheValueOn) {
  ASSERT_TRUE(Quarter(12).has_value());
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_TRUE(OnlyEven(2).has_value());
}

TEST(Result, MacrosReturnTheFirstError) {
  const Result<int> result = Quarter(6);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().message, "3 is odd, want an even number");
  EXPECT_FALSE(OnlyEven(3).has_value());
}

TEST(Result, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(**result, 7);
}

TEST(Error, ContextGoesInFrontAndKeepsTheCode) {
  const Error error = Error{ErrorCode::kNotFound, "no such key"}.WithContext("reading a.gguf");
  EXPECT_EQ(error.message, "reading a.gguf: no such key");
  EXPECT_EQ(ErrorCodeName(error.code), "not_found");
}

TEST(UniqueFd, ClosesOnceAndMoves) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int raw = ends[0];
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  UniqueFd moved = std::move(reader);
  EXPECT_FALSE(reader.valid());
  EXPECT_EQ(moved.get(), raw);
  moved.reset();
  char byte = 0;
  EXPECT_EQ(read(raw, &byte, 1), -1);
  static_assert(!std::is_copy_constructible_v<UniqueFd>);
}

TEST(Printable, LeavesNothingThatATerminalWouldObey) {
  EXPECT_EQ(Printable("blk.0.a b~"), "blk.0.a b~");
  EXPECT_EQ(Printable("\x1b[31m\n\x7f\xC3\xA9"), "?[31m????");
  EXPECT_EQ(Printable(std::string(81, 'x')), std::string(80, 'x') + "...");
}

TEST(FakeClock, AdvancesOnlyWhenTold) {
  FakeClock clock(1000);
  EXPECT_EQ(clock.UnixMicros(), 1000);
  clock.Advance(5);
  EXPECT_EQ(clock.MonotonicMicros(), 1005);
  EXPECT_GT(SystemClock().UnixMicros(), 1'600'000'000'000'000);
}

}  // namespace
}  // namespace weir
