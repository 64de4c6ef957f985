#pragma once
// Reads the key-value part of a GGUF header into a Metadata. Used by gguf_file.cc only.

#include <cstdint>

#include "base/result.h"
#include "gguf/cursor.h"
#include "gguf/metadata.h"

namespace weir::gguf {

// Reads `n_entries` entries; the cursor stands behind them afterwards. Errors: kCorruptData,
// kUnsupported for arrays nested too deep.
Result<Metadata> ReadMetadata(Cursor& cursor, uint64_t n_entries);

}  // namespace weir::gguf
