#pragma once
// Writes a GGUF file, version 3, from front to back: a file larger than memory is no problem.
//
//   MetadataBuilder metadata;
//   metadata.AddString("general.architecture", "lfm2");
//   ASSIGN_OR_RETURN(Writer writer, Writer::Create(path, metadata, {{"norm", {2048}, 0}}));
//   RETURN_IF_ERROR(writer.Append(bytes_of_norm));   // in pieces of any size
//   RETURN_IF_ERROR(writer.Finish());
//
// The file is there under its name after Finish and not before; destroyed earlier, the writer
// leaves nothing behind. docs/formats/gguf.md has the layout. One thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "gguf/metadata_builder.h"
#include "platform/partial_file.h"

namespace weir::gguf {

// A tensor to be written.
struct TensorPlan {
  std::string name;
  std::vector<uint64_t> shape;  // fastest-varying dimension first, 1 to 4 of them
  uint32_t type_id = 0;         // see tensor_type.h
};

class Writer {
 public:
  // Writes everything before the tensors' data. Metadata and tensors may go afterwards. Errors:
  // kInvalidArgument for metadata or a tensor that no reader would take; kResourceExhausted naming
  // the bytes needed and free; those of the system.
  static Result<Writer> Create(const std::string& path, MetadataBuilder& metadata,
                               const std::vector<TensorPlan>& tensors);

  // The next bytes of the data: all of the first tensor, then of the second and so on, in pieces
  // that do not straddle tensors. Errors: more bytes than the tensor has left (kInvalidArgument);
  // a full disk.
  Status Append(std::span<const std::byte> bytes);

  // Makes the file durable under its name. Errors: data is missing (kInvalidArgument, naming the
  // tensor); those of the system.
  Status Finish();

  uint64_t file_bytes() const { return file_bytes_; }  // of the finished file
  uint64_t written_bytes() const { return file_.size(); }

 private:
  struct Extent {
    std::string name;
    uint64_t n_bytes = 0;
  };
  struct Layout;
  Writer(platform::PartialFile file, uint64_t alignment, uint64_t file_bytes,
         std::vector<Extent> tensors)
      : file_(std::move(file)),
        alignment_(alignment),
        file_bytes_(file_bytes),
        tensors_(std::move(tensors)) {}
  static Result<Layout> Plan(MetadataBuilder& metadata, const std::vector<TensorPlan>& tensors);
  Status Pad();

  platform::PartialFile file_;
  uint64_t alignment_ = 0;
  uint64_t file_bytes_ = 0;
  std::vector<Extent> tensors_;
  size_t next_ = 0;            // the tensor that Append is in
  uint64_t done_in_next_ = 0;  // bytes of it that are written
};

}  // namespace weir::gguf
