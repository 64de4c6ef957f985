#pragma once
// Writes a source as a GGUF file of one of the usual quantisation mixes.
//
// Tensors go through in slices of some million values, decoded, checked and encoded by all threads:
// memory stays below 100 MB whatever the size. The bytes do not depend on the number of threads.

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/source.h"
#include "model/quant_mix.h"

namespace weir::convert {

struct Request {
  model::Mix mix = model::Mix::kQ4_K_M;
  int n_threads = 1;
};

struct Summary {
  uint64_t file_bytes = 0;
  uint64_t n_parameters = 0;
  int n_tensors = 0;
  std::map<std::string_view, int> n_of_type;  // tensors by the name of their quant type
  int n_quantised_twice = 0;                  // tensors that were Q8_0 before and are encoded anew
};

// Called now and then while writing.
using Progress = std::function<void(uint64_t bytes_done, uint64_t bytes_total)>;

// Replaces the file at `path` once it is whole. Errors: a value that is not finite, or beyond F16
// where the mix is (kCorruptData, kUnsupported, naming the tensor); no room on the disk
// (kResourceExhausted); `stop` (kCancelled); those of the system. The file is then as it was.
Result<Summary> WriteModel(const std::string& path, const Source& source, const Request& request,
                           const Progress& progress, const std::stop_token& stop);

}  // namespace weir::convert
