#pragma once
// What a check of a model file found, and its two forms: a page for people and JSON for scripts.
// Values; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace weir::check {

enum class Level {
  kOk,
  kWarning,  // the model runs, but slower, or not as its makers meant it
  kWrong,    // the model does not run, or gives wrong answers
  kUnknown,  // there was nothing to compare with, or it was not looked at
};

std::string_view LevelName(Level level);  // "ok", "warning", "wrong", "unknown"

// One line of the page. Text may hold bytes of the file: whoever shows it makes it safe first.
struct Finding {
  Level level = Level::kOk;
  std::string subject = {};   // "tensors"
  std::string found = {};     // what is there
  std::string expected = {};  // empty where `found` says it all
  std::string advice = {};    // what to do; empty where there is nothing to do
};

struct Report {
  std::string file;
  std::vector<Finding> findings;  // in the order of the page

  int Count(Level level) const;
  bool HasWrong() const { return Count(Level::kWrong) > 0; }
};

// {"file", "result": "ok" or "wrong", "counts": {...}, "checks": [{"check", "level", "found",
// "expected", "do"}]}; members without text are left out.
json::Json ReportToJson(const Report& report);

// The page, a line each, at most 80 columns wide for text of single-width characters.
std::vector<std::string> ReportToLines(const Report& report);

}  // namespace weir::check
