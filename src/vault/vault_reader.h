#pragma once
// Payloads of the vault, for any number of readers beside the one writer. Nothing is locked and
// nothing is kept in memory: a payload is there as long as its key is on the disk. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/key_file.h"
#include "vault/vault_files.h"

namespace weir::vault {

struct Payload {
  DataClass data_class = DataClass::kUserText;
  std::string run_id, call_id;
  int64_t time_us = 0;  // when it was put; Unix, microseconds
  std::string bytes;
};

class VaultReader {
 public:
  // kNotFound when nothing was ever put. `ops` is for tests; null: the system's; outlives this.
  static Result<VaultReader> Open(const std::string& state_folder,
                                  platform::FileOps* ops = nullptr);
  explicit VaultReader(VaultFolder folder) : folder_(std::move(folder)) {}

  // Errors: kInvalidArgument for what is no reference; kNotFound when it was never given, or "...
  // expired on DATE under retention X ..."; kCorruptData when it is not what was put.
  Result<Payload> Get(std::string_view reference) const;

  // Whether the payload is the one that `commitment` was made of. Errors as of Get; kCorruptData
  // when it is another.
  Status Check(std::string_view reference, std::string_view commitment) const;

  const VaultFolder& folder() const { return folder_; }

 private:
  struct Opened;
  Result<Opened> Find(std::string_view reference) const;
  Result<Opened> FindOnce(const Reference& reference) const;

  VaultFolder folder_;
};

}  // namespace weir::vault
