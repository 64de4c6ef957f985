// No path argument of any tool reaches anything outside the workspace, however it is written and
// whatever is swapped while it is used.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "tools/registry.h"
#include "tools/testing/temp_workspace.h"

namespace weir::tools {
namespace {

using testing::Call;
using testing::TempWorkspace;

// A value that fits a non-path argument of any built-in tool.
json::Json Filler(const std::string& tool, const std::string& argument) {
  if (argument == "calculation") return "count";
  if (argument == "old_text") return "secret";
  if (argument == "extension") return "";
  return tool == "find_files" ? "secret" : "the";
}

class Escape : public ::testing::Test {
 protected:
  Escape() {
    workspace_.Write("inside.txt", "the inside\n");
    workspace_.Write("folder/deep.txt", "the deep\n");
    workspace_.Link("out-folder", "../outside");
    workspace_.Link("out-file", "../outside/secret.txt");
    workspace_.Link("folder/up", "../../outside");
    workspace_.Link("abs-folder", workspace_.outside());
    workspace_.Link("abs-file", workspace_.outside() + "/secret.txt");
    workspace_.Link("etc", "/etc");
    workspace_.Link("magic", "/proc/self/root" + workspace_.outside());
    workspace_.Link("magic-cwd", "/proc/self/cwd");
    workspace_.Link("chain-1", "chain-2");
    workspace_.Link("chain-2", "../outside");
  }

  std::vector<std::string> Attempts() const {
    const std::string absolute = workspace_.outside() + "/secret.txt";
    std::vector<std::string> attempts = {"../outside/secret.txt",
                                         "./../outside/secret.txt",
                                         "folder/../../outside/secret.txt",
                                         "folder/../folder/../../outside/secret.txt",
                                         "..",
                                         "../",
                                         "../outside",
                                         "../outside/new.txt",
                                         "folder/../..",
                                         "/",
                                         "//",
                                         "/etc/passwd",
                                         "/etc",
                                         absolute,
                                         workspace_.outside(),
                                         "/proc/self/root" + absolute,
                                         "/proc/self/cwd/" + absolute,
                                         "/dev/fd/3/../outside",
                                         "~",
                                         "~/secret.txt",
                                         "out-folder",
                                         "out-folder/",
                                         "out-folder/secret.txt",
                                         "out-folder/new.txt",
                                         "out-folder/../secret.txt",
                                         "out-file",
                                         "out-file/",
                                         "folder/up",
                                         "folder/up/secret.txt",
                                         "folder/up/new.txt",
                                         "abs-folder/secret.txt",
                                         "abs-folder/new.txt",
                                         "abs-file",
                                         "etc/passwd",
                                         "magic/secret.txt",
                                         "magic-cwd/etc/passwd",
                                         "chain-1/secret.txt",
                                         "chain-1/new.txt",
                                         "..\\outside\\secret.txt",
                                         "....//outside/secret.txt",
                                         "%2e%2e/outside/secret.txt",
                                         "\xC0\xAE\xC0\xAE/outside/secret.txt"};
    attempts.push_back(std::string("../outside/secret.txt\0.txt", 26));
    return attempts;
  }

