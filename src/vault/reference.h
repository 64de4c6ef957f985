#pragma once
// The name of a payload, as the audit log holds it: "results/17/3" is record 3 of bucket 17 of the
// results. A name is never given twice. Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/data_class.h"

namespace weir::vault {

// The payloads of one class put in one stretch of time; docs/formats/vault.md.
struct BucketId {
  DataClass data_class = DataClass::kUserText;
  uint64_t number = 0;  // 1, 2, 3, ... in each class

  bool operator==(const BucketId&) const = default;
  // Names below the vault's folder: "results", "results/000017.keys", "results/000017.data".
  std::string FolderName() const { return std::string(DataClassName(data_class)); }
  std::string KeysName() const;
  std::string DataName() const;
};

struct Reference {
  BucketId bucket;
  uint64_t index = 0;  // of the slot in the key file

  std::string Text() const;
};

// Error kInvalidArgument when it is no reference.
Result<Reference> ParseReference(std::string_view text);

// A run that payloads can be put under and that can be held: [A-Za-z0-9_-]{1,64}.
bool IsRunId(std::string_view run_id);

}  // namespace weir::vault
