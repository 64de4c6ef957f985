#pragma once
// The weights of a published model folder: `model.safetensors`, or several files that
// `model.safetensors.index.json` lists. Immutable after opening; any thread.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "safetensors/safetensors_file.h"

namespace weir::safetensors {

class Checkpoint {
 public:
  // The index wins where a folder has both. Errors: kNotFound when the folder has neither;
  // kCorruptData when index and files disagree about which tensors there are, or the index names a
  // file outside the folder; those of SafetensorsFile::Open.
  static Result<Checkpoint> Open(const std::string& folder);

  const std::vector<SafetensorsFile>& files() const { return files_; }
  const Tensor* Find(std::string_view name) const;  // null when there is none
  // All names, in order.
  std::vector<std::string_view> Names() const;

  // See MappedFile::Release. `part` lies in the data of a tensor of this checkpoint.
  void Release(std::span<const std::byte> part) const;

 private:
  Checkpoint() = default;
  Status Add(SafetensorsFile file);
  Status AddIndexed(const std::string& folder, const std::string& index);

  struct Place {
    size_t file = 0;    // in files_
    size_t tensor = 0;  // in its tensors()
  };
  std::vector<SafetensorsFile> files_;
  std::map<std::string, Place, std::less<>> index_;
};

}  // namespace weir::safetensors
