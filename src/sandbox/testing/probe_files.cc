// Escapes through the file system.

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "sandbox/testing/probe.h"

namespace weir::sandbox::testing {
namespace {

bool ReadsCanary(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) return false;
  std::array<char, 64> text{};
  const ssize_t n = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  return n > 0 && std::strstr(text.data(), kCanary) != nullptr;
}

bool Opens(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags, 0600);
  if (file >= 0) ::close(file);
  return file >= 0;
}

std::string Secret(const ProbeWorld& world) { return world.outside + "/secret.txt"; }

bool ReadOutside(const ProbeWorld& world) { return ReadsCanary(Secret(world)); }

bool ReadThroughDotDot(const ProbeWorld& world) {
  return ReadsCanary(world.workspace + "/../outside/secret.txt");
}

bool ReadThroughSymlink(const ProbeWorld& world) {
  const std::string link = world.workspace + "/link";
  return ::symlink(Secret(world).c_str(), link.c_str()) == 0 && ReadsCanary(link);
}

bool ReadThroughProcRoot(const ProbeWorld& world) {
  return ReadsCanary("/proc/self/root" + Secret(world));
}

bool ReadThroughParentRoot(const ProbeWorld& world) {
  return ReadsCanary("/proc/" + std::to_string(world.parent) + "/root" + Secret(world));
}

bool ReadShadow(const ProbeWorld&) { return Opens("/etc/shadow", O_RDONLY); }

bool ListOutside(const ProbeWorld& world) {
  DIR* folder = ::opendir(world.outside.c_str());
  if (folder == nullptr) return false;
  const bool listed = ::readdir(folder) != nullptr;
  ::closedir(folder);
  return listed;
}

bool CreateOutside(const ProbeWorld& world) {
  return Opens(world.outside + "/new.txt", O_WRONLY | O_CREAT);
}

bool MakeFolderOutside(const ProbeWorld& world) {
  return ::mkdir((world.outside + "/new").c_str(), 0700) == 0;
}

bool WriteOutside(const ProbeWorld& world) { return Opens(Secret(world), O_WRONLY); }

bool TruncateOutside(const ProbeWorld& world) {
  return ::truncate((world.outside + "/truncate.txt").c_str(), 0) == 0;
}

bool DeleteOutside(const ProbeWorld& world) {
  return ::unlink((world.outside + "/delete.txt").c_str()) == 0;
}

bool HardLinkIn(const ProbeWorld& world) {
  const std::string inside = world.workspace + "/hard-link";
  return ::link((world.outside + "/link.txt").c_str(), inside.c_str()) == 0;
}

bool RenameIn(const ProbeWorld& world) {
  const std::string inside = world.workspace + "/renamed";
  return ::rename((world.outside + "/rename.txt").c_str(), inside.c_str()) == 0;
}

bool RenameOut(const ProbeWorld& world) {
  const std::string inside = world.workspace + "/rename-me";
  return Opens(inside, O_WRONLY | O_CREAT) &&
         ::rename(inside.c_str(), (world.outside + "/renamed").c_str()) == 0;
}

bool ChangeModeOutside(const ProbeWorld& world) {
  return ::chmod((world.outside + "/mode.txt").c_str(), 0666) == 0;
}

bool ChangeModeThroughHandle(const ProbeWorld& world) {
  const int file = ::open((world.outside + "/mode.txt").c_str(), O_PATH);
  if (file < 0) return false;
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  return ::chmod(path.c_str(), 0660) == 0;
}

bool ChangeTimeOutside(const ProbeWorld& world) {
  const std::array<struct timespec, 2> times = {{{1, 0}, {1, 0}}};
  return ::utimensat(AT_FDCWD, (world.outside + "/mode.txt").c_str(), times.data(), 0) == 0;
}

bool ChangeOwnerOutside(const ProbeWorld& world) {
  return ::chown((world.outside + "/mode.txt").c_str(), ::getuid(), ::getgid()) == 0;
}

