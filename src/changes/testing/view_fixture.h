#pragma once
// Commands in a view of a test's workspace.

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "changes/cow_view.h"
#include "changes/testing/history_fixture.h"

namespace weir::changes::testing {

// What a command of testing/view_command.cc came to.
struct Outcome {
  bool could_start = false;
  std::string why_not;  // when it could not
  bool ok = false;
  std::string line;  // its first line of output
};

inline int64_t Deadline() { return SystemClock().MonotonicMicros() + 20'000'000; }

inline platform::ChildOptions ViewCommand(std::vector<std::string> arguments) {
  platform::ChildOptions options;
  options.argv = {WEIR_VIEW_COMMAND};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  return options;
}

inline Outcome RunIn(const CowView& view, platform::ChildOptions options, int workspace_fd = -1) {
  Outcome outcome;
  Result<platform::ChildProcess> child = view.Start(std::move(options), workspace_fd);
  if (!child) {
    outcome.why_not = child.error().message;
    return outcome;
  }
  outcome.could_start = true;
  outcome.line = child->ReadLine(10'000, Deadline()).value_or("");
  const Result<platform::ExitStatus> status = child->Wait(Deadline());
  outcome.ok = status && status->ok();
  return outcome;
}

class ViewFixture : public HistoryFixture {
 protected:
  CowView OpenView() const {
    Result<CowView> view = CowView::Open(tree_.state(), tree_.workspace());
    if (!view) {
      ADD_FAILURE() << view.error().message;
      std::abort();
    }
    return std::move(*view);
  }

  // Why there can be no view on this machine; "" when there can.
  std::string WhyNoView() const {
    const Result<CowView> view = CowView::Open(tree_.state(), tree_.workspace());
    if (!view) return view.error().message;
    return RunIn(*view, ViewCommand({"capabilities"})).why_not;
  }
};

}  // namespace weir::changes::testing
