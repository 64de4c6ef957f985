#include "platform/pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace weir::platform {
namespace {

struct TestPipe {
  TestPipe() {
    std::array<int, 2> fds;
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    read = UniqueFd(fds[0]);
    write = UniqueFd(fds[1]);
    EXPECT_TRUE(SetNonBlocking(read.get(), "the peer"));
    EXPECT_TRUE(SetNonBlocking(write.get(), "the peer"));
  }
  UniqueFd read, write;
};

int64_t InMs(int64_t ms) { return SystemClock().MonotonicMicros() + ms * 1000; }

TEST(Pipe, NobodyWritesAndNobodyReadsEndByTheDeadline) {
  TestPipe pipe;
  std::array<char, 16> buffer;
  const auto nothing = ReadSome(pipe.read.get(), buffer, "the peer", InMs(20));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(nothing.error().message, "the peer took too long");
  const std::string large(1 << 20, 'x');
  Result<size_t> n = size_t{0};
  while (n) n = WriteSome(pipe.write.get(), large, "the peer", InMs(20));
  EXPECT_EQ(n.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(Pipe, AStopEndsTheWait) {
  TestPipe pipe;
  std::array<char, 16> buffer;
  std::stop_source source;
  source.request_stop();
  const auto stopped =
      ReadSome(pipe.read.get(), buffer, "the peer", InMs(60'000), source.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST(Pipe, AReaderThatIsGoneIsAnErrorAndNoSignal) {
  TestPipe pipe;
  pipe.read.reset();
  const auto gone = WriteSome(pipe.write.get(), "x", "the peer", InMs(1000));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
}

TEST(Pipe, BytesComeAsTheyAreAndThenTheEnd) {
  TestPipe pipe;
  ASSERT_EQ(WriteSome(pipe.write.get(), "abc", "the peer", InMs(1000)).value_or(0), 3U);
  pipe.write.reset();
  std::array<char, 16> buffer;
  const auto n = ReadSome(pipe.read.get(), buffer, "the peer", InMs(1000));
  ASSERT_TRUE(n);
  EXPECT_EQ(std::string(buffer.data(), *n), "abc");
  EXPECT_EQ(ReadSome(pipe.read.get(), buffer, "the peer", InMs(1000)).value_or(7), 0U);
}

}  // namespace
}  // namespace weir::platform
