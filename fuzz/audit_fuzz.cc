// Any bytes as the content of an audit record, under a hash that fits: no crash; what the fast
// reader takes, ParseRecord takes and reads alike; what ParseRecord takes is written with the same
// bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/record.h"
#include "audit/scan.h"
#include "base/check.h"
#include "base/hmac.h"

namespace {

void CompareRead(const weir::audit::RecordView& view, const weir::audit::Record& record) {
  CHECK(view.seq == record.seq);
  CHECK(view.time_us == record.time_us);
  CHECK(view.boot == record.boot);
  CHECK(view.prev == record.prev);
  CHECK(view.hash == record.hash);
  CHECK(weir::ToHex(view.digest) == record.hash);
  CHECK(view.kind == record.event.kind);
  const auto intent = record.event.data.find("intent");
  const bool has_intent = intent != record.event.data.end() && intent->is_number_unsigned();
  CHECK(view.intent.has_value() == has_intent);
  CHECK(!has_intent || *view.intent == intent->get<uint64_t>());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  const std::string line = std::string(content) + ",\"hash\":\"" + weir::Sha256Hex(content) + "\"}";
  const std::optional<weir::audit::RecordView> view = weir::audit::ScanRecord(line);
  weir::Result<weir::audit::Record> record = weir::audit::ParseRecord(line);
  CHECK(!view || record.has_value());
  if (view) CompareRead(*view, *record);
  if (!record) {
    CHECK(!record.error().message.empty());
    return 0;
  }
  // Events that CheckEvent refuses are never written, but they are read.
  const weir::Result<std::string> again = weir::audit::FormatRecord(*record);
  CHECK(!again || *again == line + "\n");
  return 0;
}
