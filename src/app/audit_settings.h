#pragma once
// The [audit] table of weir.toml, and the one way in which commands open the audit log for writing:
// docs/formats/audit_log.md.

#include <cstdint>
#include <string>

#include "audit/audit_log.h"
#include "base/result.h"

namespace weir::app {

struct AuditSettings {
  std::string anchor;         // absolute path of the anchor file; empty: none
  uint64_t seal_every = 256;  // records between two seals, where sealing was started
};

// The table, or the defaults where there is none. `file` is for errors, which carry line and
// column. A top-level table that no part of Weir reads is an error as well.
Result<AuditSettings> ReadAuditSettings(std::string_view toml, std::string_view file);

// Opens STATE/audit with the settings of the configuration beside `options`. Errors: those of the
// configuration and of AuditLog::Open; kInvalidArgument for an anchor inside the state folder,
// where it would protect nothing.
Result<audit::AuditLog> OpenAuditLog(const std::string& state_folder,
                                     audit::AuditOptions options = {});

}  // namespace weir::app
