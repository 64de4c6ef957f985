#pragma once
// The tensor element types of the GGUF format, whether or not this engine computes with them: a
// file is checked as a whole.

#include <cstdint>
#include <string_view>

namespace weir::gguf {

struct TensorType {
  uint32_t id;            // as in the file
  std::string_view name;  // as in GGUF
  uint32_t block_values;  // values a block
  uint32_t block_bytes;   // bytes a block
};

// Null for an id this reader has never heard of.
const TensorType* FindTensorType(uint32_t id);

}  // namespace weir::gguf
