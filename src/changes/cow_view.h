#pragma once
// A copy-on-write view of a workspace: a command runs in it, sees and changes the workspace as
// usual, and nothing of the workspace changes. What it did is then read as a set of changes.
//
// The view is an overlayfs in a user and mount namespace that the command alone lives in: below,
// the workspace, never written to; above, STATE/preview/ID/upper, which takes every change. It is
// mounted over the workspace's own path, so absolute paths lead into it too. This process mounts
// nothing. The command has no capabilities, also as root, and only the user's own files can be
// changed in it. It is no sandbox: what lies outside the workspace is what it was.
//
//   ASSIGN_OR_RETURN(CowView view, CowView::Open(state_folder, workspace));
//   ASSIGN_OR_RETURN(platform::ChildProcess child, view.Start(options));   // kUnsupported: no
//   overlayfs
//   ... wait for the child ...
//   ASSIGN_OR_RETURN(ChangeSet changes, view.ReadChanges());
//   ... show Render(changes, view.base(), view.upper()); on approval:
//   history.Commit(view.workspace(), changes, view.upper(), {run_id, approved_digest});
//
// The destructor removes the view; one that a kill left behind goes at the next Open. One thread.

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "changes/change_set.h"
#include "changes/view_child.h"
#include "platform/mount_hook.h"
#include "platform/process.h"
#include "platform/workspace.h"

namespace weir::changes {

class CowView {
 public:
  // Makes the folders of a view, 0700, in STATE/preview, and removes those that nobody uses any
  // more. Errors kInvalidArgument: the state folder lies in the workspace or the other way round;
  // kUnsupported: the workspace belongs to somebody else, holds a mount, or the state folder's file
  // system takes no attributes.
  static Result<CowView> Open(const std::string& state_folder, const std::string& workspace);

  CowView(CowView&&) noexcept = default;
  CowView& operator=(CowView&&) = delete;
  ~CowView();

  // Starts the command in the view, which is its current folder whatever options.cwd_fd says, and
  // with workspace_fd >= 0 also an open folder at that number: name the same number as child_fd in
  // options.pass_fds, with any descriptor, to keep it free. options.hook runs after the view is
  // in place, within it. Several commands may run in a view one after the other; each sees what the
  // ones before it did. Error kUnsupported with the kernel's reason where there is no overlayfs in
  // user namespaces: use the tool's own preview then. Other errors as ChildProcess::Spawn.
  Result<platform::ChildProcess> Start(platform::ChildOptions options, int workspace_fd = -1) const;

  // For a command that is started in another way, such as in a sandbox with a user and mount
  // namespace of its own: makes the view ready and gives what mounts it there. One command at a
  // time, one call a command; the view outlives what is returned.
  Result<std::unique_ptr<platform::MountHook>> PrepareMount() const;

  // What all commands so far did. Call it when they have ended: something that goes on writing
  // makes a later commit fail, not differ.
  Result<ChangeSet> ReadChanges() const;

  // What a child needs to enter the view (view_child.h).
  const ViewPlan& plan() const { return *plan_; }
  const std::string& workspace() const { return plan_->workspace; }  // absolute, without links
  const platform::Workspace& base() const { return base_; }
  const platform::Workspace& upper() const { return upper_; }

 private:
  CowView(std::unique_ptr<ViewPlan> plan, UniqueFd previews, UniqueFd lock,
          platform::Workspace base, platform::Workspace upper);

  std::unique_ptr<ViewPlan> plan_;  // null when moved from
  UniqueFd previews_;               // STATE/preview
  UniqueFd lock_;                   // says that the view is in use
  platform::Workspace base_;
  platform::Workspace upper_;
};

}  // namespace weir::changes
