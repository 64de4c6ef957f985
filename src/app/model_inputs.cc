#include "app/model_inputs.h"

#include <cstring>

#include "platform/files.h"

namespace weir::app {

Result<std::vector<TokenId>> ReadTokenFile(const std::string& path) {
  constexpr size_t kMostBytes = 256u << 20;
  ASSIGN_OR_RETURN(const std::string bytes, platform::ReadFile(path, kMostBytes));
  if (bytes.empty() || bytes.size() % sizeof(int32_t) != 0) {
    return MakeError(ErrorCode::kCorruptData,
                     "{}: {} bytes, expected little-endian int32 token ids", path, bytes.size());
  }
  std::vector<TokenId> ids(bytes.size() / sizeof(int32_t));
  std::memcpy(ids.data(), bytes.data(), bytes.size());
  return ids;
}

}  // namespace weir::app
