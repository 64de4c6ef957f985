// `weir eval routing`: the report of models/README.md, as tables and JSON.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "agent/context.h"
#include "app/commands.h"
#include "app/routing_eval.h"
#include "app/session.h"
#include "platform/files.h"

namespace weir::app {
namespace {

struct EvalFlags {
  std::vector<std::string> suites;
  std::string distractors;
  std::string out;       // markdown
  std::string json_out;  // JSON
  std::vector<int> sizes = {6, 12, 20};
  float weight = -1;   // < 0: the product's own
  float margin = -1;   // < 0: the product's own
  int shortlist = -1;  // < 0: the product's own
  int misses = 12;
};

constexpr size_t kMaxToolsBytes = 4u << 20;

const char* ModeName(RoutingMode mode) {
  switch (mode) {
    case RoutingMode::kModel:
      return "model alone";
    case RoutingMode::kScorer:
      return "scorer alone";
    case RoutingMode::kBoth:
      return "both together";
  }
  return "";
}

std::string Share(int part, int whole) {
  return whole == 0 ? "-" : fmt::format("{:.3f}", static_cast<double>(part) / whole);
}

std::string Row(const std::string& suite, const std::string& size, RoutingMode mode,
                const RoutingCounts& c) {
  const bool scorer = mode == RoutingMode::kScorer;
  const int n = c.n_call + c.n_ask + c.n_none;
  return fmt::format(
      "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", suite, size, ModeName(mode),
      Share(c.n_tool_right, c.n_call), scorer ? "-" : Share(c.n_exact, c.n_call),
      scorer ? "-" : Share(c.n_asked_instead, c.n_call),
      scorer ? "-" : Share(c.n_ask_right, c.n_ask), scorer ? "-" : Share(c.n_none_right, c.n_none),
      scorer ? "-" : fmt::format("{}", c.n_wrong_effect),
      scorer || n == 0 ? "-" : fmt::format("{:.2f}", static_cast<double>(c.total_us) / 1e6 / n));
}

json::Json ToJson(const std::string& suite, int size, RoutingMode mode, const RoutingCounts& c) {
  return {{"suite", suite},
          {"list", size},
          {"mode", ModeName(mode)},
          {"calls", c.n_call},
          {"tool_right", c.n_tool_right},
          {"exact", c.n_exact},
          {"asked_instead", c.n_asked_instead},
          {"refused", c.n_refused},
          {"ask", c.n_ask},
          {"ask_right", c.n_ask_right},
          {"none", c.n_none},
          {"none_right", c.n_none_right},
          {"wrong_writes", c.n_wrong_effect},
          {"total_us", c.total_us}};
}

Result<std::vector<chat::ToolDefinition>> ReadTools(const std::string& path) {
  if (path.empty()) return std::vector<chat::ToolDefinition>{};
  ASSIGN_OR_RETURN(const std::string text, platform::ReadFile(path, kMaxToolsBytes));
  ASSIGN_OR_RETURN(const tools::Registry registry, tools::Registry::Parse(text, "distractor"));
  return agent::Definitions(registry);
}

struct Report {
  std::string table;
  std::string misses;
  json::Json rows = json::Json::array();
};

// One list size in one mode, with its progress on stderr.
Result<RoutingRun> RunShown(const std::string& name, const std::vector<RoutingItem>& items,
                            RoutingMode mode, const RoutingSetup& setup,
                            const std::stop_token& stop) {
  const int n_items = static_cast<int>(items.size());
  const auto progress = [&](int done) {
    if (done % 10 != 0 && done != n_items) return;
    std::fprintf(stderr, "\r%s, list %d, %s: %d of %d  ", name.c_str(), setup.list_size,
                 ModeName(mode), done, n_items);
  };
  ASSIGN_OR_RETURN(RoutingRun run, RunRouting(items, mode, setup, progress, stop));
  std::fputs("\n", stderr);
  return run;
}

// The first `max_shown` of a run's misses, as a list under its own heading.
std::string MissesText(const std::string& heading, const RoutingRun& run, size_t n_items,
                       int max_shown) {
  std::string text = fmt::format("\nWorst cases of {} ({} of {} not as expected):\n\n", heading,
                                 run.misses.size(), n_items);
  for (size_t i = 0; i < run.misses.size() && static_cast<int>(i) < max_shown; ++i) {
    const RoutingMiss& miss = run.misses[i];
    text += fmt::format("* `{}`: expected `{}`, got `{}`\n", miss.request, miss.expected, miss.got);
  }
  return text;
}

Status RunSuite(const std::string& path, const EvalFlags& flags, RoutingSetup setup,
                const std::stop_token& stop, Report& report) {
  ASSIGN_OR_RETURN(const std::vector<RoutingItem> items, ReadSuite(path));
  const std::string name = std::filesystem::path(path).stem().string();
  const bool own_lists = !items.front().tools.empty();
  const std::vector<int> sizes = own_lists ? std::vector<int>{0} : flags.sizes;
  for (const int size : sizes) {
    setup.list_size = size;
    for (const RoutingMode mode : {RoutingMode::kModel, RoutingMode::kScorer, RoutingMode::kBoth}) {
      ASSIGN_OR_RETURN(const RoutingRun run, RunShown(name, items, mode, setup, stop));
      report.table += Row(name, own_lists ? "own" : std::to_string(size), mode, run.counts);
      report.rows.push_back(ToJson(name, size, mode, run.counts));
      if (mode != RoutingMode::kBoth || (!own_lists && size != 12)) continue;
      for (const auto& [tag, counts] : run.by_tag)
        report.rows.push_back(ToJson(fmt::format("{}/{}", name, tag), size, mode, counts));
      const std::string heading =
          fmt::format("{}{}, both together", name, own_lists ? "" : " at 12 tools");
      report.misses += MissesText(heading, run, items.size(), flags.misses);
    }
  }
  return {};
}

Status RunEval(const Settings& settings, const EvalFlags& flags, const std::stop_token& stop,
               Report& report) {
  ASSIGN_OR_RETURN(const tools::Registry registry, tools::Registry::Builtin());
  ASSIGN_OR_RETURN(const tools::Shortlist shortlist, tools::Shortlist::Builtin());
  ASSIGN_OR_RETURN(const std::string model_file, ModelFile(settings));
  ASSIGN_OR_RETURN(const std::unique_ptr<LocalModel> model,
                   LocalModel::Load({.path = model_file,
                                     .engine = settings.engine,
                                     .max_context = settings.max_context,
                                     .seed = settings.seed}));
  agent::ModelProfile profile = model->profile();
  if (flags.weight >= 0) profile.scorer_weight = flags.weight;
  if (flags.margin >= 0) profile.question_margin = flags.margin;
  if (flags.shortlist >= 0) profile.shortlist = flags.shortlist;
  model->set_profile(profile);
  RoutingSetup setup{
      .model = *model, .shortlist = shortlist, .tools = agent::Definitions(registry)};
  ASSIGN_OR_RETURN(setup.distractors, ReadTools(flags.distractors));
  for (const tools::ToolEntry& tool : registry.tools())
    setup.effects[tool.definition.name] = tool.effect;
  report.table =
      "| suite | tools | who | right tool | exact | asked instead | asks when it must | says none "
      "fits | wrong writes | s |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const std::string& suite : flags.suites)
    RETURN_IF_ERROR(RunSuite(suite, flags, setup, stop, report));
  return {};
}

int EvalRouting(const Settings& settings, const EvalFlags& flags, Interrupt& interrupt) {
  Report report;
  if (Status done = RunEval(settings, flags, interrupt.token(), report); !done)
    return Complain(settings, done.error());
  const std::string text = report.table + report.misses;
  if (settings.json) {
    std::puts(json::Dump(report.rows).c_str());
  } else {
    std::fputs(text.c_str(), stdout);
  }
  if (!flags.out.empty()) {
    if (Status written = platform::WriteFileDurably(flags.out, text, 0644); !written)
      return Complain(settings, written.error());
  }
  if (!flags.json_out.empty()) {
    const Status written =
        platform::WriteFileDurably(flags.json_out, report.rows.dump(1) + "\n", 0644);
    if (!written) return Complain(settings, written.error());
  }
  return kExitOk;
}

}  // namespace

void AddEvalCommands(CLI::App& app, Settings& settings, Action& action) {
  CLI::App* eval = app.add_subcommand("eval", "measure a model on requests with known answers");
  eval->require_subcommand(1);
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* routing =
      eval->add_subcommand("routing", "right tool and exact arguments, per list size");
  routing->add_option("suites", flags->suites, "JSONL files as in eval/routing/README.md")
      ->required();
  routing->add_option("--distractors", flags->distractors,
                      "JSON list of tools that fill long lists");
  routing->add_option("--sizes", flags->sizes, "lengths of the tool list (default: 6 12 20)");
  routing->add_option("--weight", flags->weight,
                      "how much the scorer counts beside the model (default: the product's)");
  routing->add_option("--margin", flags->margin,
                      "leads below this become a question (default: the product's)");
  routing->add_option("--shortlist", flags->shortlist,
                      "tools that the model is offered (default: the product's)");
  routing->add_option("--misses", flags->misses, "how many worst cases to print");
  routing->add_option("--out", flags->out, "also write the report here");
  routing->add_option("--json-out", flags->json_out, "also write the figures here");
  routing->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      return EvalRouting(settings, *flags, interrupt);
    };
  });
}

}  // namespace weir::app
