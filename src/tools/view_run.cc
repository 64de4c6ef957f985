#include "tools/view_run.h"

#include <cstdlib>
#include <utility>

#include "base/clock.h"

namespace weir::tools {
namespace {

// Without links; as it is when there is nothing.
std::string WithoutLinks(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  std::string out = real != nullptr ? real : path;
  std::free(real);
  return out;
}

bool LiesIn(const std::string& path, const std::string& folder) {
  if (folder == "/") return true;
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

sandbox::SandboxProfile PreviewProfile(sandbox::SandboxProfile profile,
                                       const std::string& workspace) {
  std::vector<sandbox::PathGrant> writable;
  for (const sandbox::PathGrant& grant : profile.writable) {
    const std::string path = WithoutLinks(grant.path);
    if (LiesIn(path, workspace)) {
      writable.push_back({.path = path});
      continue;
    }
    profile.readable.push_back(grant);
    if (LiesIn(workspace, path)) writable.push_back({.path = workspace});
  }
  profile.writable = std::move(writable);
  profile.network = sandbox::Network::kNone;
  profile.landlock = true;
  profile.seccomp = true;
  profile.pid_namespace = true;
  profile.network_namespace = true;
  profile.read_only_mounts = true;
  return profile;
}

Result<ViewRun> ViewRun::Start(const ViewRunOptions& options) {
  ASSIGN_OR_RETURN(changes::CowView view,
                   changes::CowView::Open(options.state_folder, options.workspace));
  ASSIGN_OR_RETURN(const std::unique_ptr<platform::MountHook> mount, view.PrepareMount());
  sandbox::SandboxRequest request;
  request.argv = options.argv;
  request.working_folder =
      options.working_folder.empty() ? view.workspace() : options.working_folder;
  request.stderr_fd = options.stderr_fd;
  request.view = mount.get();
  ASSIGN_OR_RETURN(
      sandbox::SandboxedChild child,
      sandbox::SpawnSandboxed(PreviewProfile(options.profile, view.workspace()), request));
  return ViewRun(std::move(view), std::move(child));
}

Result<ViewPreview> ViewRun::Finish(int64_t grace_us) {
  if (preview_) return *preview_;
  child_.process.CloseStdin();
  if (grace_us > 0) {
    // Most end with their input; what does not is killed below.
    (void)child_.process.Wait(SystemClock().MonotonicMicros() + grace_us);
  }
  const Result<platform::ExitStatus> ended = child_.process.Kill(/*grace_us=*/0);
  if (!ended) return MakeError(ended.error().WithContext("ending the previewed command"));
  ViewPreview preview;
  ASSIGN_OR_RETURN(preview.changes, view_.ReadChanges());
  ASSIGN_OR_RETURN(preview.digest, preview.changes.Digest());
  ASSIGN_OR_RETURN(preview.rendering,
                   changes::Render(preview.changes, view_.base(), view_.upper()));
  preview_ = preview;
  return preview;
}

Result<changes::CommitReport> ViewRun::Commit(changes::History& history, const std::string& run_id,
                                              const std::string& approved_digest) const {
  if (!preview_) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the command still runs, so there is no preview to commit yet");
  }
  return history.Commit(view_.workspace(), preview_->changes, view_.upper(),
                        {.run_id = run_id, .approved_digest = approved_digest});
}

}  // namespace weir::tools
