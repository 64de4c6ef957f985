#pragma once
// A workspace and a state folder of a test's own, removed at its end, and ways to look at a folder
// that share no code with what is tested. One thread.

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>

namespace weir::changes::testing {

// Every name below a folder: type, mode, content or link target, attributes; with_times: also the
// time of change of files.
using Snapshot = std::map<std::string, std::string>;
Snapshot SnapshotOf(const std::string& folder, bool with_times = false);
// What differs, for the message of a failing test; "" when nothing does.
std::string Difference(const Snapshot& expected, const Snapshot& found);

class TempTree {
 public:
  // In memory (/dev/shm) where there is one, so that making things durable costs nothing.
  TempTree();
  ~TempTree();
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::string& root() const { return root_; }
  std::string workspace() const { return root_ + "/workspace"; }
  std::string content() const { return root_ + "/content"; }  // beside it, as an upper folder
  std::string state() const { return root_ + "/state"; }

  // Paths are relative to root(). Missing folders are made.
  void Write(const std::string& path, std::string_view text, mode_t mode = 0644) const;
  void MakeFolder(const std::string& path, mode_t mode = 0755) const;
  void Link(const std::string& path, const std::string& target) const;
  void Chmod(const std::string& path, mode_t mode) const;
  void Remove(const std::string& path) const;       // with everything below
  std::string Read(const std::string& path) const;  // "<missing>" when it is not there
  bool Exists(const std::string& path) const;
  std::string At(const std::string& path) const { return root_ + "/" + path; }

  Snapshot Workspace(bool with_times = false) const { return SnapshotOf(workspace(), with_times); }

 private:
  std::string root_;
};

// Removes a folder with everything in it, whatever the modes.
void RemoveAll(const std::string& path);

// Marks every folder of a whole tree as hiding what lies below, so that it stands for the upper
// folder of a view in which everything was replaced. False when the file system has no attributes.
bool MarkOpaque(const std::string& folder);

}  // namespace weir::changes::testing
