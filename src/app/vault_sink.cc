#include "app/vault_sink.h"

#include "base/check.h"

namespace weir::app {

Result<audit::PayloadRef> VaultSink::Put(std::string_view payload_class, std::string_view run_id,
                                         std::string_view call_id, std::string_view bytes) {
  const bool is_results = payload_class == audit::kResultsClass;
  CHECK(is_results || payload_class == audit::kArgumentsClass);
  const vault::DataClass data_class =
      is_results ? vault::DataClass::kResults : vault::DataClass::kArguments;
  if (retention_->of(data_class).kind == vault::Retention::Kind::kMemory) {
    return audit::PayloadRef{std::string(kNotKept), audit::Commitment(audit::NewSalt(), bytes)};
  }
  ASSIGN_OR_RETURN(
      vault::Stored stored,
      vault_->Put({.data_class = data_class, .run_id = run_id, .call_id = call_id, .bytes = bytes},
                  clock_->UnixMicros()));
  return audit::PayloadRef{std::move(stored.reference), std::move(stored.commitment)};
}

}  // namespace weir::app
