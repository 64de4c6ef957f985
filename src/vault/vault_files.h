#pragma once
// Files of the vault's folder, through FileOps, with errors as values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "platform/file_ops.h"
#include "vault/data_class.h"
#include "vault/reference.h"

namespace weir::vault {

// An open vault folder. Names of files are relative to it: "holds.json", "results/000017.keys".
// Thread rule: any thread; the descriptor is only read.
struct VaultFolder {
  platform::FileOps* ops = nullptr;
  std::string path;
  UniqueFd fd;

  // Opens STATE_FOLDER/vault. With `make` it is made when missing (0700); otherwise kNotFound.
  static Result<VaultFolder> Open(const std::string& state_folder, platform::FileOps* ops,
                                  bool make);

  tl::unexpected<Error> FileError(std::string_view name, std::string_view doing) const;
  // Not following a symlink, close-on-exec, 0600. kNotFound when it is not there.
  Result<UniqueFd> OpenFile(const std::string& name, int flags) const;
  Result<int64_t> Size(const UniqueFd& file, std::string_view name) const;
  // Error kCorruptData when the file ends before.
  Status Read(const UniqueFd& file, std::string_view name, int64_t offset,
              std::string* bytes) const;
  // Goes on after short writes; nothing is known about the range after an error.
  Status Write(const UniqueFd& file, std::string_view name, int64_t offset,
               std::string_view bytes) const;
  Status SyncData(const UniqueFd& file, std::string_view name) const;
  Status SyncFolder(const std::string& name) const;

  // The whole file; nothing when it is not there. kCorruptData beyond max_bytes.
  Result<std::optional<std::string>> ReadWhole(const std::string& name, size_t max_bytes) const;
  // After a crash at any point it is the old one or the new one. `in` is the folder of `name`.
  Status Replace(const std::string& in, const std::string& name, std::string_view bytes) const;
  // Not durable before SyncFolder. That it is not there is no error.
  Status Remove(const std::string& name) const;
  // Holds `name` with flock until the descriptor closes, waiting up to `wait_ms`. kUnavailable
  // names the process that holds it, and says that `what` is in use.
  Result<UniqueFd> Lock(const std::string& name, std::string_view what, int64_t wait_ms) const;

  // Numbers of the buckets of a class of which the key file or the data file is there, ascending.
  Result<std::vector<uint64_t>> BucketNumbers(DataClass data_class) const;
};

}  // namespace weir::vault
