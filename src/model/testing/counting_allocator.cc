#include "model/testing/counting_allocator.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> n_allocations{0};
std::atomic<long> n_bytes{0};
}  // namespace

void* operator new(size_t bytes) {
  n_allocations.fetch_add(1, std::memory_order_relaxed);
  n_bytes.fetch_add(static_cast<long>(bytes), std::memory_order_relaxed);
  if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
  std::abort();
}
void* operator new[](size_t bytes) { return operator new(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }

namespace weir::model {
long AllocationCount() { return n_allocations.load(std::memory_order_relaxed); }
long AllocatedBytes() { return n_bytes.load(std::memory_order_relaxed); }
}  // namespace weir::model
