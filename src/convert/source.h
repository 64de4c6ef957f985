#pragma once
// What a new model file is made from: dimensions, metadata, and where the values of every tensor
// are. A GGUF file or a published model folder becomes one.
//
// Opening checks everything that can be checked without looking at the values, so that a long
// conversion does not end in an error that was there from the start. Nothing is copied but the
// vocabulary: values stay in the mapped files.

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "gguf/gguf_file.h"
#include "gguf/metadata_builder.h"
#include "model/lfm2_dims.h"
#include "model/lfm2_weights.h"
#include "quant/quant.h"
#include "safetensors/checkpoint.h"

namespace weir::convert {

// Whole rows of one tensor, one after the other. F32, F16, BF16 or Q8_0.
struct Part {
  quant::Type type = quant::Type::kF32;
  std::span<const std::byte> bytes;

  uint64_t n_values() const;
};

struct SourceTensor {
  model::ModelTensor tensor;
  std::vector<Part> parts;  // together the rows of the tensor, in order
};

// Move-only. Parts point into `weights`. One thread.
struct Source {
  std::variant<gguf::GgufFile, safetensors::Checkpoint> weights;
  model::Lfm2Dims dims = {};
  gguf::MetadataBuilder metadata = {};     // all keys but those that depend on the mix
  std::vector<SourceTensor> tensors = {};  // in the order in which they are written
  std::vector<std::string> warnings = {};  // for the person: what could not be taken over
  std::vector<std::string> files = {};     // that are read

  // See MappedFile::Release. `part` lies in one of the parts.
  void Release(std::span<const std::byte> part) const;
};

// `path` is a GGUF file, or a folder with config.json, tokenizer.json and safetensors files.
// `name` becomes general.name; empty: what the file says, or the folder is called. Errors name the
// file, the key or tensor, the expected and the found: unreadable, damaged, another architecture,
// a tensor that is missing, unknown, misshapen, or already quantised below 8 bits.
Result<Source> OpenSource(const std::string& path, const std::string& name);

}  // namespace weir::convert
