#pragma once
// CHECK: for our own bugs only, never reachable from input. Prints the condition and the place,
// then aborts.

namespace weir {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace weir

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::weir::CheckFailed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(condition) void(sizeof(static_cast<bool>(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif
