#pragma once
// The contents that audit records refer to, as far as they are still kept. Any thread.

#include <string>

#include "base/result.h"
#include "json/json.h"
#include "vault/vault_reader.h"

namespace weir::app {

class Payloads {
 public:
  // Of the vault in this state folder; where there is none, every question has an error.
  explicit Payloads(const std::string& state_folder)
      : reader_(vault::VaultReader::Open(state_folder)) {}

  // The arguments of a call from the data of its intent, whether they stand there or in the vault.
  // Errors: kNotFound when they expired or were never kept; kCorruptData when the payload is not
  // the one that the record was made with.
  Result<json::Json> ArgumentsOf(const json::Json& intent_data) const;

 private:
  Result<vault::VaultReader> reader_;
};

// The lines of an audit log with the arguments that are still kept put into its intents. Lines
// that are no such record stay as they are.
std::string WithArguments(const std::string& log_lines, const Payloads& payloads);

}  // namespace weir::app
