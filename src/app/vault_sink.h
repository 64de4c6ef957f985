#pragma once
// Puts the contents that the audit log refers to into the vault, each in its class.

#include <string_view>

#include "audit/payload.h"
#include "base/clock.h"
#include "base/result.h"
#include "vault/vault.h"

namespace weir::app {

// The reference of a payload whose class is kept in memory only: its commitment was made under a
// salt that is gone, so there is nothing to look up and nothing to guess with.
inline constexpr std::string_view kNotKept = "not-kept";

// Any thread.
class VaultSink : public audit::PayloadSink {
 public:
  // Borrows all three; they outlive the sink.
  VaultSink(vault::Vault* vault, const vault::RetentionTable* retention, const Clock* clock)
      : vault_(vault), retention_(retention), clock_(clock) {}

  Result<audit::PayloadRef> Put(std::string_view payload_class, std::string_view run_id,
                                std::string_view call_id, std::string_view bytes) override;

 private:
  vault::Vault* vault_;
  const vault::RetentionTable* retention_;
  const Clock* clock_;
};

}  // namespace weir::app
