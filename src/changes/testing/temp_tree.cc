#include "changes/testing/temp_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace weir::changes::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadAllOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return "<unreadable>";
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string AttributesOf(const std::string& path) {
  std::array<char, 4096> names;
  const ssize_t n = ::llistxattr(path.c_str(), names.data(), names.size());
  std::string out;
  for (ssize_t at = 0; at < n;) {
    const std::string name(names.data() + at);
    at += static_cast<ssize_t>(name.size()) + 1;
    if (!name.starts_with("user.") || name.starts_with("user.overlay.")) continue;
    std::array<char, 256> value;
    const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length >= 0)
      out += " " + name + "=" + std::string(value.data(), static_cast<size_t>(length));
  }
  return out;
}

std::string Describe(const std::string& path, bool with_times) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return "gone";
  if (S_ISLNK(info.st_mode)) return "link to " + fs::read_symlink(path).string();
  std::string out = fmt::format("{:04o}{}", info.st_mode & 07777, AttributesOf(path));
  if (S_ISDIR(info.st_mode)) return "folder " + out;
  if (!S_ISREG(info.st_mode)) return "special " + out;
  if (with_times) out += fmt::format(" at {}.{:09}", info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  return "file " + out + ": " + ReadAllOf(path);
}

void Add(const std::string& folder, const std::string& prefix, bool with_times, Snapshot& out) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = prefix + entry.path().filename().string();
    out[name] = Describe(entry.path(), with_times);
    if (!entry.is_symlink() && entry.is_directory()) {
      Add(entry.path(), name + "/", with_times, out);
    }
  }
  if (error) out[prefix] = "can not be listed";
}

}  // namespace

Snapshot SnapshotOf(const std::string& folder, bool with_times) {
  Snapshot out;
  Add(folder, "", with_times, out);
  return out;
}

std::string Difference(const Snapshot& expected, const Snapshot& found) {
  std::string out;
  for (const auto& [path, what] : expected) {
    const auto other = found.find(path);
    if (other == found.end()) {
      out += fmt::format("missing: {} ({})\n", path, what);
    } else if (other->second != what) {
      out += fmt::format("differs: {}\n  expected {}\n  found    {}\n", path, what, other->second);
    }
  }
  for (const auto& [path, what] : found) {
    if (!expected.contains(path)) out += fmt::format("too much: {} ({})\n", path, what);
  }
  return out;
}

TempTree::TempTree() {
  const char* memory = "/dev/shm";
  const std::string base =
      ::access(memory, W_OK) == 0 ? memory : fs::temp_directory_path().string();
  std::string name = base + "/weir_changes_XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  root_ = fs::canonical(name).string();
  fs::create_directory(workspace());
  fs::create_directory(state());
  ::chmod(workspace().c_str(), 0755);
  ::chmod(state().c_str(), 0700);
}

TempTree::~TempTree() { RemoveAll(root_); }

void TempTree::Write(const std::string& path, std::string_view text, mode_t mode) const {
  fs::create_directories(fs::path(At(path)).parent_path());
  ::chmod(At(path).c_str(), 0600);
  std::ofstream(At(path), std::ios::binary | std::ios::trunc) << text;
  ::chmod(At(path).c_str(), mode);
}

void TempTree::MakeFolder(const std::string& path, mode_t mode) const {
  fs::create_directories(At(path));
  ::chmod(At(path).c_str(), mode);
}

void TempTree::Link(const std::string& path, const std::string& target) const {
  fs::create_directories(fs::path(At(path)).parent_path());
  fs::create_symlink(target, At(path));
}

void TempTree::Chmod(const std::string& path, mode_t mode) const {
  ::chmod(At(path).c_str(), mode);
}

void TempTree::Remove(const std::string& path) const { RemoveAll(At(path)); }

std::string TempTree::Read(const std::string& path) const {
  return Exists(path) ? ReadAllOf(At(path)) : "<missing>";
}

bool TempTree::Exists(const std::string& path) const {
  struct stat info;
  return ::lstat(At(path).c_str(), &info) == 0;
}

void RemoveAll(const std::string& path) {
  std::error_code ignored;
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return;
  if (S_ISDIR(info.st_mode)) {
    ::chmod(path.c_str(), 0700);
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path, ignored)) names.push_back(entry.path());
    for (const std::string& name : names) RemoveAll(name);
  }
  fs::remove(path, ignored);
}

bool MarkOpaque(const std::string& folder) {
  struct stat info;
  if (::lstat(folder.c_str(), &info) != 0) return false;
  ::chmod(folder.c_str(), 0700);
  bool done = ::setxattr(folder.c_str(), "user.overlay.opaque", "y", 1, 0) == 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_symlink() && entry.is_directory()) done = done && MarkOpaque(entry.path());
  }
  ::chmod(folder.c_str(), info.st_mode & 07777);
  return done;
}

}  // namespace weir::changes::testing
