#pragma once
// A published model folder as a source: config.json gives the dimensions, tokenizer.json and its
// neighbours the vocabulary, the safetensors files the values. Used by source.cc only.
//
// Every layout but one is the same in both formats: rows are outputs, and the three taps of a
// channel lie together. Experts are separate matrices there and stacked here.

#include <string>

#include "base/result.h"
#include "convert/source.h"

namespace weir::convert {

// See OpenSource.
Result<Source> OpenCheckpointSource(const std::string& folder, const std::string& name);

}  // namespace weir::convert
