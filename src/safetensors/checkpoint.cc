#include "safetensors/checkpoint.h"

#include <unistd.h>

#include <functional>

#include "base/printable.h"
#include "json/json.h"
#include "platform/files.h"

namespace weir::safetensors {
namespace {

using json::Json;

constexpr json::ParseLimits kIndexLimits = {.max_bytes = 32u << 20, .max_depth = 8};
constexpr size_t kMaxFiles = 1024;

// Tensor name to file name, as the index has it.
using WeightMap = std::map<std::string, std::string>;

// A bare name: the index may not lead out of the folder.
bool IsFileName(std::string_view name) {
  return !name.empty() && name.size() < 256 && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Result<WeightMap> ReadIndex(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kIndexLimits.max_bytes));
  auto index = json::Parse(text, kIndexLimits);
  if (!index) return MakeError(index.error().WithContext(path));
  if (!index->is_object() || !index->contains("weight_map") || !(*index)["weight_map"].is_object())
    return MakeError(ErrorCode::kCorruptData, "{}: expected an object 'weight_map'", path);
  WeightMap map;
  for (const auto& [tensor, file] : (*index)["weight_map"].items()) {
    if (!file.is_string() || !IsFileName(file.get_ref<const std::string&>())) {
      return MakeError(ErrorCode::kCorruptData,
                       "{}: tensor '{}' is in {}, expected the name of a file in the same folder",
                       path, Printable(tensor), Printable(json::Dump(file)));
    }
    map.emplace(tensor, file.get<std::string>());
  }
  return map;
}

}  // namespace

Status Checkpoint::Add(SafetensorsFile file) {
  for (size_t i = 0; i < file.tensors().size(); ++i) {
    const std::string& name = file.tensors()[i].name;
    const auto [first, added] = index_.emplace(name, Place{files_.size(), i});
    if (!added) {
      return MakeError(ErrorCode::kCorruptData, "tensor '{}' is in both {} and {}; keep one",
                       Printable(name), files_[first->second.file].path(), file.path());
    }
  }
  files_.push_back(std::move(file));
  return {};
}

Status Checkpoint::AddIndexed(const std::string& folder, const std::string& index) {
  ASSIGN_OR_RETURN(const WeightMap map, ReadIndex(index));
  std::map<std::string, std::string> paths;  // by file name
  for (const auto& [tensor, file] : map) paths.emplace(file, fmt::format("{}/{}", folder, file));
  if (paths.size() > kMaxFiles) {
    return MakeError(ErrorCode::kResourceExhausted, "{}: {} files, at most {} are taken", index,
                     paths.size(), kMaxFiles);
  }
  for (const auto& [name, path] : paths) {
    ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::Open(path));
    RETURN_IF_ERROR(Add(std::move(file)));
  }
  for (const auto& [tensor, file] : map) {
    const auto found = index_.find(tensor);
    if (found != index_.end() && files_[found->second.file].path() == paths[file]) continue;
    return MakeError(ErrorCode::kCorruptData,
                     "{}: tensor '{}' is not in '{}', where the index has it; fetch the folder "
                     "again",
                     index, Printable(tensor), Printable(file));
  }
  for (const auto& [tensor, place] : index_) {
    if (map.contains(tensor)) continue;
    return MakeError(ErrorCode::kCorruptData,
                     "{}: tensor '{}' of {} is missing; fetch the folder again", index,
                     Printable(tensor), files_[place.file].path());
  }
  return {};
}

Result<Checkpoint> Checkpoint::Open(const std::string& folder) {
  Checkpoint checkpoint;
  const std::string single = folder + "/model.safetensors";
  const std::string index = single + ".index.json";
  if (::access(index.c_str(), F_OK) == 0) {
    RETURN_IF_ERROR(checkpoint.AddIndexed(folder, index));
    return checkpoint;
  }
  if (::access(single.c_str(), F_OK) != 0) {
    return MakeError(ErrorCode::kNotFound,
                     "'{}' has neither model.safetensors nor model.safetensors.index.json; name "
                     "the folder with the original weights",
                     folder);
  }
  ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::Open(single));
  RETURN_IF_ERROR(checkpoint.Add(std::move(file)));
  return checkpoint;
}

const Tensor* Checkpoint::Find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  return &files_[found->second.file].tensors()[found->second.tensor];
}

std::vector<std::string_view> Checkpoint::Names() const {
  std::vector<std::string_view> names;
  names.reserve(index_.size());
  for (const auto& [name, place] : index_) names.push_back(name);
  return names;
}

void Checkpoint::Release(std::span<const std::byte> part) const {
  const std::less<> before;
  for (const SafetensorsFile& file : files_) {
    if (file.tensors().empty()) continue;
    const std::byte* begin = file.tensors().front().data.data();
    const std::span<const std::byte> last = file.tensors().back().data;
    const std::byte* end = last.data() + last.size();
    if (!before(part.data(), begin) && !before(end, part.data() + part.size()))
      return file.Release(part);
  }
}

}  // namespace weir::safetensors
