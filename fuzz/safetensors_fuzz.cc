// Any bytes as a safetensors file. The reader must answer with an error or with tensors that divide
// the data among them; all of it is touched here, so that the address sanitizer sees a view outside
// the bytes.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "safetensors/safetensors_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using weir::safetensors::SafetensorsFile;
  using weir::safetensors::Tensor;
  const auto file = SafetensorsFile::Parse(std::as_bytes(std::span(data, size)));
  if (!file) {
    CHECK(!file.error().message.empty());
    return 0;
  }
  volatile uint64_t sum = 0;
  uint64_t n_bytes = 0;
  for (const Tensor& tensor : file->tensors()) {
    CHECK(file->Find(tensor.name) == &tensor);
    uint64_t expected = weir::safetensors::DtypeBytes(tensor.dtype);
    for (const uint64_t n : tensor.shape) expected *= n;
    CHECK(tensor.data.size() == expected);
    for (const std::byte b : tensor.data) sum = sum + std::to_integer<uint64_t>(b);
    n_bytes += expected;
  }
  CHECK(n_bytes <= size);
  return 0;
}
