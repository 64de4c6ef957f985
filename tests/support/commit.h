#pragma once
// A committed preview in a state folder, as a run with other tools than the built-in ones leaves
// it.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/crypto.h"
#include "changes/history.h"

namespace weir::tests {

// The run makes the new file `name` with `text` in the workspace, at this time.
inline void CommitNewFile(const std::filesystem::path& state,
                          const std::filesystem::path& workspace, const std::string& run_id,
                          const std::string& name, const std::string& text, int64_t time_us) {
  const std::filesystem::path content = state.parent_path() / ("content-" + run_id);
  std::filesystem::create_directories(content);
  std::ofstream(content / name) << text;
  std::filesystem::permissions(content / name, static_cast<std::filesystem::perms>(0644));
  changes::ChangeSet set;
  changes::EntryState after;
  after.type = changes::EntryType::kFile;
  after.mode = 0644;
  after.bytes = text.size();
  after.digest = Sha256Hex(text);
  set.changes.push_back({.path = name, .before = {}, .after = after, .renamed_from = ""});
  const FakeClock clock(time_us);
  Result<changes::History> history = changes::History::Open(state, clock);
  ASSERT_TRUE(history.has_value()) << history.error().message;
  const Result<platform::Workspace> upper = platform::Workspace::Open(content);
  ASSERT_TRUE(upper.has_value()) << upper.error().message;
  const auto report =
      history->Commit(std::filesystem::canonical(workspace), set, *upper, {run_id, *set.Digest()});
  ASSERT_TRUE(report.has_value()) << report.error().message;
  ASSERT_TRUE(report->committed) << report->conflicts[0].reason;
  std::filesystem::remove_all(content);
}

}  // namespace weir::tests
