#include "audit/payload.h"

#include <array>

#include "base/hmac.h"

namespace weir::audit {
namespace {

// A member that holds a plain digest of content.
struct DigestMember {
  EventKind kind;
  std::string_view member;
  std::string_view stem;  // of the members that take its place
  std::string_view payload_class;
};

constexpr auto kDigestMembers = std::to_array<DigestMember>({
    {EventKind::kDecision, "arguments_digest", "arguments", kArgumentsClass},
    {EventKind::kApproval, "request", "request", kArgumentsClass},
    {EventKind::kOutcome, "result_digest", "result", kResultsClass},
});

Status PutAside(Event& event, PayloadSink& sink, std::string_view payload_class,
                std::string_view stem, std::string_view bytes) {
  ASSIGN_OR_RETURN(const PayloadRef ref,
                   sink.Put(payload_class, event.run_id, event.call_id, bytes));
  event.data[fmt::format("{}_commitment", stem)] = ref.commitment;
  event.data[fmt::format("{}_payload", stem)] = ref.reference;
  return {};
}

Status PutArgumentsAside(Event& event, PayloadSink& sink) {
  json::Json payload = json::Json::object();
  for (const char* member : {"arguments", "nonce"}) {
    if (event.data.contains(member)) payload[member] = event.data[member];
    event.data.erase(member);
  }
  event.data.erase("arguments_digest");
  ASSIGN_OR_RETURN(const std::string bytes, json::Canonical(payload));
  return PutAside(event, sink, kArgumentsClass, "arguments", bytes);
}

}  // namespace

std::string NewSalt() { return std::string(BytesOf(RandomKey())); }

std::string Commitment(std::string_view salt, std::string_view bytes) {
  return ToHex(HmacSha256(salt, bytes));
}

Result<Event> WithoutPayloads(const Event& event, PayloadSink& sink) {
  RETURN_IF_ERROR(CheckEvent(event));
  Event clean = event;
  if (event.kind == EventKind::kIntent) RETURN_IF_ERROR(PutArgumentsAside(clean, sink));
  for (const DigestMember& digest : kDigestMembers) {
    const auto member = event.data.find(std::string(digest.member));
    if (digest.kind != event.kind || member == event.data.end()) continue;
    clean.data.erase(std::string(digest.member));
    RETURN_IF_ERROR(PutAside(clean, sink, digest.payload_class, digest.stem,
                             member->get_ref<const std::string&>()));
  }
  return clean;
}

}  // namespace weir::audit
