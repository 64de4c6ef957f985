#include "app/recorded_state.h"

#include "app/audit_settings.h"
#include "app/retention.h"
#include "base/clock.h"

namespace weir::app {
namespace {

constexpr int64_t kStateLockWaitMs = 2000;

}  // namespace

Result<std::unique_ptr<RecordedState>> RecordedState::Open(const std::string& state_folder) {
  std::unique_ptr<RecordedState> state(new RecordedState());
  ASSIGN_OR_RETURN(state->retention_, LoadRetention());
  ASSIGN_OR_RETURN(state->vault_, vault::Vault::Open(state_folder, state->retention_,
                                                     {.lock_wait_ms = kStateLockWaitMs}));
  state->sink_.emplace(&*state->vault_, &state->retention_, &SystemClock());
  ASSIGN_OR_RETURN(state->audit_, OpenAuditLog(state_folder, {.lock_wait_ms = kStateLockWaitMs,
                                                              .payloads = &*state->sink_}));
  if (state->vault_->finished()) {
    RETURN_IF_ERROR(state->audit_->Append(audit::MakeEvent(
        audit::EventKind::kNotice, "", "",
        {{"notice", "expire"}, {"subject", "finished an expiry that had been cut off"}})));
  }
  return state;
}

}  // namespace weir::app
