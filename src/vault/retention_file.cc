#include "vault/retention_file.h"

#include <optional>
#include <string>
#include <vector>

#include "base/printable.h"
#include "config/nearest.h"
#include "config/problems.h"
#include "config/toml_tree.h"
#include "config/values.h"

namespace weir::vault {
namespace {

constexpr size_t kMaxConfigBytes = 1u << 20;

std::vector<std::string> ClassNames() {
  std::vector<std::string> names;
  names.reserve(kDataClasses.size());
  for (const DataClass data_class : kDataClasses) names.emplace_back(DataClassName(data_class));
  return names;
}

void ReadTable(const config::TomlNode& node, RetentionTable* table, config::Problems& problems) {
  if (!node.is_table()) {
    problems.Say(node.at, "'retention' must be a table, [retention], with one line a class");
    return;
  }
  config::Values(problems).CheckKeys(node, ClassNames(), " in [retention]");
  config::Place audit_at = node.at;  // where a wrong audit retention is told
  for (const config::TomlNode::Member& member : node.members) {
    const std::optional<DataClass> data_class = DataClassFromName(member.key);
    if (!data_class) continue;
    if (*data_class == DataClass::kAudit) audit_at = member.node.at;
    if (!member.node.is_text()) {
      problems.Say(member.node.at, "'{}' must be a text in quotes such as \"30d\", not {}",
                   member.key, config::TypeName(member.node));
      continue;
    }
    const Result<Retention> retention = ParseRetention(member.node.value.get<std::string>());
    if (!retention) {
      problems.Say(member.node.at, "{}: {}", member.key, retention.error().message);
      continue;
    }
    table->Set(*data_class, *retention);
  }
  if (!problems.empty()) return;
  if (const Status good = table->Check(); !good) problems.Report(audit_at, good.error().message);
}

// A table whose name is nearly ours was meant for us; what it says must not be passed over.
void CheckSpelling(const config::TomlNode& top, config::Problems& problems) {
  static const std::vector<std::string> ours = {"retention"};
  for (const config::TomlNode::Member& member : top.members) {
    const std::string meant = config::DidYouMean(member.key, ours);
    if (member.key != ours[0] && meant.starts_with("; did you mean")) {
      problems.Say(member.at, "unknown table '{}'{}", Printable(member.key), meant);
    }
  }
}

}  // namespace

Result<RetentionTable> ReadRetention(std::string_view toml, std::string_view file) {
  if (toml.size() > kMaxConfigBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes; at most {} are read", file,
                     toml.size(), kMaxConfigBytes);
  }
  config::Problems problems;
  config::TomlNode top;
  RetentionTable table;
  if (config::ParseToml(toml, file, &top, problems)) {
    CheckSpelling(top, problems);
    if (const config::TomlNode* node = top.Find("retention")) ReadTable(*node, &table, problems);
  }
  if (!problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "{}", problems.Text(file));
  }
  return table;
}

}  // namespace weir::vault
