#include "tools/testing/temp_workspace.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sandbox/spawn.h"
#include "tools/change_tools.h"
#include "tools/read_tools.h"

namespace weir::tools::testing {

namespace fs = std::filesystem;

TempWorkspace::TempWorkspace() {
  std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  pattern += "/weir-tools-XXXXXX";
  root_ = ::mkdtemp(pattern.data());
  fs::create_directories(folder());
  fs::create_directories(state());
  fs::create_directories(outside());
  fs::permissions(state(), fs::perms::owner_all);
  Write("../outside/secret.txt", "the secret\n");
}

TempWorkspace::~TempWorkspace() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void TempWorkspace::Write(const std::string& path, std::string_view content) const {
  const fs::path full = fs::path(folder()) / path;
  fs::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << content;
}

void TempWorkspace::WriteAbsolute(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

void TempWorkspace::MakeFolder(const std::string& path) const {
  fs::create_directories(fs::path(folder()) / path);
}

void TempWorkspace::Link(const std::string& path, const std::string& target) const {
  const fs::path full = fs::path(folder()) / path;
  fs::create_directories(full.parent_path());
  ASSERT_EQ(::symlink(target.c_str(), full.c_str()), 0);
}

std::string TempWorkspace::Read(const std::string& path) const {
  std::ifstream in(fs::path(folder()) / path, std::ios::binary);
  if (!in) return "<missing>";
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool TempWorkspace::Exists(const std::string& path) const {
  struct stat info{};
  return ::lstat((folder() + "/" + path).c_str(), &info) == 0;
}

namespace {

// lstat alone tells what is what: links may point at themselves.
void SnapshotInto(const fs::path& folder, const std::string& prefix,
                  std::map<std::string, std::string>* all) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = prefix + entry.path().filename().string();
    struct stat info{};
    EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0);
    std::ostringstream value;
    value << std::oct << info.st_mode << " ";
    if (S_ISLNK(info.st_mode)) {
      value << fs::read_symlink(entry.path()).string();
    } else if (S_ISREG(info.st_mode)) {
      std::ifstream in(entry.path(), std::ios::binary);
      value << in.rdbuf();
    } else if (S_ISDIR(info.st_mode)) {
      SnapshotInto(entry.path(), name + "/", all);
    }
    (*all)[name] = value.str();
  }
}

}  // namespace

std::map<std::string, std::string> TempWorkspace::Snapshot(const std::string& folder) {
  std::map<std::string, std::string> all;
  SnapshotInto(folder, "", &all);
  return all;
}

ToolContext TempWorkspace::Context(const std::string& run_id) {
  if (!workspace_) {
    workspace_ = std::make_unique<platform::Workspace>(*platform::Workspace::Open(folder()));
    undo_ = std::make_unique<UndoStore>(*UndoStore::Open(state()));
  }
  UndoRunHeader header;
  header.run_id = run_id;
  header.workspace = folder();
  header.time_us = SystemClock().UnixMicros();
  EXPECT_TRUE(undo_->BeginRun(header).has_value());
  ToolContext context;
  context.workspace = workspace_.get();
  context.undo = undo_.get();
  context.run_id = run_id;
  context.clock = &SystemClock();
  return context;
}

sandbox::SandboxLevel AvailableSandbox() {
#ifdef WEIR_SANITIZED
  // Sanitizers look into /proc and start threads of their own.
  return sandbox::SandboxLevel::kOff;
#endif
  static const sandbox::SandboxLevel available = [] {
    for (const auto level : {sandbox::SandboxLevel::kFull, sandbox::SandboxLevel::kBasic}) {
      sandbox::SandboxProfile profile;
      profile.name = "test";
      profile.readable = sandbox::LoaderPaths();
      const auto child =
          sandbox::SpawnSandboxed(sandbox::AtLevel(profile, level), {.argv = {"/bin/true"}});
      if (child) return level;
      std::fprintf(stderr, "sandbox %s: %s\n", sandbox::LevelName(level).data(),
                   child.error().message.c_str());
    }
    return sandbox::SandboxLevel::kOff;
  }();
  return available;
}

ToolOutput Call(const ToolContext& context, const std::string& tool, const json::Json& arguments) {
  ToolOutput output;
  if (IsReadTool(tool)) {
    Result<ToolOutput> result = RunReadTool(context, tool, arguments);
    if (result) return *result;
    output.summary = "ERROR: " + result.error().message;
    return output;
  }
  Result<Plan> plan = PlanChange(context, tool, arguments);
  if (!plan) {
    output.summary = "ERROR: " + plan.error().message;
    return output;
  }
  output.summary = plan->summary;
  output.data = plan->data;
  Result<std::string> undo_id = Commit(context, std::move(*plan));
  if (!undo_id) {
    output.summary = "ERROR: " + undo_id.error().message;
    return output;
  }
  output.undo_id = *undo_id;
  return output;
}

}  // namespace weir::tools::testing
