#pragma once
// The one thing the sandbox needs to know of a program file: who loads it. Any thread.

#include <string>

#include "base/result.h"

namespace weir::sandbox {

// The path of the dynamic loader that the program names (PT_INTERP); empty for a static one.
// Errors: kNotFound; kInvalidArgument when it is no 64-bit ELF program, such as a script.
Result<std::string> LoaderOf(const std::string& program);

}  // namespace weir::sandbox
