#pragma once
// A GGUF file as a source: its keys as they are, its tensors under their usual names. Used by
// source.cc only.

#include <string>

#include "base/result.h"
#include "convert/source.h"

namespace weir::convert {

// See OpenSource.
Result<Source> OpenGgufSource(const std::string& path, const std::string& name);

}  // namespace weir::convert
