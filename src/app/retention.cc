#include "app/retention.h"

#include <string>

#include "app/settings.h"
#include "platform/files.h"
#include "vault/retention_file.h"

namespace weir::app {
namespace {
constexpr size_t kMaxConfigBytes = 1u << 20;
}  // namespace

Result<vault::RetentionTable> LoadRetention() {
  const std::string file = ConfigFile();
  if (file.empty()) return vault::RetentionTable();
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(file, kMaxConfigBytes));
  return vault::ReadRetention(text, file);
}

}  // namespace weir::app
