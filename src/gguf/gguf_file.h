#pragma once
// Reads a GGUF model file (version 3; version 2 has the same layout) as a checked directory of
// metadata and tensors.
//
// The file is mapped, not read. Every size, count, offset and length of the header is checked
// against the file before it is used, and nothing is allocated in proportion to a number that the
// file merely claims. It knows no model: what the keys and tensors mean is model/'s business.
// docs/formats/gguf.md lists the limits. Immutable after opening; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gguf/metadata.h"
#include "gguf/tensor_type.h"
#include "platform/mapped_file.h"

namespace weir::gguf {

inline constexpr uint64_t kDefaultAlignment = 32;  // of tensor data, where the file names no other
inline constexpr uint64_t kMaxNameBytes = 1024;    // of a tensor; known files stay below 64

struct TensorInfo {
  std::string_view name;
  uint32_t type_id = 0;                       // see tensor_type.h
  std::array<uint64_t, 4> shape{1, 1, 1, 1};  // fastest-varying dimension first, filled with 1
  int n_dims = 0;
  std::span<const std::byte> data;  // exactly the tensor's bytes, inside the file
};

// Move-only. Owns the mapping (Open) or borrows the bytes (Parse); everything handed out lives as
// long.
class GgufFile {
 public:
  // Errors: kNotFound and the like from the system; kCorruptData and kUnsupported naming the place,
  // what was expected, what was found, and what to do.
  static Result<GgufFile> Open(const std::string& path);
  // `bytes` outlives the object.
  static Result<GgufFile> Parse(std::span<const std::byte> bytes);
  // The metadata alone, tensors() is empty: what a file whose tensors are damaged still says.
  static Result<GgufFile> OpenMetadata(const std::string& path);

  const Metadata& metadata() const { return metadata_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in file order
  const TensorInfo* FindTensor(std::string_view name) const;           // null when there is none
  const std::string& path() const { return path_; }                    // empty after Parse
  // See MappedFile::Release; does nothing after Parse. `part` lies in a tensor's data.
  void Release(std::span<const std::byte> part) const {
    if (mapping_ != nullptr) mapping_->Release(part);
  }

 private:
  GgufFile() = default;
  using Parser = Result<GgufFile> (*)(std::span<const std::byte>);
  static Result<GgufFile> OpenWith(const std::string& path, Parser parse);
  static Result<GgufFile> ParseMetadata(std::span<const std::byte> bytes);

  std::string path_;
  std::unique_ptr<platform::MappedFile> mapping_;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string_view, size_t> index_;
};

}  // namespace weir::gguf
