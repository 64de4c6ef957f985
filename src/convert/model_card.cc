#include "convert/model_card.h"

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "platform/files.h"

namespace weir::convert {
namespace {

constexpr size_t kMaxCardBytes = 4u << 20;
constexpr size_t kMaxValueBytes = 1024;
constexpr std::array<std::pair<std::string_view, const char*>, 3> kKeys = {
    {{"license", "general.license"},
     {"license_name", "general.license.name"},
     {"license_link", "general.license.link"}}};

// Without blanks and quotation marks around it.
std::string_view Bare(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\"'";
  const size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kAround) + 1 - begin);
}

}  // namespace

void AddModelCard(const std::string& folder, gguf::MetadataBuilder& metadata) {
  const auto card = platform::ReadFile(folder + "/README.md", kMaxCardBytes);
  if (!card) return;
  std::istringstream lines(*card);
  std::string line;
  if (!std::getline(lines, line) || Bare(line) != "---") return;
  std::array<bool, kKeys.size()> added = {};
  while (std::getline(lines, line) && Bare(line) != "---") {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view value = Bare(std::string_view(line).substr(colon + 1));
    for (size_t i = 0; i < kKeys.size(); ++i) {
      const bool wanted = line.compare(0, colon, kKeys[i].first) == 0 && !added[i];
      if (!wanted || value.empty() || value.size() > kMaxValueBytes) continue;
      metadata.AddString(kKeys[i].second, value);
      added[i] = true;
    }
  }
}

}  // namespace weir::convert