bool SetAttributeOutside(const ProbeWorld& world) {
  return ::setxattr((world.outside + "/mode.txt").c_str(), "user.weir", "x", 1, 0) == 0;
}

bool WriteKernelSetting(const ProbeWorld&) { return Opens("/proc/sys/kernel/hostname", O_WRONLY); }

bool WriteTerminalDevice(const ProbeWorld&) { return Opens("/dev/ptmx", O_RDWR | O_NOCTTY); }

// A file that runs with its owner's rights for whoever finds it.
bool MakeSetUidFile(const ProbeWorld& world) {
  const std::string path = world.workspace + "/set-uid";
  return Opens(path, O_WRONLY | O_CREAT) && ::chmod(path.c_str(), 04755) == 0;
}

bool MakeSetUidFileByHandle(const ProbeWorld& world) {
  const int file = ::open((world.workspace + "/set-uid-2").c_str(), O_WRONLY | O_CREAT, 0600);
  return file >= 0 && ::fchmod(file, 04755) == 0;
}

bool MakePipeFile(const ProbeWorld& world) {
  return ::mkfifo((world.workspace + "/pipe").c_str(), 0600) == 0;
}

// ---- around a view: to the workspace below it, or to what becomes the preview ----

bool UncoverWorkspace(const ProbeWorld& world) {
  return ::umount2(world.workspace.c_str(), MNT_DETACH) == 0;
}

bool WriteUpperFolder(const ProbeWorld& world) {
  return Opens(world.view + "/upper/from-the-probe", O_WRONLY | O_CREAT);
}

bool ListUpperFolder(const ProbeWorld& world) {
  return Opens(world.view + "/upper", O_RDONLY | O_DIRECTORY);
}

bool WriteBelowThroughParentRoot(const ProbeWorld& world) {
  return Opens("/proc/" + std::to_string(world.parent) + "/root" + world.workspace + "/below",
               O_WRONLY | O_CREAT);
}

// Over the view, so that what is written there is no part of the preview.
bool CoverTheView(const ProbeWorld& world) {
  return ::mount(world.outside.c_str(), world.workspace.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

constexpr auto kFileProbes =
    std::to_array<Probe>({{"read_outside", ReadOutside},
                          {"read_through_dot_dot", ReadThroughDotDot},
                          {"read_through_symlink", ReadThroughSymlink},
                          {"read_through_proc_root", ReadThroughProcRoot},
                          {"read_through_parent_root", ReadThroughParentRoot},
                          {"read_shadow", ReadShadow},
                          {"list_outside", ListOutside},
                          {"create_outside", CreateOutside},
                          {"make_folder_outside", MakeFolderOutside},
                          {"write_outside", WriteOutside},
                          {"truncate_outside", TruncateOutside},
                          {"delete_outside", DeleteOutside},
                          {"hard_link_in", HardLinkIn},
                          {"rename_in", RenameIn},
                          {"rename_out", RenameOut},
                          {"change_mode_outside", ChangeModeOutside},
                          {"change_mode_through_handle", ChangeModeThroughHandle},
                          {"change_time_outside", ChangeTimeOutside},
                          {"change_owner_outside", ChangeOwnerOutside},
                          {"set_attribute_outside", SetAttributeOutside},
                          {"write_kernel_setting", WriteKernelSetting},
                          {"write_terminal_device", WriteTerminalDevice},
                          {"make_set_uid_file", MakeSetUidFile},
                          {"make_set_uid_file_by_handle", MakeSetUidFileByHandle},
                          {"make_pipe_file", MakePipeFile}});

constexpr auto kViewProbes =
    std::to_array<Probe>({{"uncover_workspace", UncoverWorkspace},
                          {"cover_the_view", CoverTheView},
                          {"write_upper_folder", WriteUpperFolder},
                          {"list_upper_folder", ListUpperFolder},
                          {"write_below_through_parent_root", WriteBelowThroughParentRoot}});

}  // namespace

std::span<const Probe> FileProbes() { return kFileProbes; }
std::span<const Probe> ViewProbes() { return kViewProbes; }

}  // namespace weir::sandbox::testing
