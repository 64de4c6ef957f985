#pragma once
// Writes a model file of a given shape whose weights are random numbers: of the size, the quant
// types and so the speed of the real one, which is what engines are measured with. What it says
// means nothing.
//
// Matrices have standard deviation 1 / sqrt(inputs), so that a normed input gives outputs of size 1
// and no layer blows the activations up; norms are 1. The file is written front to back in small
// pieces: memory stays far below 1 GiB for every shape.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "model/lfm2_dims.h"
#include "model/quant_mix.h"
#include "synth/presets.h"

namespace weir::synth {

struct Request {
  std::string name;  // general.name of the file
  model::Lfm2Dims dims;
  ChatForm chat_form = ChatForm::kLfm25_8B;
  model::Mix mix = model::Mix::kQ4_0;
  uint64_t seed = 0;  // the same seed gives the same bytes
};

struct Summary {
  uint64_t file_bytes = 0;
  uint64_t n_parameters = 0;
  int n_tensors = 0;
};

// Called now and then while writing.
using Progress = std::function<void(uint64_t bytes_done, uint64_t bytes_total)>;

// Replaces the file at `path` once it is whole. Errors: dimensions that cannot be
// (kInvalidArgument), no room on the disk (kResourceExhausted), `stop` (kCancelled), those of the
// system; the file is then as it was.
Result<Summary> WriteModel(const std::string& path, const Request& request,
                           const Progress& progress, const std::stop_token& stop);

}  // namespace weir::synth
