#include "platform/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace weir::platform {

void WantHugePages(const void* memory, size_t bytes) {
  auto* begin = static_cast<char*>(const_cast<void*>(memory));
  const size_t skipped = (0 - reinterpret_cast<uintptr_t>(memory)) % kHugePageBytes;
  if (bytes < skipped + kHugePageBytes) return;
  ::madvise(begin + skipped, (bytes - skipped) / kHugePageBytes * kHugePageBytes, MADV_HUGEPAGE);
}

}  // namespace weir::platform
