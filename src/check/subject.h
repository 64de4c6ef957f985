#pragma once
// A model file as the checks see it: each part read on its own, so that a broken one does not hide
// the others. Move-only; borrows nothing. One thread.

#include <memory>
#include <string>

#include "base/result.h"
#include "gguf/gguf_file.h"
#include "model/lfm2_model.h"
#include "prompt/prompt.h"
#include "tokenizer/tokenizer.h"

namespace weir::check {

struct Subject {
  gguf::GgufFile file;
  Status whole;  // why the tensors could not be read; `file` is then the metadata alone
  Result<model::Lfm2Dims> dims;
  Result<tokenizer::Tokenizer> tokenizer;
  Result<prompt::Family> family;
  Result<std::shared_ptr<const model::Model>> model;  // shared with the engine that runs it

  // The text of a metadata key; empty when there is none.
  std::string Text(std::string_view key) const;
  // Made by `weir model synth`: weights, vocabulary and template are stand-ins and say so.
  bool IsSynthetic() const { return file.metadata().Has("weir.synth.seed"); }
};

// Error: not even the metadata can be read.
Result<Subject> ReadSubject(const std::string& path, const model::ModelOptions& options);

}  // namespace weir::check
