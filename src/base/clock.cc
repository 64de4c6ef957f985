#include "base/clock.h"

#include <chrono>

namespace weir {
namespace {

template <class C>
int64_t MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(C::now().time_since_epoch()).count();
}

class RealClock : public Clock {
 public:
  int64_t UnixMicros() const override { return MicrosOf<std::chrono::system_clock>(); }
  int64_t MonotonicMicros() const override { return MicrosOf<std::chrono::steady_clock>(); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace weir
