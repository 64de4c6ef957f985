#pragma once
// A preview by doing, for tools that are not ours: a command, such as a second instance of an MCP
// server, runs sandboxed in a copy-on-write view of the workspace and gets the very call that is
// asked about. What it changed there is the preview; on approval exactly that is committed, and the
// command is not asked again.
//
//   ASSIGN_OR_RETURN(ViewRun run, ViewRun::Start({.state_folder = state, .workspace = folder,
//                                                 .profile = profile, .argv = {...}}));
//   ... talk to run.process() ...
//   ASSIGN_OR_RETURN(const ViewPreview preview, run.Finish());
//   ... show preview.rendering; bind the approval to preview.digest ...
//   ASSIGN_OR_RETURN(changes::CommitReport report, run.Commit(history, run_id, approved_digest));
//
// The command must not reach anything real, or the preview would have effects: PreviewProfile says
// what that takes. One view for one preview: make a new one for the next call. One thread, which
// lives as long as the command shall (see ChildProcess). The destructor ends the command and
// removes the view.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "changes/cow_view.h"
#include "changes/history.h"
#include "changes/render.h"
#include "sandbox/spawn.h"

namespace weir::tools {

// The profile under which a command with `profile` is previewed in a view of `workspace` (absolute,
// without links): no network and no sockets, all parts of the sandbox, and nothing writable but the
// workspace. What the profile lets it write elsewhere it can read.
sandbox::SandboxProfile PreviewProfile(sandbox::SandboxProfile profile,
                                       const std::string& workspace);

struct ViewRunOptions {
  std::string state_folder;  // the view lies in it while it is used
  std::string workspace;     // an existing folder; may lie neither in the other nor around it
  sandbox::SandboxProfile profile;  // of the command when it runs for real
  std::vector<std::string> argv;    // argv[0] is the path of an ELF program
  std::string working_folder = {};  // absolute; empty: the workspace
  int stderr_fd = -1;               // -1: /dev/null
};

struct ViewPreview {
  changes::ChangeSet changes;
  std::string digest;            // of `changes`: what an approval is bound to
  changes::Rendering rendering;  // raw text: escape to show
  // Whether `changes` can be committed as they are; the rendering names what stands in the way.
  bool can_commit() const { return changes.problems.empty(); }
};

class ViewRun {
 public:
  // Errors: those of changes::CowView::Open and sandbox::SpawnSandboxed, kUnsupported among them
  // where there can be no view or no sandbox; nothing was started then.
  static Result<ViewRun> Start(const ViewRunOptions& options);

  platform::ChildProcess& process() { return child_.process; }
  const sandbox::AchievedSandbox& achieved() const { return child_.achieved; }
  const std::string& workspace() const { return view_.workspace(); }

  // Ends the command and all that it started, and says what it changed: its input is closed, it has
  // `grace_us` to end by itself, then it is killed. A second call gives the same preview. Errors:
  // kDeadlineExceeded when the system does not let it die, kCorruptData when the workspace was
  // changed while it was read, and what the system says about reading.
  Result<ViewPreview> Finish(int64_t grace_us = 500'000);

  // Makes the previewed changes in the workspace, as a step of the run `run_id`. Not committed,
  // with the paths named, when one of them is no longer as it was previewed. Errors:
  // kInvalidArgument before Finish, and those of changes::History::Commit; kPermissionDenied among
  // them when `approved_digest` is not that of the preview.
  Result<changes::CommitReport> Commit(changes::History& history, const std::string& run_id,
                                       const std::string& approved_digest) const;

 private:
  ViewRun(changes::CowView view, sandbox::SandboxedChild child)
      : view_(std::move(view)), child_(std::move(child)) {}

  changes::CowView view_;  // outlives the command
  sandbox::SandboxedChild child_;
  std::optional<ViewPreview> preview_;
};

}  // namespace weir::tools
