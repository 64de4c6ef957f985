#pragma once
// Keeping what a call was about apart from the record that it happened.
//
// The log can not forget, so where a PayloadSink is given it holds no content and no plain digest
// of content: a digest of few possibilities (a PIN, a name) can be guessed by trying them all. A
// record then carries a commitment, HMAC-SHA256 of the content under a random salt, and a reference
// to where content and salt are kept. Erasing those two leaves nothing to guess with, and the log
// verifies as before.

#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/result.h"

namespace weir::audit {

// Classes of payloads, each with a retention of its own.
inline constexpr std::string_view kArgumentsClass = "arguments";
inline constexpr std::string_view kResultsClass = "results";

struct PayloadRef {
  std::string reference;   // how the sink finds it again; not empty, at most 16 KiB
  std::string commitment;  // Commitment(salt, bytes)
};

// Where payloads go. Any thread.
class PayloadSink {
 public:
  virtual ~PayloadSink() = default;
  // Stores the bytes durably with a new salt. The ids may be empty and need not be unique. After an
  // error nothing is recorded, so nothing is done.
  virtual Result<PayloadRef> Put(std::string_view payload_class, std::string_view run_id,
                                 std::string_view call_id, std::string_view bytes) = 0;
};

// 32 unpredictable bytes.
std::string NewSalt();
// HMAC-SHA256 of `bytes` under `salt`, 64 lower-case hexadecimal digits.
std::string Commitment(std::string_view salt, std::string_view bytes);

// The event with every content and every plain digest of content put into the sink:
//   intent    arguments, arguments_digest and nonce become one payload, the canonical JSON
//             {"arguments":...,"nonce":...}. The nonce goes along because the digest of the
//             approval, which stays, could be guessed with it.
//   decision, approval, outcome    arguments_digest, request, result_digest: the digest is the
//             payload.
// Errors of the sink.
Result<Event> WithoutPayloads(const Event& event, PayloadSink& sink);

}  // namespace weir::audit
