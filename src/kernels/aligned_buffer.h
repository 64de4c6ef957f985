#pragma once
// Bytes aligned to a cache line, not initialised: untouched pages cost nothing. Large ones lie in
// huge pages where the system has them.

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "platform/huge_pages.h"

namespace weir::kernels {

class AlignedBuffer {
 public:
  static constexpr size_t kAlignment = 64;

  AlignedBuffer() = default;
  // data() is null when the system has not that much memory.
  explicit AlignedBuffer(size_t bytes) {
    const size_t alignment = bytes >= kLarge ? platform::kHugePageBytes : kAlignment;
    bytes_ = (bytes + alignment - 1) / alignment * alignment;
    data_.reset(
        static_cast<std::byte*>(std::aligned_alloc(alignment, bytes_ == 0 ? alignment : bytes_)));
    if (data_ && bytes >= kLarge) platform::WantHugePages(data_.get(), bytes_);
  }

  std::byte* data() const { return data_.get(); }
  size_t size() const { return bytes_; }

 private:
  static constexpr size_t kLarge = 4 * platform::kHugePageBytes;
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  size_t bytes_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

}  // namespace weir::kernels
