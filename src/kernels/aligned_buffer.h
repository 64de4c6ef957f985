#pragma once
// Bytes aligned to a cache line, not initialised: untouched pages cost nothing.

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace weir::kernels {

class AlignedBuffer {
 public:
  static constexpr size_t kAlignment = 64;

  AlignedBuffer() = default;
  // data() is null when the system has not that much memory.
  explicit AlignedBuffer(size_t bytes)
      : bytes_((bytes + kAlignment - 1) / kAlignment * kAlignment),
        data_(static_cast<std::byte*>(
            std::aligned_alloc(kAlignment, bytes_ == 0 ? kAlignment : bytes_))) {}

  std::byte* data() const { return data_.get(); }
  size_t size() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  size_t bytes_ = 0;
  std::unique_ptr<std::byte[], Free> data_;
};

}  // namespace weir::kernels
