#pragma once
// Reads a safetensors file: the format in which model weights are published before anybody
// quantises them. 64-bit length, a JSON header of that length, then the tensors' bytes.
//
// The file is mapped, not read. The whole header is checked before anything of it is used: the
// tensors must fill the data exactly, without gap or overlap, and have the bytes that their shape
// and type say. docs/formats/safetensors.md lists the limits. It knows no model. Immutable after
// opening; any thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/mapped_file.h"

namespace weir::safetensors {

// The element types that weights of this engine's models are published in.
enum class Dtype { kF32, kF16, kBF16 };

std::string_view DtypeName(Dtype dtype);  // as in the file: "BF16"
uint64_t DtypeBytes(Dtype dtype);         // of one value

struct Tensor {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<uint64_t> shape;  // slowest-varying dimension first, none of them 0; {}: one value
  std::span<const std::byte> data;  // exactly the tensor's bytes, little endian, not aligned
};

// "[2048, 1, 3]"
std::string ShapeText(std::span<const uint64_t> shape);

// Move-only. Owns the mapping (Open) or borrows the bytes (Parse); tensors live as long.
class SafetensorsFile {
 public:
  // Errors: kNotFound and the like from the system; kCorruptData, kUnsupported (a type that is not
  // in Dtype) and kResourceExhausted naming the file, the tensor, the expected and the found.
  static Result<SafetensorsFile> Open(const std::string& path);
  // `bytes` outlives the object.
  static Result<SafetensorsFile> Parse(std::span<const std::byte> bytes);

  const std::vector<Tensor>& tensors() const { return tensors_; }  // in the order of their data
  const Tensor* Find(std::string_view name) const;                 // null when there is none
  const std::string& path() const { return path_; }                // empty after Parse

  // See MappedFile::Release; does nothing after Parse. `part` lies in a tensor's data.
  void Release(std::span<const std::byte> part) const {
    if (mapping_ != nullptr) mapping_->Release(part);
  }

 private:
  SafetensorsFile() = default;

  std::string path_;
  std::unique_ptr<platform::MappedFile> mapping_;
  std::vector<Tensor> tensors_;
  std::map<std::string_view, size_t> index_;  // names are those of tensors_
};

}  // namespace weir::safetensors
