#pragma once
// The current sealing key beside the log, and the batch that it is going to seal.
//
// The file never holds more than the current key: a new one takes its place whole, and the bytes of
// the old one are overwritten. (A file system that copies on write may keep them all the same.)

#include <cstdint>
#include <optional>
#include <string_view>

#include "audit/seal.h"
#include "base/result.h"
#include "platform/file_ops.h"

namespace weir::audit {

inline constexpr std::string_view kSealingKeyName = "seal.key";

struct SealingState {
  SealingKey key;
  uint64_t first = 0;  // seq of the first record of the batch
  int64_t offset = 0;  // where its line starts in the log, bytes
};

// Nothing when there is no such file. Error kCorruptData when it is damaged.
Result<std::optional<SealingState>> LoadSealingState(platform::FileOps& ops, int folder_fd);

// Durable when it returns; after an error either the old or the new key is there.
Status StoreSealingState(platform::FileOps& ops, int folder_fd, const SealingState& state);

}  // namespace weir::audit
