// The `weir` command. Parses the command line, runs one command, returns its exit code.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/interrupt.h"
#include "app/pinned_servers.h"
#include "app/settings.h"
#include "app/wrap.h"
#include "sandbox/level.h"
#include "tools/worker.h"

namespace weir::app {
namespace {

constexpr const char* kVersion = "weir 0.1.0";
constexpr const char* kFooter =
    "Examples:\n"
    "  weir run \"list the PDF files in reports\" --workspace ~/Documents\n"
    "  weir chat --workspace ~/Documents\n"
    "  weir run \"delete old.log\" --dry-run\n"
    "  weir undo\n"
    "  weir audit verify\n"
    "\n"
    "Exit codes: 0 done, 1 error, 2 wrong command line, 3 denied, 4 a question was\n"
    "left open, 5 a check did not hold, 130 interrupted.";

// Help that fits the terminal, like everything else.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    const int columns = TerminalColumns(STDOUT_FILENO);
    return columns == 0 ? help : Wrapped(help, static_cast<int>(column_width_), columns);
  }
};

void AddCommonFlags(CLI::App& app, Settings& settings) {
  app.add_option("--state", settings.state,
                 "folder for audit log and undo records (default: ~/.local/state/weir)");
  app.add_option("--policy", settings.policy, "policy file (default: ~/.config/weir/policy.toml)");
  app.add_option("--mode", settings.mode,
                 "tighten the policy: sandboxed-auto, ask, plan or locked (default: the file's)");
  app.add_option("--model", settings.model,
                 "GGUF file of the lfm2 or lfm2moe family (default: weir-nano)");
  app.add_option("--target", settings.engine.target,
                 "kernels: reference, avx2, avx512_vnni (default: the fastest)");
  app.add_option("--threads", settings.engine.n_threads,
                 "threads of the engine (default: one a core)");
  const std::map<std::string, kernels::KvFormat> formats = {{"f16", kernels::KvFormat::kF16},
                                                            {"q8_0", kernels::KvFormat::kQ8_0}};
  app.add_option("--kv", settings.engine.kv_format,
                 "keys and values of the context as f16 (default) or q8_0, half as large")
      ->transform(CLI::CheckedTransformer(formats));
  app.add_option("--seed", settings.seed, "seed of the sampler");
  const std::map<std::string, sandbox::SandboxLevel> levels = {
      {"full", sandbox::SandboxLevel::kFull},
      {"basic", sandbox::SandboxLevel::kBasic},
      {"off", sandbox::SandboxLevel::kOff}};
  app.add_option("--sandbox", settings.sandbox,
                 "sandbox of the tools: full (default), basic (no namespaces) or off")
      ->transform(CLI::CheckedTransformer(levels));
  app.add_flag("--json", settings.json, "machine-readable output, one JSON object a line");
}

int Main(int argc, char** argv) {
  // The worker is started by Weir itself, with its folders as descriptors; it has no flags.
  if (argc >= 2 && std::string_view(argv[1]) == "tool-worker") {
    return tools::WorkerMain(std::vector<const char*>(argv + 2, argv + argc));
  }

  ::signal(SIGPIPE, SIG_IGN);
  Settings settings;
  Action action;
  CLI::App app{"Weir, a local agent runtime: a small model proposes, the runtime decides."};
  app.set_version_flag("--version", kVersion);
  app.formatter(std::make_shared<HelpFormatter>());  // before there are commands to inherit it
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  AddCommonFlags(app, settings);
  AddRunCommands(app, settings, action);
  AddModelCommands(app, settings, action);
  AddPolicyCommands(app, settings, action);
  AddToolCommands(app, settings, action, [&settings](const catalog::ServerConfig& config) {
    return ListServerOnce(settings, config);
  });
  AddAuditCommands(app, settings, action);
  AddUndoCommand(app, settings, action);
  AddApprovalCommands(app, settings, action);
  AddRetentionCommands(app, settings, action);
  AddEvalCommands(app, settings, action);
  AddMcpCommands(app, settings, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  Interrupt interrupt;
  return action(interrupt);
}

}  // namespace
}  // namespace weir::app

int main(int argc, char** argv) {
  try {
    return weir::app::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir: internal error: %s\n", error.what());
    return weir::app::kExitError;
  }
}
