#pragma once
// Large memory in large pages, where the system has them.
//
// A model reads gigabytes for every token. In pages of 4 KiB the translation of addresses then
// costs as much as the memory itself, in a virtual machine several times that.

#include <cstddef>

namespace weir::platform {

inline constexpr size_t kHugePageBytes = size_t{2} << 20;

// Asks for huge pages for the memory; for the mapping of a file, that it be read in such. A wish:
// it changes no content, and a system that cannot goes on as it was. Parts of a page at either end
// are left out. Any thread.
void WantHugePages(const void* memory, size_t bytes);

}  // namespace weir::platform
