#pragma once
// WEIR_TARGET_BEGIN("avx2,fma") ... WEIR_TARGET_END: functions between the two may use these
// instructions.
//
// A region and not a compiler flag: under a flag, inline functions of standard headers would be
// compiled with the instructions too, and the linker may keep that copy for baseline code. Hence
// the rule that every header is included before a region begins, and that code inside calls nothing
// of std. docs/decisions/001-simd-regions.md has the evidence.

#define WEIR_PRAGMA(x) _Pragma(#x)

#if defined(__clang__)
#define WEIR_TARGET_BEGIN(isa) \
  WEIR_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define WEIR_TARGET_END WEIR_PRAGMA(clang attribute pop)
#else
#define WEIR_TARGET_BEGIN(isa) WEIR_PRAGMA(GCC push_options) WEIR_PRAGMA(GCC target(isa))
#define WEIR_TARGET_END WEIR_PRAGMA(GCC pop_options)
#endif

// Before a loop over a tile of registers: it must vanish, or the tile lies in memory. Not under a
// sanitizer, whose checks of each copy take minutes to compile.
#if defined(WEIR_SANITIZED)
#define WEIR_UNROLLED
#else
#define WEIR_UNROLLED WEIR_PRAGMA(GCC unroll 16)
#endif

#define WEIR_INLINE static inline __attribute__((always_inline))
