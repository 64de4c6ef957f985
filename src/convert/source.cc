#include "convert/source.h"

#include <sys/stat.h>

#include "convert/checkpoint_source.h"
#include "convert/gguf_source.h"

namespace weir::convert {

uint64_t Part::n_values() const {
  const quant::TypeInfo& info = *quant::FindType(static_cast<uint32_t>(type));
  return bytes.size() / static_cast<uint64_t>(info.block_bytes) *
         static_cast<uint64_t>(info.block_values);
}

void Source::Release(std::span<const std::byte> part) const {
  std::visit([&](const auto& files) { files.Release(part); }, weights);
}

Result<Source> OpenSource(const std::string& path, const std::string& name) {
  struct stat info{};
  const bool is_folder = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  return is_folder ? OpenCheckpointSource(path, name) : OpenGgufSource(path, name);
}

}  // namespace weir::convert
