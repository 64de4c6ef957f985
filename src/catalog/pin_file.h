#pragma once
// The bytes of pins.json: docs/formats/pins.md. Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/pins.h"

namespace weir::catalog {

// Errors kCorruptData and kUnsupported name `file`, what is wrong and the way out.
Result<Pins> ReadPinFile(std::string_view text, std::string_view file);

Result<std::string> WritePinFile(const Pins& pins);

}  // namespace weir::catalog
