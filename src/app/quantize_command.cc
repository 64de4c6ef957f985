// `weir model quantize`: a smaller copy of a model, from a GGUF file or from a published folder.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/escape.h"
#include "app/progress_bar.h"
#include "convert/write_model.h"
#include "json/json.h"
#include "platform/cpu.h"

namespace weir::app {
namespace {

constexpr const char* kQuantizeFooter =
    "Examples:\n"
    "  weir model quantize LFM2-1.2B-F16.gguf LFM2-1.2B-Q4_K_M.gguf\n"
    "  weir model quantize LFM2.5-8B-A1B/ LFM2.5-8B-A1B-Q5_K_M.gguf --quant Q5_K_M\n"
    "  weir model quantize LFM2-350M/ LFM2-350M-BF16.gguf --quant BF16\n"
    "\n"
    "A folder holds what the maker of the model published: config.json, tokenizer.json and\n"
    "*.safetensors. The tensors get the types that files of these names have elsewhere.";

struct QuantizeFlags {
  std::string in;
  std::string out;
  std::string quant = "Q4_K_M";
  std::string name;
  bool force = false;
};

Status CheckOut(const QuantizeFlags& flags, const std::vector<std::string>& sources) {
  for (const std::string& source : sources) {
    std::error_code error;
    if (!std::filesystem::equivalent(source, flags.out, error)) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is the file that is read, '{}'; name another file to write", flags.out,
                     source);
  }
  if (!flags.force && ::access(flags.out.c_str(), F_OK) == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is there already; name another file, or replace it with --force",
                     flags.out);
  }
  return {};
}

struct Quantized {
  convert::Summary summary;
  std::vector<std::string> warnings;
  double seconds = 0;
};

Result<Quantized> Convert(const Settings& settings, const QuantizeFlags& flags,
                          const std::stop_token& stop) {
  ProgressBar bar(!settings.json);
  convert::Request request;
  ASSIGN_OR_RETURN(request.mix, model::MixFromName(flags.quant));
  request.n_threads =
      settings.engine.n_threads > 0 ? settings.engine.n_threads : platform::CoreCount();
  // Before anything is opened: the answer is there at once, and IN may be large.
  RETURN_IF_ERROR(CheckOut(flags, {flags.in}));
  ASSIGN_OR_RETURN(const convert::Source source, convert::OpenSource(flags.in, flags.name));
  RETURN_IF_ERROR(CheckOut(flags, source.files));
  Quantized done;
  ASSIGN_OR_RETURN(done.summary,
                   convert::WriteModel(
                       flags.out, source, request,
                       [&](uint64_t n, uint64_t total) { bar.Update(n, total); }, stop));
  done.seconds = bar.seconds();
  done.warnings = source.warnings;
  if (done.summary.n_quantised_twice > 0) {
    done.warnings.push_back(
        fmt::format("{} tensors were quantised before (Q8_0): the file is a little worse than one "
                    "made from F16 or BF16",
                    done.summary.n_quantised_twice));
  }
  return done;
}

std::string TypesText(const convert::Summary& summary) {
  std::string text;
  for (const auto& [name, count] : summary.n_of_type)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
  return text;
}

int Quantize(const Settings& settings, const QuantizeFlags& flags, Interrupt& interrupt) {
  const Result<Quantized> done = Convert(settings, flags, interrupt.token());
  if (!done) return Complain(settings, done.error(), interrupt);
  const convert::Summary& summary = done->summary;
  if (settings.json) {
    std::puts(json::Dump(json::Json{{"file", flags.out},
                                    {"bytes", summary.file_bytes},
                                    {"parameters", summary.n_parameters},
                                    {"tensors", TypesText(summary)},
                                    {"warnings", done->warnings},
                                    {"seconds", done->seconds}})
                  .c_str());
    return kExitOk;
  }
  fmt::print("{}: {}, {} parameters, {:.1f} s\ntensors: {}\n", EscapeForTerminal(flags.out),
             BytesText(summary.file_bytes), CountText(summary.n_parameters), done->seconds,
             TypesText(summary));
  for (const std::string& warning : done->warnings)
    fmt::print("note: {}\n", EscapeForTerminal(warning));
  return kExitOk;
}

}  // namespace

void AddQuantizeCommand(CLI::App& model, Settings& settings, Action& action) {
  auto flags = std::make_shared<QuantizeFlags>();
  CLI::App* quantize = model.add_subcommand(
      "quantize", "write a model in fewer bits, from a GGUF file or a safetensors folder");
  quantize->footer(kQuantizeFooter);
  quantize->add_option("in", flags->in, "a GGUF file (F32, F16, BF16, Q8_0) or a model folder")
      ->required();
  quantize->add_option("out", flags->out, "the GGUF file to write")->required();
  quantize->add_option("--quant", flags->quant, "F16, BF16, Q4_0, Q4_K_M, Q5_K_M, Q6_K or Q8_0")
      ->capture_default_str();
  quantize->add_option("--name", flags->name, "the model's name in the file");
  quantize->add_flag("--force", flags->force, "replace the file if it is there");
  quantize->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      return Quantize(settings, *flags, interrupt);
    };
  });
}

}  // namespace weir::app
