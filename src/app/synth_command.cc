// `weir model synth`: a model file of a published shape with random weights, to measure with.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <vector>

#include "app/commands.h"
#include "app/escape.h"
#include "app/progress_bar.h"
#include "json/json.h"
#include "synth/synth.h"

namespace weir::app {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  weir model synth big.gguf --preset lfm2.5-8b-a1b --quant Q4_K_M\n"
    "  weir model synth small.gguf --preset lfm2-350m --quant Q8_0 --seed 7\n"
    "  weir model synth mine.gguf --layers 6 --attention-layers 2,5 --width 512 --heads 8\n"
    "\n"
    "The file has the size and the speed of the real one; what it says means nothing. The numbers\n"
    "above replace those of the preset. The same --seed gives the same bytes.";

// Numbers that replace the preset's where they were given.
struct SynthFlags {
  std::string out;
  std::string preset = "tiny";
  std::string quant = "Q4_0";
  bool force = false;
  std::optional<int> layers;
  std::vector<int> attention_layers;
  std::optional<int> width;
  std::optional<int> heads;
  std::optional<int> kv_heads;
  std::optional<int> ff;
  std::optional<int> vocab;
  std::optional<int> context;
  std::optional<int> experts;
  std::optional<int> experts_used;
  std::optional<int> expert_ff;
  std::optional<int> dense_layers;
  std::optional<double> rope_theta;
};

// Attention layers of the preset that a smaller number of layers cuts off are dropped; those that
// were named must exist.
Status ApplyLayers(const SynthFlags& flags, model::Lfm2Dims& dims) {
  const int n_layers = flags.layers.value_or(dims.n_layers);
  if (n_layers < 1 || n_layers > 1024) {
    return MakeError(ErrorCode::kInvalidArgument, "layers is {}, expected 1 to 1024", n_layers);
  }
  dims.n_layers = n_layers;
  dims.is_attention.resize(static_cast<size_t>(n_layers), false);
  if (flags.attention_layers.empty()) return {};
  dims.is_attention.assign(static_cast<size_t>(n_layers), false);
  for (const int layer : flags.attention_layers) {
    if (layer < 0 || layer >= n_layers) {
      return MakeError(ErrorCode::kInvalidArgument, "attention layer {}, expected 0 to {}", layer,
                       n_layers - 1);
    }
    dims.is_attention[static_cast<size_t>(layer)] = true;
  }
  return {};
}

Result<model::Lfm2Dims> DimsOf(const SynthFlags& flags, model::Lfm2Dims dims) {
  RETURN_IF_ERROR(ApplyLayers(flags, dims));
  dims.d_model = flags.width.value_or(dims.d_model);
  dims.n_heads = flags.heads.value_or(dims.n_heads);
  if (dims.n_heads > 0) dims.head_dim = dims.d_model / dims.n_heads;
  dims.n_kv_heads = flags.kv_heads.value_or(dims.n_kv_heads);
  dims.d_ff = flags.ff.value_or(dims.d_ff);
  dims.n_vocab = flags.vocab.value_or(dims.n_vocab);
  dims.n_context = flags.context.value_or(dims.n_context);
  dims.rope_theta = flags.rope_theta.value_or(dims.rope_theta);
  dims.n_experts = flags.experts.value_or(dims.n_experts);
  dims.n_experts_used = flags.experts_used.value_or(dims.n_experts_used);
  dims.d_ff_expert = flags.expert_ff.value_or(dims.d_ff_expert);
  dims.is_moe = dims.n_experts != 0;
  if (!dims.is_moe) {
    dims.n_dense_layers = dims.n_layers;
  } else {
    dims.n_dense_layers = flags.dense_layers.value_or(std::min(dims.n_dense_layers, dims.n_layers));
  }
  return dims;
}

Result<synth::Request> RequestOf(const SynthFlags& flags, uint64_t seed) {
  synth::Request request;
  ASSIGN_OR_RETURN(const synth::Preset preset, synth::FindPreset(flags.preset));
  ASSIGN_OR_RETURN(request.mix, model::MixFromName(flags.quant));
  ASSIGN_OR_RETURN(request.dims, DimsOf(flags, preset.dims));
  request.name = fmt::format("synthetic {} {}", flags.preset, flags.quant);
  request.chat_form = preset.chat_form;
  request.seed = seed;
  if (!flags.force && ::access(flags.out.c_str(), F_OK) == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'{}' is there already; name another file, or replace it with --force",
                     flags.out);
  }
  return request;
}

int Synth(const Settings& settings, const SynthFlags& flags, Interrupt& interrupt) {
  const Result<synth::Request> request = RequestOf(flags, settings.seed);
  if (!request) return Complain(settings, request.error());
  ProgressBar bar(!settings.json);
  const Result<synth::Summary> written = synth::WriteModel(
      flags.out, *request, [&](uint64_t done, uint64_t total) { bar.Update(done, total); },
      interrupt.token());
  if (!written) return Complain(settings, written.error(), interrupt);
  const double seconds = bar.seconds();
  if (settings.json) {
    std::puts(json::Dump(json::Json{{"file", flags.out},
                                    {"bytes", written->file_bytes},
                                    {"parameters", written->n_parameters},
                                    {"tensors", written->n_tensors},
                                    {"seconds", seconds}})
                  .c_str());
    return kExitOk;
  }
  fmt::print("{}: {}, {} parameters, {} tensors, {:.1f} s\n", EscapeForTerminal(flags.out),
             BytesText(written->file_bytes), CountText(written->n_parameters), written->n_tensors,
             seconds);
  return kExitOk;
}

void AddDimensionFlags(CLI::App& synth, SynthFlags& flags) {
  synth.add_option("--layers", flags.layers, "number of layers");
  synth
      .add_option("--attention-layers", flags.attention_layers,
                  "which of them attend, from 0; the others are short convolutions")
      ->delimiter(',');
  synth.add_option("--width", flags.width, "size of the hidden state");
  synth.add_option("--heads", flags.heads, "attention heads");
  synth.add_option("--kv-heads", flags.kv_heads, "key and value heads");
  synth.add_option("--ff", flags.ff, "width of the dense feed-forward layers");
  synth.add_option("--vocab", flags.vocab, "tokens");
  synth.add_option("--context", flags.context, "positions");
  synth.add_option("--rope-theta", flags.rope_theta, "base of the position encoding");
  synth.add_option("--experts", flags.experts, "experts a layer; 0 for a dense model");
  synth.add_option("--experts-used", flags.experts_used, "experts a token");
  synth.add_option("--expert-ff", flags.expert_ff, "width of an expert");
  synth.add_option("--dense-layers", flags.dense_layers, "leading layers without experts");
}

}  // namespace

void AddSynthCommand(CLI::App& model, Settings& settings, Action& action) {
  auto flags = std::make_shared<SynthFlags>();
  CLI::App* synth =
      model.add_subcommand("synth", "write a model of a published shape with random weights");
  synth->footer(kFooter);
  synth->add_option("out", flags->out, "the GGUF file to write")->required();
  synth->add_option("--preset", flags->preset, "shape: " + synth::PresetNames())
      ->capture_default_str();
  synth->add_option("--quant", flags->quant, "F16, BF16, Q4_0, Q4_K_M, Q5_K_M, Q6_K or Q8_0")
      ->capture_default_str();
  synth->add_flag("--force", flags->force, "replace the file if it is there");
  AddDimensionFlags(*synth, *flags);
  synth->callback([&settings, &action, flags] {
    action = [&settings, flags](Interrupt& interrupt) {
      return Synth(settings, *flags, interrupt);
    };
  });
}

}  // namespace weir::app
