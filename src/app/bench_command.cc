// `weir model bench`: tokens a second of prefill and decode, beside what memory and processor
// allow; as a table, as JSON, as a picture, or round by round for whoever compares engines.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/commands.h"
#include "app/model_inputs.h"
#include "app/progress_bar.h"
#include "benchmark/plot.h"
#include "benchmark/report.h"
#include "benchmark/requests.h"
#include "benchmark/suite.h"
#include "json/json.h"
#include "model/lfm2_model.h"
#include "platform/files.h"

namespace weir::app {
namespace {

constexpr mode_t kReadableByAll = 0644;  // figures are no secret
constexpr const char* kBenchFooter =
    "Examples:\n"
    "  weir model bench big.gguf --pp 512 --tg 64 --depth 0,4096,16384\n"
    "  weir model bench big.gguf --depth 0,4096 --plot speed.svg --out speed.json\n"
    "\n"
    "The roofs are measured in the same run: reading memory, and 8-bit multiplications. `of roof`\n"
    "is the share of what no engine could exceed on this machine. A synchronisation is a task "
    "that\n"
    "all threads did together and waited for. With --from-stdin the model is loaded once and\n"
    "rounds are requested line by line; src/benchmark/requests.h lists the requests.";

struct BenchFlags {
  std::string file;
  std::string tokens;  // file of token ids; empty: arbitrary ones
  std::string plot;    // file to write; empty: none
  std::string out;     // file to write; empty: none
  bool from_stdin = false;
  benchmark::SuiteOptions suite;
};

Status WriteReport(const BenchFlags& flags, const benchmark::Report& report) {
  if (!flags.out.empty()) {
    RETURN_IF_ERROR(platform::WriteFileDurably(
        flags.out, json::Dump(benchmark::ReportJson(report)) + "\n", kReadableByAll));
  }
  if (!flags.plot.empty()) {
    RETURN_IF_ERROR(
        platform::WriteFileDurably(flags.plot, benchmark::PlotSvg(report), kReadableByAll));
  }
  return {};
}

Status RunBenchSuite(const Settings& settings, const BenchFlags& flags, const model::Model& model,
                     const std::stop_token& stop) {
  std::optional<ProgressBar> bar(!settings.json);
  bar->Step("memory and processor", 0);
  const benchmark::Roofs roofs = benchmark::MeasureRoofs(model);
  const Result<benchmark::Report> report = benchmark::RunSuite(
      model, roofs, flags.suite,
      [&](const std::string& step, double part) { bar->Step(step, part); }, stop);
  bar.reset();
  if (!report) return MakeError(report.error());
  const std::string text = settings.json ? json::Dump(benchmark::ReportJson(*report)) + "\n"
                                         : benchmark::ReportText(*report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return WriteReport(flags, *report);
}

// Until the end of input or an interrupt.
void AnswerRequests(const model::Model& model, const BenchFlags& flags,
                    const std::stop_token& stop) {
  const auto say = [](const json::Json& object) {
    std::puts(json::Dump(object).c_str());
    std::fflush(stdout);
  };
  benchmark::Requests requests(model, flags.suite.tokens, stop);
  say(requests.Greeting());
  while (const std::optional<std::string> line = ReadLine(STDIN_FILENO, stop)) {
    say(requests.Answer(*line));
  }
}

Status RunBench(const Settings& settings, BenchFlags& flags, const std::stop_token& stop) {
  if (flags.from_stdin && !(flags.plot.empty() && flags.out.empty())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--from-stdin answers on standard output; leave --plot and --out away");
  }
  ASSIGN_OR_RETURN(const std::string path,
                   flags.file.empty() ? ModelFile(settings) : Result<std::string>(flags.file));
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::Model> model,
                   model::Model::Load(path, settings.engine));
  if (!flags.tokens.empty()) {
    ASSIGN_OR_RETURN(flags.suite.tokens, ReadTokenFile(flags.tokens));
  }
  if (!flags.from_stdin) return RunBenchSuite(settings, flags, *model, stop);
  AnswerRequests(*model, flags, stop);
  return {};
}

}  // namespace

void AddBenchCommand(CLI::App& model, Settings& settings, Action& action) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* bench =
      model.add_subcommand("bench", "tokens a second, beside what memory and processor allow");
  bench->footer(kBenchFooter);
  const auto positive = CLI::Range(1, 1 << 20);
  bench->add_option("file", flags->file, "GGUF file (default: the model in use)");
  bench->add_option("--pp", flags->suite.prefill, "prompt lengths to prefill (default: 128,512)")
      ->delimiter(',')
      ->check(positive);
  bench->add_option("--tg", flags->suite.decode, "tokens to decode (default: 64)")
      ->delimiter(',')
      ->check(positive);
  bench->add_option("--depth", flags->suite.depths, "tokens before them (default: 0)")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 20));
  bench->add_option("--repeat", flags->suite.n_rounds, "rounds; the median counts (default: 3)")
      ->check(CLI::Range(1, 1000));
  bench->add_option("--tokens", flags->tokens,
                    "little-endian int32 token ids to compute (default: arbitrary ones)");
  bench->add_option("--plot", flags->plot, "an SVG file to write: speed against context depth");
  bench->add_option("--out", flags->out, "a JSON file to write, with every round");
  bench->add_flag("--from-stdin", flags->from_stdin,
                  "answer requests for single rounds, one JSON object a line");
  bench->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      const Status done = RunBench(settings, *flags, interrupt.token());
      if (done) return interrupt.fired() ? static_cast<int>(kExitInterrupted) : kExitOk;
      return Complain(settings, done.error(), interrupt);
    };
  });
}

}  // namespace weir::app
