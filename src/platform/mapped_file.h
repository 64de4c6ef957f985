#pragma once
// A file as read-only memory. The mapping is shared with every other process that maps it and costs
// no copy. Immutable after opening; any thread. A file that shrinks while it is mapped ends the
// process with SIGBUS, as mmap does.

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace weir::platform {

class MappedFile {
 public:
  // Errors: kNotFound, kPermissionDenied; kInvalidArgument for a folder or an empty file.
  static Result<MappedFile> Open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  // Lets the system take back the memory of `part`, which lies in bytes(): the whole pages of it.
  // They are read again when next looked at. For walking through a file larger than memory.
  void Release(std::span<const std::byte> part) const;
  const std::string& path() const { return path_; }

 private:
  MappedFile() = default;
  void Unmap();

  std::string path_;
  std::span<const std::byte> bytes_;
};

// Has the system begin to read these bytes of a mapping, so that they are there when they are used.
// A hint: without effect where they are no part of one.
void Prefetch(std::span<const std::byte> bytes);

}  // namespace weir::platform
