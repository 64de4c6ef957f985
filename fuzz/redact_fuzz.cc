// Any bytes as a text with secrets: offsets in range and in order, the same however the text is
// cut, redacting twice changes nothing more, and revealing gives the text back.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/json.h"
#include "redact/placeholder.h"
#include "redact/redactor.h"
#include "redact/stream_redactor.h"

namespace {

using weir::redact::Finding;
using weir::redact::Redactor;

std::string RedactInSteps(std::string_view text, size_t step) {
  Redactor redactor;
  weir::redact::StreamRedactor stream(redactor);
  std::string redacted;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size())))
    redacted += stream.Push(text.substr(0, step));
  return redacted + stream.Finish();
}

}  // namespace

// The first byte is the size of the pieces, the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t end = 0;
  for (const Finding& finding : Redactor::Scan(text)) {
    CHECK(finding.begin >= end && finding.begin < finding.end && finding.end <= text.size());
    end = finding.end;
  }
  Redactor redactor;
  const std::string redacted = redactor.Redact(text);
  CHECK(redactor.Redact(redacted) == redacted);
  CHECK(RedactInSteps(text, 1) == redacted);
  CHECK(RedactInSteps(text, 1 + data[0]) == redacted);
  // A text that holds placeholders of its own can not tell them from ours.
  if (text.find(weir::redact::kPlaceholderStart) == std::string_view::npos) {
    const auto revealed = redactor.RevealArguments(weir::json::Json(redacted));
    CHECK(revealed.has_value() && revealed->get_ref<const std::string&>() == text);
  }
  return 0;
}
