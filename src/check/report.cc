#include "check/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::check {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kIndent = 23;  // where the text of a finding begins

constexpr Level kLevels[] = {Level::kOk, Level::kWarning, Level::kWrong, Level::kUnknown};

// Length of the first `n_bytes` bytes at most of `text`, cut at a code point.
size_t CutAtCodePoint(std::string_view text, size_t n_bytes) {
  while (n_bytes > 0 && n_bytes < text.size() && (text[n_bytes] & 0xC0) == 0x80) --n_bytes;
  return n_bytes;
}

// Breaks `text` at blanks, longer words anywhere, into lines that fit behind the indent; `head`
// stands before the first.
void AppendWrapped(std::string head, std::string_view text, std::vector<std::string>* lines) {
  constexpr size_t kWidth = kColumns - kIndent;
  head.resize(kIndent, ' ');
  do {
    size_t length = text.size();
    if (length > kWidth) {
      const size_t blank = text.rfind(' ', kWidth);
      const bool has_blank = blank != std::string_view::npos && blank > 0;
      length = has_blank ? blank : std::max<size_t>(1, CutAtCodePoint(text, kWidth));
    }
    lines->push_back(head + std::string(text.substr(0, length)));
    text.remove_prefix(length);
    if (text.starts_with(' ')) text.remove_prefix(1);
    head.assign(kIndent, ' ');
  } while (!text.empty());
}

std::string SummaryLine(const Report& report) {
  std::string text;
  for (const Level level : {Level::kWrong, Level::kWarning, Level::kUnknown, Level::kOk}) {
    const int n = report.Count(level);
    if (n > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, LevelName(level));
  }
  return text;
}

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kWarning:
      return "warning";
    case Level::kWrong:
      return "wrong";
    case Level::kUnknown:
      return "unknown";
  }
  return "";
}

int Report::Count(Level level) const {
  return static_cast<int>(std::count_if(findings.begin(), findings.end(),
                                        [&](const Finding& f) { return f.level == level; }));
}

json::Json ReportToJson(const Report& report) {
  json::Json counts = json::Json::object();
  for (const Level level : kLevels) counts[std::string(LevelName(level))] = report.Count(level);
  json::Json checks = json::Json::array();
  for (const Finding& finding : report.findings) {
    json::Json entry = {{"check", finding.subject},
                        {"level", std::string(LevelName(finding.level))},
                        {"found", finding.found}};
    if (!finding.expected.empty()) entry["expected"] = finding.expected;
    if (!finding.advice.empty()) entry["do"] = finding.advice;
    checks.push_back(std::move(entry));
  }
  return {{"file", report.file},
          {"result", report.HasWrong() ? "wrong" : "ok"},
          {"counts", std::move(counts)},
          {"checks", std::move(checks)}};
}

std::vector<std::string> ReportToLines(const Report& report) {
  std::vector<std::string> lines;
  for (const Finding& finding : report.findings) {
    AppendWrapped(fmt::format("{:<8} {}", LevelName(finding.level), finding.subject), finding.found,
                  &lines);
    if (!finding.expected.empty()) AppendWrapped("", "expected: " + finding.expected, &lines);
    if (!finding.advice.empty()) AppendWrapped("", "do: " + finding.advice, &lines);
  }
  lines.push_back(SummaryLine(report));
  return lines;
}

}  // namespace weir::check
