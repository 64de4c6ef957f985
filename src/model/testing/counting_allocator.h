#pragma once
// Counts every allocation of the test binary that links counting_allocator.cc, which replaces
// operator new.

namespace weir::model {
long AllocationCount();
}  // namespace weir::model
