#include "app/payloads.h"

#include <sstream>

#include "app/vault_sink.h"

namespace weir::app {

Result<json::Json> Payloads::ArgumentsOf(const json::Json& intent_data) const {
  if (const auto here = intent_data.find("arguments"); here != intent_data.end()) return *here;
  const std::string reference = intent_data.value("arguments_payload", "");
  if (reference.empty() || reference == kNotKept) {
    return MakeError(ErrorCode::kNotFound, "not kept");
  }
  if (!reader_) return MakeError(reader_.error());
  RETURN_IF_ERROR(reader_->Check(reference, intent_data.value("arguments_commitment", "")));
  ASSIGN_OR_RETURN(const vault::Payload payload, reader_->Get(reference));
  ASSIGN_OR_RETURN(const json::Json content, json::Parse(payload.bytes));
  const auto arguments = content.find("arguments");
  if (arguments == content.end()) {
    return MakeError(ErrorCode::kCorruptData, "payload '{}' holds no arguments", reference);
  }
  return *arguments;
}

std::string WithArguments(const std::string& log_lines, const Payloads& payloads) {
  std::istringstream lines(log_lines);
  std::string out;
  for (std::string line; std::getline(lines, line); out += line + "\n") {
    if (line.find("\"arguments_payload\"") == std::string::npos) continue;
    Result<json::Json> record = json::Parse(line);
    if (!record || !record->is_object() || record->value("kind", "") != "intent") continue;
    Result<json::Json> arguments = payloads.ArgumentsOf((*record)["data"]);
    if (!arguments) continue;
    (*record)["data"]["arguments"] = std::move(*arguments);
    line = json::Dump(*record);
  }
  return out;
}

}  // namespace weir::app
