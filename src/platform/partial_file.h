#pragma once
// A large file, written from front to back, that appears under its name only when it is whole.
//
// The bytes go to "PATH.partial" beside it; Commit makes them durable and renames. Whoever has the
// old file of that name open keeps it. One thread; two processes cannot write the same file.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::platform {

// Move-only. Destroyed without Commit, it removes the partial file.
class PartialFile {
 public:
  // Reserves room for `n_bytes`, so that a full disk shows before the work and not after it. What
  // an earlier attempt left behind is overwritten. Errors: kResourceExhausted naming the bytes
  // needed and free; kInvalidArgument when `path` is a folder; kUnavailable when another process
  // writes it; those of the system.
  static Result<PartialFile> Create(const std::string& path, uint64_t n_bytes);

  PartialFile(PartialFile&& other) noexcept = default;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  // After an error the file is of no use.
  Status Append(std::span<const std::byte> bytes);
  uint64_t size() const { return size_; }

  // fsync, rename, fsync of the folder.
  Status Commit();

 private:
  PartialFile(std::string path, uint64_t n_bytes, UniqueFd fd)
      : path_(std::move(path)), n_bytes_(n_bytes), fd_(std::move(fd)) {}
  std::string PartialPath() const { return path_ + ".partial"; }
  Status Lock() const;
  Status Reserve() const;
  Error NoRoom() const;

  std::string path_;
  uint64_t n_bytes_ = 0;  // reserved
  uint64_t size_ = 0;     // written
  uint64_t flushed_ = 0;  // handed to the disk
  UniqueFd fd_;           // invalid once committed
};

}  // namespace weir::platform
