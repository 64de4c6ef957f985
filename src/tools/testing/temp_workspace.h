#pragma once
// A workspace and a state folder of a test's own, removed at its end, and what tests do with them.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "json/json.h"
#include "platform/workspace.h"
#include "sandbox/level.h"
#include "tools/tool_context.h"
#include "tools/undo_store.h"

namespace weir::tools::testing {

class TempWorkspace {
 public:
  // In memory (/dev/shm) where there is one, so that fsync costs nothing.
  TempWorkspace();
  ~TempWorkspace();
  TempWorkspace(const TempWorkspace&) = delete;
  TempWorkspace& operator=(const TempWorkspace&) = delete;

  const std::string& root() const { return root_; }
  std::string folder() const { return root_ + "/workspace"; }
  std::string state() const { return root_ + "/state"; }
  std::string outside() const { return root_ + "/outside"; }  // next to the workspace

  // Missing folders are made.
  void Write(const std::string& path, std::string_view content) const;
  static void WriteAbsolute(const std::string& path, std::string_view content);
  void MakeFolder(const std::string& path) const;
  void Link(const std::string& path, const std::string& target) const;
  std::string Read(const std::string& path) const;  // "<missing>" when it is not there
  bool Exists(const std::string& path) const;

  // Every name below `folder` (absolute) with kind, mode and content or link target.
  static std::map<std::string, std::string> Snapshot(const std::string& folder);
  std::map<std::string, std::string> Snapshot() const { return Snapshot(folder()); }

  // A context for calling tools in this process; `run_id` is begun in the undo store.
  ToolContext Context(const std::string& run_id = "run-1");

 private:
  std::string root_;
  std::unique_ptr<platform::Workspace> workspace_;
  std::unique_ptr<UndoStore> undo_;
};

// The best sandbox that this machine lets a test have; says on stderr when it is not the full one.
sandbox::SandboxLevel AvailableSandbox();

// Runs one tool as the worker does. An error becomes "ERROR: message" in the summary.
ToolOutput Call(const ToolContext& context, const std::string& tool, const json::Json& arguments);

}  // namespace weir::tools::testing
