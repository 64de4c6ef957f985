#pragma once
// Time behind an interface, so that tests decide what time it is.

#include <cstdint>

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t UnixMicros() const = 0;       // wall time, microseconds since 1970-01-01 UTC
  virtual int64_t MonotonicMicros() const = 0;  // never goes back; for durations and deadlines
};

// The machine's clock. Lives for the whole process; any thread.
const Clock& SystemClock();

class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_us) : now_us_(now_us) {}
  int64_t UnixMicros() const override { return now_us_; }
  int64_t MonotonicMicros() const override { return now_us_; }
  void Advance(int64_t us) { now_us_ += us; }

 private:
  int64_t now_us_;
};

}  // namespace weir
