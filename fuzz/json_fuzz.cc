// Any bytes as JSON: no crash; what parses can be written and read back unchanged, and its
// canonical form is a fixed point.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using weir::json::Json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::Result<Json> value = weir::json::Parse(text);
  if (!value) {
    CHECK(!value.error().message.empty());
    return 0;
  }
  const std::string dumped = weir::json::Dump(*value);
  CHECK(weir::json::Dump(weir::json::Parse(dumped).value()) == dumped);
  (void)weir::json::DumpPython(*value);
  if (const weir::Result<std::string> canonical = weir::json::Canonical(*value)) {
    const weir::Result<Json> again = weir::json::Parse(*canonical);
    CHECK(again.has_value());
    // Whole doubles beyond 2^53 read back as integers, which may be refused then.
    const weir::Result<std::string> twice = weir::json::Canonical(*again);
    CHECK(!twice || *twice == *canonical);
  }
  return 0;
}
