#pragma once
// The program of init_program.cc as an executable file in memory. Any thread.

#include "base/result.h"

namespace weir::sandbox {

// A descriptor to give to execveat; open for the life of the process, made on the first call.
Result<int> InitImage();

}  // namespace weir::sandbox
