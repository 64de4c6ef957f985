#pragma once
// Counts every allocation, and its bytes, of the test binary that links counting_allocator.cc,
// which replaces operator new.

namespace weir::model {
long AllocationCount();
// Bytes of all allocations so far.
long AllocatedBytes();
}  // namespace weir::model
