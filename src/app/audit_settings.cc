#include "app/audit_settings.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/printable.h"
#include "config/nearest.h"
#include "config/problems.h"
#include "config/toml_tree.h"
#include "config/values.h"
#include "platform/files.h"

namespace weir::app {
namespace {

constexpr size_t kMaxConfigFileBytes = 1u << 20;
constexpr int64_t kMaxSealEvery = 1'000'000;

// Whoever adds a table to weir.toml names it here.
const std::vector<std::string>& KnownTables() {
  static const std::vector<std::string> names = {"audit", "mcp", "retention"};
  return names;
}

void CheckTables(const config::TomlNode& top, config::Problems& problems) {
  for (const config::TomlNode::Member& member : top.members) {
    bool known = false;
    for (const std::string& name : KnownTables()) known = known || name == member.key;
    if (!known) {
      problems.Say(member.at, "unknown table '{}'{}", Printable(member.key),
                   config::DidYouMean(member.key, KnownTables()));
    }
  }
}

void ReadTable(const config::TomlNode& node, AuditSettings* settings, config::Problems& problems) {
  if (!node.is_table()) {
    problems.Say(node.at, "'audit' must be a table, [audit], with anchor and seal_every");
    return;
  }
  config::Values values(problems);
  values.CheckKeys(node, {"anchor", "seal_every"}, " in [audit]");
  if (const config::TomlNode* anchor = node.Find("anchor")) {
    const std::optional<std::string> path = values.Text(*anchor, "anchor");
    if (path && !path->starts_with('/')) {
      problems.Say(anchor->at, "anchor '{}' must be an absolute path, outside the state folder",
                   Printable(*path));
    }
    settings->anchor = path.value_or("");
  }
  if (const config::TomlNode* every = node.Find("seal_every")) {
    const std::optional<int64_t> count = values.Count(*every, "seal_every");
    if (count && (*count < 1 || *count > kMaxSealEvery)) {
      problems.Say(every->at, "seal_every must be 1 to {}, found {}", kMaxSealEvery, *count);
    } else if (count) {
      settings->seal_every = static_cast<uint64_t>(*count);
    }
  }
}

// Whether `path` lies in `folder` once links are followed as far as there is something.
bool LiesIn(const std::string& path, const std::string& folder) {
  std::error_code error;
  const auto inner = std::filesystem::weakly_canonical(path, error);
  const auto outer = std::filesystem::weakly_canonical(folder, error);
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<AuditSettings> ReadAuditSettings(std::string_view toml, std::string_view file) {
  config::Problems problems;
  config::TomlNode top;
  AuditSettings settings;
  if (config::ParseToml(toml, file, &top, problems)) {
    CheckTables(top, problems);
    if (const config::TomlNode* table = top.Find("audit")) ReadTable(*table, &settings, problems);
  }
  if (!problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "{}", problems.Text(file));
  }
  return settings;
}

Result<audit::AuditLog> OpenAuditLog(const std::string& state_folder, audit::AuditOptions options) {
  AuditSettings settings;
  if (const std::string file = ConfigFile(); !file.empty()) {
    ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(file, kMaxConfigFileBytes));
    ASSIGN_OR_RETURN(settings, ReadAuditSettings(text, file));
    if (!settings.anchor.empty() && LiesIn(settings.anchor, state_folder)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "{}: the anchor '{}' lies in the state folder '{}', where whoever rewrites "
                       "the log can rewrite it too; name a file elsewhere",
                       file, settings.anchor, state_folder);
    }
  }
  options.anchor_path = settings.anchor;
  options.seal_every = settings.seal_every;
  return audit::AuditLog::Open(state_folder + "/audit", SystemClock(), options);
}

}  // namespace weir::app
