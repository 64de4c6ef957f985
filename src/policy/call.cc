#include "policy/call.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <iterator>

#include "base/crypto.h"

namespace weir::policy {
namespace {

// In the order of the enumerators.
constexpr auto kOriginNames =
    std::to_array<std::string_view>({"person", "model", "tool-result", "file", "unknown"});

// The fields of a call as bytes that no other call has: each text goes after its length.
class FieldBytes {
 public:
  void Add(std::string_view text) {
    Count(text.size());
    bytes_ += text;
  }
  void Count(size_t count) { fmt::format_to(std::back_inserter(bytes_), "{}:", count); }
  template <class T>
  void AddOptional(const std::optional<T>& value) {
    Add(value ? fmt::format("{}", *value) : std::string());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

std::string_view OriginName(Origin origin) {
  const auto index = static_cast<size_t>(origin);
  return index < kOriginNames.size() ? kOriginNames[index] : "unknown";
}

std::optional<Origin> OriginFromName(std::string_view name) {
  for (size_t i = 0; i < kOriginNames.size(); ++i) {
    if (kOriginNames[i] == name) return static_cast<Origin>(i);
  }
  return std::nullopt;
}

const KnownTool* FindTool(std::span<const KnownTool> known, std::string_view server,
                          std::string_view name) {
  for (const KnownTool& tool : known) {
    if (tool.name == name && tool.server == server) return &tool;
  }
  return nullptr;
}

Result<std::string> CanonicalArguments(const ProposedCall& call) {
  if (!call.arguments.is_object()) {
    return MakeError(ErrorCode::kInvalidArgument, "the arguments of '{}' are no JSON object",
                     call.tool);
  }
  return json::Canonical(call.arguments);
}

ProposedCall WithoutFacts(ProposedCall call) {
  call.origins.clear();
  call.calls_so_far.reset();
  call.confidence.reset();
  call.minute_of_day.reset();
  return call;
}

Result<std::string> CallDigest(const ProposedCall& call) {
  ASSIGN_OR_RETURN(const std::string arguments, CanonicalArguments(call));
  FieldBytes fields;
  for (const std::string_view field : std::initializer_list<std::string_view>{
           call.server, call.tool, call.effect, arguments, call.definition_hash}) {
    fields.Add(field);
  }
  fields.Count(call.path_arguments.size());
  for (const std::string& name : call.path_arguments) fields.Add(name);
  fields.Count(call.origins.size());
  for (const auto& [name, origins] : call.origins) {
    fields.Add(name);
    fields.Count(origins.size());
    for (const Origin origin : origins) fields.Add(OriginName(origin));
  }
  fields.AddOptional(call.calls_so_far);
  fields.AddOptional(call.confidence);
  fields.AddOptional(call.minute_of_day);
  return Sha256Hex(fields.bytes());
}

}  // namespace weir::policy
