#pragma once
// The child's side of a copy-on-write view: what runs between fork and exec. Async-signal-safe, no
// allocation; everything it needs was made before the fork. See changes/cow_view.h.

#include <sys/types.h>

#include <string>
#include <string_view>

namespace weir::changes {

// Made by the parent, read by the child.
struct ViewPlan {
  std::string folder;  // STATE/preview/ID: holds upper/, work/ and lower, a link to the workspace
  std::string workspace;  // absolute path without links
  dev_t device = 0;       // of the workspace folder
  ino_t inode = 0;
  std::string uid_map;  // "1000 1000 1\n": only the own user and group exist in the view
  std::string gid_map;
  int workspace_fd = -1;  // number at which the command gets the view as an open folder; -1: none
};

// What can go wrong on the way, in order. After any of them errno says why.
enum ViewStep : int {
  kViewDone = 0,
  kViewNamespaces,
  kViewIds,
  kViewPropagation,
  kViewFolder,
  kViewReplaced,
  kViewMount,
  kViewEnter,
  kViewPlace,
  kViewOpen,
  kViewCapabilities,
  kViewParent,
};
// "mounting overlayfs in a user namespace" and the like.
std::string_view ViewStepText(int step);

// The three parts in order, for a command that needs nothing else. From then on this process and
// what it starts see the view wherever they name the workspace.
ViewStep EnterView(const ViewPlan& plan);

// A user namespace in which only the own user and group exist, and a mount namespace.
ViewStep EnterViewNamespaces(const ViewPlan& plan);
// Mounts the view over the workspace and moves into it; needs a user and mount namespace of its
// own, this one or a sandbox's, in which the own user and group keep their numbers.
ViewStep MountView(const ViewPlan& plan);
// Otherwise a command run by root could unmount the view and reach what lies below.
ViewStep DropCapabilities();

}  // namespace weir::changes
