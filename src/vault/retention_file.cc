#include "vault/retention_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"

// toml++ 3.3 asserts, and in release builds lets clang assume, what a malformed file can break;
// left to itself it goes on to a proper error. So neither is wanted, and it comes last.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace weir::vault {
namespace {

constexpr size_t kMaxConfigBytes = 1u << 20;
constexpr size_t kMaxTypedBytes = 40;  // of a name that somebody may have mistyped
constexpr std::string_view kTable = "retention";

// Insertions, deletions and replacements that make `b` of `a`.
size_t Edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

// "; did you mean 'results'?", or all names when none is near.
std::string NearestClass(std::string_view typed) {
  typed = typed.substr(0, kMaxTypedBytes);
  std::vector<std::string_view> names;
  names.reserve(kDataClasses.size());
  for (const DataClass data_class : kDataClasses) names.push_back(DataClassName(data_class));
  const auto nearest = std::min_element(names.begin(), names.end(), [&](auto a, auto b) {
    return Edits(typed, a) < Edits(typed, b);
  });
  if (Edits(typed, *nearest) <= 3) return fmt::format("; did you mean '{}'?", *nearest);
  return fmt::format("; expected one of {}", fmt::join(names, ", "));
}

class RetentionReader {
 public:
  void ReadTop(const toml::table& top) {
    for (const auto& [key, node] : top) {
      const std::string_view name = key.str();
      if (name == kTable) {
        ReadTable(node);
      } else if (Edits(name.substr(0, kMaxTypedBytes), kTable) <= 2) {
        Report(key.source().begin,
               fmt::format("unknown table '{}'; did you mean '{}'?", Printable(name), kTable));
      }
    }
    if (!problems_.empty()) return;
    if (const Status good = table_.Check(); !good) Report(audit_at_, good.error().message);
  }

  const RetentionTable& table() const { return table_; }
  bool ok() const { return problems_.empty(); }

  // In file order, one a line.
  std::string Problems(std::string_view file) {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [at, problem] : problems_) {
      text += fmt::format("{}{}: line {}, column {}: {}", text.empty() ? "" : "\n", file, at.line,
                          at.column, problem);
    }
    return text;
  }

 private:
  void Report(toml::source_position at, std::string text) {
    problems_.emplace_back(at, std::move(text));
  }

  void ReadTable(const toml::node& node) {
    audit_at_ = node.source().begin;
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return Report(audit_at_, "'retention' must be a table, [retention], with one line a class");
    }
    for (const auto& [key, value] : *table) {
      const std::optional<DataClass> data_class = DataClassFromName(key.str());
      if (!data_class) {
        Report(key.source().begin, fmt::format("unknown class of data '{}'{}", Printable(key.str()),
                                               NearestClass(key.str())));
        continue;
      }
      if (*data_class == DataClass::kAudit) audit_at_ = value.source().begin;
      ReadValue(*data_class, value);
    }
  }

  void ReadValue(DataClass data_class, const toml::node& value) {
    if (!value.is_string()) {
      return Report(
          value.source().begin,
          fmt::format("'{}' must be a text in quotes such as \"30d\"", DataClassName(data_class)));
    }
    const Result<Retention> retention = ParseRetention(value.as_string()->get());
    if (!retention) {
      return Report(value.source().begin,
                    fmt::format("{}: {}", DataClassName(data_class), retention.error().message));
    }
    table_.Set(data_class, *retention);
  }

  RetentionTable table_;
  toml::source_position audit_at_ = {1, 1};  // where a wrong audit retention is told
  std::vector<std::pair<toml::source_position, std::string>> problems_;
};

}  // namespace

Result<RetentionTable> ReadRetention(std::string_view toml, std::string_view file) {
  if (toml.size() > kMaxConfigBytes) {
    return MakeError(ErrorCode::kInvalidArgument, "{}: {} bytes; at most {} are read", file,
                     toml.size(), kMaxConfigBytes);
  }
  const toml::parse_result parsed = toml::parse(toml, file);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return MakeError(ErrorCode::kInvalidArgument, "{}: line {}, column {}: {}", file,
                     error.source().begin.line, error.source().begin.column, error.description());
  }
  RetentionReader reader;
  reader.ReadTop(parsed.table());
  if (!reader.ok()) return MakeError(ErrorCode::kInvalidArgument, "{}", reader.Problems(file));
  return reader.table();
}

}  // namespace weir::vault