  TempWorkspace workspace_;
};

TEST_F(Escape, NoPathArgumentOfAnyToolGetsOut) {
  const auto registry = Registry::Builtin();
  ASSERT_TRUE(registry.has_value()) << registry.error().message;
  const auto outside_before = TempWorkspace::Snapshot(workspace_.outside());
  int n_attempts = 0;
  for (const ToolEntry& entry : registry->tools()) {
    for (const std::string& target : entry.path_arguments) {
      for (const std::string& attempt : Attempts()) {
        json::Json arguments = json::Json::object();
        for (const std::string& argument : entry.arguments) {
          const bool is_path = std::find(entry.path_arguments.begin(), entry.path_arguments.end(),
                                         argument) != entry.path_arguments.end();
          arguments[argument] =
              is_path ? json::Json("folder/deep.txt") : Filler(entry.definition.name, argument);
        }
        if (target == "destination") arguments["source"] = "inside.txt";
        arguments[target] = attempt;
        const ToolOutput output = Call(workspace_.Context(), entry.definition.name, arguments);
        const std::string said = output.summary + output.details + json::Dump(output.data);
        ASSERT_EQ(said.find("the secret"), std::string::npos)
            << entry.definition.name << " " << attempt << ": " << said;
        ASSERT_EQ(said.find("root:"), std::string::npos) << entry.definition.name << " " << attempt;
        ASSERT_EQ(TempWorkspace::Snapshot(workspace_.outside()), outside_before)
            << entry.definition.name << " " << attempt;
        ++n_attempts;
        workspace_.Write("inside.txt", "the inside\n");
        workspace_.Write("folder/deep.txt", "the deep\n");
        if (!workspace_.Exists("out-folder")) workspace_.Link("out-folder", "../outside");
        if (!workspace_.Exists("out-file")) workspace_.Link("out-file", "../outside/secret.txt");
        if (!workspace_.Exists("folder/up")) workspace_.Link("folder/up", "../../outside");
        if (!workspace_.Exists("abs-file")) {
          workspace_.Link("abs-file", workspace_.outside() + "/secret.txt");
        }
      }
    }
  }
  EXPECT_GT(n_attempts, 700);
}

TEST_F(Escape, WalksDoNotFollowLinksOut) {
  for (const char* folder : {".", "folder"}) {
    const ToolOutput searched =
        Call(workspace_.Context(), "search_text", {{"text", "secret"}, {"folder", folder}});
    EXPECT_EQ(searched.summary.find("secret.txt"), std::string::npos) << searched.summary;
    const ToolOutput found =
        Call(workspace_.Context(), "find_files", {{"name", "secret.txt"}, {"folder", folder}});
    EXPECT_TRUE(found.summary.starts_with("no file")) << found.summary;
  }
}

TEST_F(Escape, ChangesDoNotGoThroughLinksThatStayInside) {
  workspace_.Link("alias", "folder");
  for (const auto& [tool, arguments] : std::vector<std::pair<std::string, json::Json>>{
           {"write_file", {{"path", "alias/deep.txt"}, {"text", "x"}}},
           {"append_file", {{"path", "alias/deep.txt"}, {"text", "x"}}},
           {"edit_file", {{"path", "alias/deep.txt"}, {"old_text", "the"}, {"new_text", "x"}}},
           {"make_folder", {{"path", "alias/new"}}},
           {"move_file", {{"source", "alias/deep.txt"}, {"destination", "x.txt"}}},
           {"move_file", {{"source", "inside.txt"}, {"destination", "alias/x.txt"}}},
           {"move_file", {{"source", "inside.txt"}, {"destination", "alias"}}},
           {"copy_file", {{"source", "inside.txt"}, {"destination", "alias/x.txt"}}},
           {"delete_file", {{"path", "alias/deep.txt"}}}}) {
    const ToolOutput output = Call(workspace_.Context(), tool, arguments);
    EXPECT_TRUE(output.summary.starts_with("ERROR")) << tool << ": " << output.summary;
  }
  EXPECT_EQ(workspace_.Read("folder/deep.txt"), "the deep\n");
}

// A folder is swapped for a link that leads out, over and over, while every tool works in it.
TEST_F(Escape, ASwappedLinkNeverLeadsOut) {
  const std::string target = workspace_.folder() + "/swap";
  const std::string spare = workspace_.folder() + "/spare";
  workspace_.Write("swap/secret.txt", "harmless\n");
  std::filesystem::create_symlink(workspace_.outside(), spare);
  const auto outside_before = TempWorkspace::Snapshot(workspace_.outside());
  std::atomic<bool> stop = false;
  std::jthread swapper([&] {
    while (!stop) {
      // RENAME_EXCHANGE: at every moment the name is either the folder or the link.
      ::renameat2(AT_FDCWD, target.c_str(), AT_FDCWD, spare.c_str(), /*RENAME_EXCHANGE*/ 2);
    }
  });
  const ToolContext context = workspace_.Context();
  int n_worked = 0;
  const auto attempt = [&](const std::string& tool, const json::Json& arguments) {
    const ToolOutput output = Call(context, tool, arguments);
    const std::string said = output.summary + output.details;
    EXPECT_EQ(said.find("the secret"), std::string::npos) << said;
    n_worked += output.summary.starts_with("ERROR") ? 0 : 1;
  };
  for (int i = 0; i < 150; ++i) {
    const std::string name = "swap/n" + std::to_string(i) + ".txt";
    attempt("read_file", {{"path", "swap/secret.txt"}});
    attempt("search_text", {{"text", "secret"}, {"folder", "swap"}});
    attempt("list_files", {{"folder", "swap"}});
    attempt("write_file", {{"path", name}, {"text", "x"}});
    attempt("append_file", {{"path", "swap/secret.txt"}, {"text", "x"}});
    attempt("edit_file",
            {{"path", "swap/secret.txt"}, {"old_text", "harm"}, {"new_text", "charm"}});
    attempt("make_folder", {{"path", "swap/f" + std::to_string(i)}});
    attempt("copy_file", {{"source", "inside.txt"}, {"destination", name + "x"}});
    attempt("move_file", {{"source", name}, {"destination", name + "y"}});
    attempt("delete_file", {{"path", name + "x"}});
    attempt("delete_file", {{"path", "swap/secret.txt"}});
    workspace_.Write("inside.txt", "the inside\n");
  }
  stop = true;
  swapper.join();
  EXPECT_EQ(TempWorkspace::Snapshot(workspace_.outside()), outside_before);
  EXPECT_GT(n_worked, 0);
}

}  // namespace
}  // namespace weir::tools
