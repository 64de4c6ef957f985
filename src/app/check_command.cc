// `weir model check`: whether everything in a model file lines up, on one page.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/escape.h"
#include "app/progress_bar.h"
#include "check/check.h"
#include "json/json.h"

namespace weir::app {
namespace {

constexpr const char* kCheckFooter =
    "Examples:\n"
    "  weir model check LFM2.5-8B-A1B-Q4_K_M.gguf\n"
    "  weir model check model.gguf --quick\n"
    "  weir model check model.gguf --json\n"
    "\n"
    "Every line is ok, warning, wrong or unknown. Exit codes: 0 nothing is wrong, though there "
    "may\n"
    "be warnings (it runs, but slower, or not as its makers meant it) and unknowns; 1 something "
    "is\n"
    "wrong. --json counts each of them.";

struct CheckFlags {
  std::string file;
  bool quick = false;
};

int CheckFile(const Settings& settings, const CheckFlags& flags, Interrupt& interrupt) {
  const Result<std::string> file = flags.file.empty() ? ModelFile(settings) : flags.file;
  if (!file) return Complain(settings, file.error());
  const Result<check::Report> report = [&] {
    ProgressBar bar(!settings.json);
    return check::CheckModel(
        *file,
        {.target = settings.engine.target,
         .n_threads = settings.engine.n_threads,
         .quick = flags.quick},
        [&](uint64_t done, uint64_t total) { bar.Update(done, total); }, interrupt.token());
  }();
  if (!report) return Complain(settings, report.error(), interrupt);
  if (settings.json) {
    std::puts(json::Dump(check::ReportToJson(*report)).c_str());
  } else {
    for (const std::string& line : check::ReportToLines(*report))
      fmt::print("{}\n", EscapeForTerminal(line));
  }
  return report->HasWrong() ? kExitError : kExitOk;
}

}  // namespace

void AddCheckCommand(CLI::App& model, Settings& settings, Action& action) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* check =
      model.add_subcommand("check", "whether everything in a model file lines up, on one page");
  check->footer(kCheckFooter);
  check->add_option("file", flags->file, "a GGUF file (default: the model in use)");
  check->add_flag("--quick", flags->quick, "leave out what computes with the model");
  check->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      return CheckFile(settings, *flags, interrupt);
    };
  });
}

}  // namespace weir::app
