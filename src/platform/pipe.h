#pragma once
// Reading and writing pipes without being held up or killed by who is at the other end.
//
// Descriptors are ours and not blocking (SetNonBlocking). All waiting is bounded by a deadline in
// microseconds of Clock::MonotonicMicros (SystemClock), and ends early with kCancelled on a stop.
// `peer` names the other end in errors: "the child process". One thread a descriptor and direction.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

#include "base/result.h"

namespace weir::platform {

Status SetNonBlocking(int fd, std::string_view peer);

// Waits until `fd` is ready for `events` (POLLIN, POLLOUT), its other end is gone, or the time is
// over (kDeadlineExceeded).
Status AwaitReady(int fd, short events, std::string_view peer, int64_t deadline_us,
                  const std::stop_token& stop = {});

// At least one byte, as soon as there is room. Errors: kUnavailable when nobody reads any more
// (never a SIGPIPE), kDeadlineExceeded, kCancelled; nothing has been written then.
Result<size_t> WriteSome(int fd, std::string_view bytes, std::string_view peer, int64_t deadline_us,
                         const std::stop_token& stop = {});

// At least one byte, as soon as there is one; 0 at the end. Errors as above.
Result<size_t> ReadSome(int fd, std::span<char> buffer, std::string_view peer, int64_t deadline_us,
                        const std::stop_token& stop = {});

}  // namespace weir::platform
