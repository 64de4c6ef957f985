#pragma once
// The record of a run in the state folder: the audit log, and the vault that its contents go to.
// Opened in one order, so that every way in keeps the same.

#include <memory>
#include <optional>
#include <string>

#include "app/vault_sink.h"
#include "audit/audit_log.h"
#include "base/result.h"
#include "vault/retention.h"
#include "vault/vault.h"

namespace weir::app {

class RecordedState {
 public:
  // Waits a moment for another Weir to let go. An expiry that had been cut off is finished first,
  // and recorded. Errors: those of the configuration, the vault and the log.
  static Result<std::unique_ptr<RecordedState>> Open(const std::string& state_folder);

  audit::AuditLog& audit() { return *audit_; }

 private:
  RecordedState() = default;

  vault::RetentionTable retention_;
  std::optional<vault::Vault> vault_;
  std::optional<VaultSink> sink_;
  std::optional<audit::AuditLog> audit_;
};

}  // namespace weir::app
